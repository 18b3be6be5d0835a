import Coursework
import Foundation
import XCTest

@testable import Grading

/// Answers in words, marked in a table and read back.
final class MarksTests: XCTestCase {
  private func fill(_ folder: URL, _ change: (inout [[String]]) -> Void) throws {
    var rows = cells(try text(folder, "marks.csv"))
    change(&rows)
    let lines = rows.map { row in
      row.map { "\"" + $0.replacingOccurrences(of: "\"", with: "\"\"") + "\"" }
        .joined(separator: ",")
    }
    try Data((lines.joined(separator: "\n") + "\n").utf8)
      .write(to: folder.appending(path: "marks.csv"))
  }

  private func result(_ folder: URL, _ name: String) throws -> SubmissionResult {
    try SubmissionResult(decoding: try content(folder, "\(name)/result.json"))
  }

  func testMarksReachResultsAndReports() throws {
    let folder = try reportFolder()
    let names = ["ada", "=cmd", "carl"]
    let book = try Sample.book(names.map { Sample.result($0) }, in: folder)
    XCTAssertEqual(try book.writeReports().toMark, 3)
    XCTAssertEqual(cells(try text(folder, "marks.csv")).map { $0[4] }, ["points", "", "", ""])
    try fill(folder) { rows in
      rows[1][4] = "1.5"
      rows[1][5] = "Good, \"but\" why?\nSay more; <b>much</b> more."
      rows[2][4] = "0,5"
    }
    let summary = try book.writeReports()
    XCTAssertEqual(summary.toMark, 1)
    let ada = try result(folder, "100")
    XCTAssertEqual(ada.points, 6)
    XCTAssertEqual(ada.exercises[2].points, 1.5)
    XCTAssertEqual(
      ada.exercises[2].mark?.comment, "Good, \"but\" why?\nSay more; <b>much</b> more.")
    XCTAssertEqual(try result(folder, "101").points, 5)
    XCTAssertEqual(try result(folder, "102").points, 4.5)
    XCTAssertEqual(cells(try text(folder, "grades.csv")).map { $0[5] }, ["9.3", "1.5", "0.5", ""])
    XCTAssertTrue(try text(folder, "100/feedback.html").contains("&lt;b&gt;much&lt;/b&gt;"))
    // The table keeps what was filled in, and reading it again changes nothing.
    let table = try text(folder, "marks.csv")
    XCTAssertEqual(cells(table).map { $0[4] }, ["points", "1.5", "0.5", ""])
    XCTAssertEqual(try book.writeReports().toMark, 1)
    XCTAssertEqual(try text(folder, "marks.csv"), table)
  }

  func testARegradeFindsTheMarksAgainAndANewTextDoesNot() throws {
    let folder = try reportFolder()
    let book = try Sample.book([Sample.result("ada"), Sample.result("bob")], in: folder)
    try book.writeReports()
    try fill(folder) { rows in
      rows[1][4] = "2"
      rows[2][4] = "1"
    }
    try book.writeReports()
    _ = try Sample.book(
      [Sample.result("ada"), Sample.result("bob", text: "Other words.")], in: folder)
    let summary = try book.writeReports()
    XCTAssertEqual(try result(folder, "100").points, 6.5)
    XCTAssertEqual(try result(folder, "101").points, 4.5)
    XCTAssertEqual(summary.toMark, 1)
  }

  func testAMarkIsTakenBackByAnEmptyCell() throws {
    let folder = try reportFolder()
    let book = try Sample.book([Sample.result("ada")], in: folder)
    try book.writeReports()
    try fill(folder) { $0[1][4] = "2" }
    try book.writeReports()
    XCTAssertEqual(try result(folder, "100").points, 6.5)
    try fill(folder) { $0[1][4] = "" }
    try book.writeReports()
    XCTAssertEqual(try result(folder, "100"), Sample.result("ada"))
    XCTAssertFalse(
      FileManager.default.fileExists(atPath: folder.appending(path: "100/marks.json").path))
  }

  func testLatenessCountsForMarksAsWell() throws {
    let folder = try reportFolder()
    let late = Lateness(
      deadline: Sample.date, submittedAt: Sample.date, deduction: 0.1, message: "a day late")
    let book = try Sample.book([Sample.result("ada", lateness: late)], in: folder)
    try book.writeReports()
    try fill(folder) { $0[1][4] = "2" }
    try book.writeReports()
    // 6.5 less a tenth is 5.85, in halves 5.5.
    XCTAssertEqual(try result(folder, "100").points, 5.5)
  }

  func testEveryBadRowIsNamedWithItsLineAndTheOthersAreTaken() throws {
    let folder = try reportFolder()
    let names = ["ada", "bob", "carl", "dora", "eve", "frida"]
    let results = names.map { Sample.result($0, text: $0 == "frida" ? nil : "\($0) says") }
    let book = try Sample.book(results, in: folder)
    try book.writeReports()
    try fill(folder) { rows in
      rows[1][4] = "two"
      rows[2][4] = "2.5"
      rows[2][5] = "first line\nsecond line"
      rows[3][4] = "1.5"
      rows[4][4] = "1"
      rows[4][2] = "00000000"
      rows[5][5] = "no points"
      rows.append(["zoe", "9.3", "", "2", "1", ""])
      rows.append(["ada", "9.1", "", "2", "1", ""])
      rows.append(["frida", "9.3", "", "2", "1", ""])
      rows.append(["carl", "9.3", "", "2", "", ""])
      rows.append(["carl", "9.3", "", "2", "1", "5", "a comma"])
    }
    let filled = try content(folder, "marks.csv")
    let summary = try book.writeReports()
    let dora = Mark.fingerprint(of: "dora says")
    XCTAssertEqual(
      summary.notes.first,
      """
      marks.csv was read but for these rows, and stays as it is:
      marks.csv, line 2: “two” is no number of points for 9.3; give 0 to 2 in halves, as in 1.5
      marks.csv, line 3: “2.5” is no number of points for 9.3; give 0 to 2 in halves, as in 1.5
      marks.csv, line 6: the answer of dora to 9.3 has changed since this table was made (00000000, \
      now #\(dora)); read it again, and write #\(dora) there
      marks.csv, line 7: there is a comment and no points; give points, 0 if need be
      marks.csv, line 8: there is no result of a student “zoe”
      marks.csv, line 9: “9.1” is no exercise that is marked by hand; those are 9.3
      marks.csv, line 10: frida has no answer to 9.3 to give points for
      marks.csv, line 11: the same answer stands in line 5, with another mark
      marks.csv, line 12: there are 7 cells, and the first line names 6; a text with a “,” has to \
      stand in quotation marks
      """)
    XCTAssertEqual(summary.toMark, 4)
    XCTAssertEqual(try result(folder, "102").exercises[2].points, 1.5)
    XCTAssertEqual(try content(folder, "marks.csv"), filled)
    let reading = try book.readMarks(from: folder.appending(path: "marks.csv"))
    XCTAssertFalse(reading.areComplete)
    XCTAssertEqual(reading.notes.count, 1)
  }

  func testTablesAsSpreadsheetsOfManyCountriesWriteThem() throws {
    let results = [Sample.result("ada"), Sample.result("Zoë")]
    let table = MarksTable(results: results)
    let print = Mark.fingerprint(of: "It swaps rows and columns.")
    let rows = [
      "student;exercise;answer;points;comment", "ada;9.3;\(print);1,5;\"gut; \"\"sehr\"\"\"",
      "Zoë;9,3;#\(print);2;",
    ]
    let expected: [MarksTable.Answer: Mark?] = [
      .init(student: "ada", exercise: "9.3"): Mark(
        points: 1.5, comment: "gut; \"sehr\"", answer: print),
      .init(student: "Zoë", exercise: "9.3"): Mark(points: 2, answer: print),
    ]
    for end in ["\n", "\r\n", "\r"] {
      for head in ["", "\u{FEFF}", "sep=;" + end, "\u{FEFF}sep=;" + end, "\"sep=;\"" + end] {
        let text = head + rows.joined(separator: end) + end
        for encoding in [String.Encoding.utf8, .utf16, .windowsCP1252] {
          guard let data = text.data(using: encoding) else { continue }
          let reading = try table.reading(of: data, file: "m.csv")
          XCTAssertEqual(reading.marks, expected, "\(encoding) \(head)")
          XCTAssertEqual(reading.problems, [])
        }
      }
    }
    for (sign, head) in [("\t", ""), ("\t", "sep=\t\n"), ("|", "sep=|\n")] {
      let text = head + rows.joined(separator: "\n").replacing(";", with: sign)
      XCTAssertEqual(try table.reading(of: Data(text.utf8), file: "m.csv").marks.count, 2, head)
    }
  }

  /// What Excel and LibreOffice make of texts that look like numbers or dates, in a table without
  /// the sign before fingerprints as well.
  func testWhatASpreadsheetTookForANumberOrADateIsFoundAgain() throws {
    for (cell, original) in [
      ("123456", "00123456"), ("6.07485E+6", "607485e1"), ("6074850", "607485e1"),
      ("6,07E+06", "607485e1"), ("6.07E+06", "607485e1"), ("2993227", "02993227"),
      ("1.23457E+11", "123456789012"), ("1-Mar", "mar1"), ("1. Mrz", "MARCH1"),
      ("01.02.2026", "1-2"), ("2026-02-01", "1.2"), ("2-Jan", "1-2"), ("02/01/2026", "1-2"),
      ("TRUE", "true"), ("ADA", "ada"), ("'=cmd", "=cmd"), ("=cmd", "=cmd"), (" ada ", "ada"),
      ("JosÃ©", "José"), ("Jos?", "José"), ("??", "李明"), ("Jose\u{301}", "Jos\u{E9}"),
      ("01. Nov", "1.11"), ("01.11.2026", "1.11"), ("1. Dez", "1.12"), ("1,1", "1.10"),
      ("1.1", "1.10"), ("46327", "1.11"), ("46143", "1.5"),
    ] { XCTAssertNotNil(SpreadsheetCell(cell).closeness(to: original), "\(cell) \(original)") }
    for (cell, original) in [
      ("1234567", "00123456"), ("6.08E+06", "607485e1"), ("2-Mar", "mar1"), ("1.2", "1.11"),
      ("ada", "bob"), ("Jos?", "Josef"), ("?", "a"), ("", "ada"), ("nan", "inf"), ("0x10", "16"),
      ("13.13.2026", "13-13"), ("1e400", "2e400"),
    ] { XCTAssertNil(SpreadsheetCell(cell).closeness(to: original), "\(cell) \(original)") }
  }

  func testFingerprintsTellApartWhomACellMayStandFor() throws {
    let results = [
      Sample.result("00123", text: "one"), Sample.result("123", text: "two"),
      Sample.result("0123", text: "three"),
    ]
    let table = MarksTable(results: results)
    let one = Mark.fingerprint(of: "one")
    let text = """
      student,exercise,answer,points,comment
      123,9.3,#\(Mark.fingerprint(of: "two")),1,
      0123.0,9.3,#\(one),2,
      000123,9.3,#00000000,2,
      """
    let reading = try table.reading(of: Data(text.utf8), file: "m.csv")
    XCTAssertEqual(reading.marks.count, 2)
    XCTAssertEqual(
      reading.marks[.init(student: "00123", exercise: "9.3")], Mark(points: 2, answer: one))
    XCTAssertEqual(
      reading.problems,
      ["m.csv, line 4: “000123” may be any of 00123, 123, 0123; format the column as text"])
  }

  func testPointsThatBecameADateAreReadAndSaid() throws {
    let table = MarksTable(results: [Sample.result("ada"), Sample.result("bob")])
    let print = Mark.fingerprint(of: "It swaps rows and columns.")
    for date in ["01. Mai", "1-May", "01.05.2026", "2026-05-01", "46143"] {
      let text = "student,exercise,answer,points\nada,9.3,#\(print),\(date)\n"
      let reading = try table.reading(of: Data(text.utf8), file: "m.csv")
      XCTAssertEqual(
        reading.marks[.init(student: "ada", exercise: "9.3")], Mark(points: 1.5, answer: print))
      XCTAssertEqual(reading.notes, ["m.csv, line 2: “\(date)” was read as 1.5 points"])
    }
    let text = "student,exercise,answer,points\nada,9.3,#\(print),01.06.2026\n"
    XCTAssertEqual(try table.reading(of: Data(text.utf8), file: "m.csv").problems.count, 1)
  }

  func testAMarkThatIsNotClosedCostsItsRow() throws {
    let table = MarksTable(results: ["ada", "bob", "carl"].map { Sample.result($0) })
    let print = Mark.fingerprint(of: "It swaps rows and columns.")
    let text = """
      student,exercise,answer,points,comment
      ada,9.3,\(print),1,"begun and not ended
      bob,9.3,\(print),2,"a comment, whole"
      carl,9.3,\(print),0,"begun
      """
    let reading = try table.reading(of: Data(text.utf8), file: "m.csv")
    XCTAssertEqual(
      reading.problems,
      [2, 4].map { "m.csv, line \($0): a quotation mark is opened and not closed" })
    XCTAssertEqual(
      reading.marks,
      [
        .init(student: "bob", exercise: "9.3"): Mark(
          points: 2, comment: "a comment, whole", answer: print)
      ])
  }

  func testATableThatIsNoneIsRefusedWithItsLine() {
    let table = MarksTable(results: [Sample.result("ada")])
    func sentence(_ text: String) -> String? {
      do {
        _ = try table.reading(of: Data(text.utf8), file: "m.csv")
        return nil
      } catch { return "\(error)" }
    }
    XCTAssertEqual(sentence(""), "m.csv is empty; its first line names the columns")
    XCTAssertEqual(
      sentence("name,points\n"),
      "m.csv, line 1: there is no column “student”; the first line has to name student, exercise, "
        + "answer, maxPoints, points, comment")
  }
}
