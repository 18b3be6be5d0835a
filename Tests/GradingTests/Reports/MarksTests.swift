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

  func testEveryBadRowIsNamedWithItsLineAndNothingIsTaken() throws {
    let folder = try reportFolder()
    let names = ["ada", "bob", "carl", "dora", "eve", "frida"]
    let results = names.map { Sample.result($0, text: $0 == "frida" ? nil : "\($0) says") }
    let book = try Sample.book(results, in: folder)
    try book.writeReports()
    try fill(folder) { rows in
      rows[1][4] = "two"
      rows[2][4] = "2.5"
      rows[2][5] = "first line\nsecond line"
      rows[3][4] = "1.2"
      rows[4][4] = "1"
      rows[4][2] = "00000000"
      rows[5][5] = "no points"
      rows.append(["zoe", "9.3", "", "2", "1", ""])
      rows.append(["ada", "9.1", "", "2", "1", ""])
      rows.append(["frida", "9.3", "", "2", "1", ""])
      rows.append(["carl", "9.3", "", "2", "", ""])
    }
    let filled = try content(folder, "marks.csv")
    let summary = try book.writeReports()
    let dora = Mark.fingerprint(of: "dora says")
    XCTAssertEqual(
      summary.notes.first,
      """
      marks.csv was not read and stays as it is:
      marks.csv, line 2: “two” is no number of points for 9.3; give 0 to 2 in halves, as in 1.5
      marks.csv, line 3: “2.5” is no number of points for 9.3; give 0 to 2 in halves, as in 1.5
      marks.csv, line 5: “1.2” is no number of points for 9.3; give 0 to 2 in halves, as in 1.5
      marks.csv, line 6: the answer of dora to 9.3 has changed since this table was made (00000000, \
      now \(dora)); read it again and take its row from the new marks.csv
      marks.csv, line 7: there is a comment and no points; give points, 0 if need be
      marks.csv, line 8: there is no result of a student “zoe”
      marks.csv, line 9: “9.1” is no exercise that is marked by hand; those are 9.3
      marks.csv, line 10: frida has no answer to 9.3 to give points for
      marks.csv, line 11: the same answer stands in line 5
      """)
    XCTAssertEqual(summary.toMark, 5)
    XCTAssertEqual(try content(folder, "marks.csv"), filled)
    XCTAssertThrowsError(try book.readMarks(from: folder.appending(path: "marks.csv")))
  }

  func testTablesAsSpreadsheetsOfManyCountriesWriteThem() throws {
    let results = [Sample.result("ada"), Sample.result("Zoë")]
    let table = MarksTable(results: results)
    let print = Mark.fingerprint(of: "It swaps rows and columns.")
    let rows = [
      "student;exercise;answer;points;comment", "ada;9.3;\(print);1,5;\"gut; \"\"sehr\"\"\"",
      "Zoë;9.3;\(print);2;",
    ]
    let expected: [MarksTable.Answer: Mark?] = [
      .init(student: "ada", exercise: "9.3"): Mark(
        points: 1.5, comment: "gut; \"sehr\"", answer: print),
      .init(student: "Zoë", exercise: "9.3"): Mark(points: 2, answer: print),
    ]
    for end in ["\n", "\r\n", "\r"] {
      for mark in ["", "\u{FEFF}"] {
        let data = Data((mark + rows.joined(separator: end) + end).utf8)
        XCTAssertEqual(try table.marks(in: data, file: "m.csv"), expected)
      }
    }
    let tabs = rows.joined(separator: "\n").replacing(";", with: "\t")
    XCTAssertEqual(try table.marks(in: Data(tabs.utf8), file: "m.csv").count, 2)
  }

  func testATableThatIsNoneIsRefusedWithItsLine() {
    let table = MarksTable(results: [Sample.result("ada")])
    func sentence(_ bytes: [UInt8]) -> String? {
      do {
        _ = try table.marks(in: Data(bytes), file: "m.csv")
        return nil
      } catch { return "\(error)" }
    }
    XCTAssertEqual(sentence([]), "m.csv is empty; its first line names the columns")
    XCTAssertEqual(
      sentence(Array("name,points\n".utf8)),
      "m.csv, line 1: there is no column “student”; the first line has to name student, exercise, "
        + "answer, maxPoints, points, comment")
    XCTAssertEqual(
      sentence(Array("student,exercise\n".utf8) + [0x61, 0xE9, 0x0A]),
      "m.csv, line 2: this is not text in UTF-8; save the table as “CSV UTF-8”")
    XCTAssertEqual(
      sentence(Array("student\n\"ada,1\n".utf8)),
      "m.csv, line 2: a quotation mark is opened and never closed")
  }
}
