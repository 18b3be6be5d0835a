import Coursework
import CourseworkFixture
import Foundation
import XCTest

@testable import Grading

/// The reports that other programs read, held against their formats.
final class FormatTests: XCTestCase {
  private func object(_ folder: URL, _ path: String) throws -> [String: Any] {
    try XCTUnwrap(JSONSerialization.jsonObject(with: try content(folder, path)) as? [String: Any])
  }

  func testGradescopeHasAScoreATestAnExerciseAndNothingHidden() throws {
    let folder = try reportFolder()
    try Sample.book([Sample.result("ada")], in: folder).writeReports()
    let root = try object(folder, "100/gradescope.json")
    XCTAssertEqual(root["score"] as? Double, 4.5)
    XCTAssertEqual(root["execution_time"] as? Double, 3.5)
    XCTAssertEqual(root["visibility"] as? String, "visible")
    XCTAssertEqual(root["stdout_visibility"] as? String, "hidden")
    XCTAssertEqual(root["output_format"] as? String, "text")
    let tests = try XCTUnwrap(root["tests"] as? [[String: Any]])
    XCTAssertEqual(tests.map { $0["number"] as? String }, ["9.1", "9.2", "9.3"])
    XCTAssertEqual(tests.map { $0["score"] as? Double }, [3, 1.5, 0])
    XCTAssertEqual(tests.map { $0["max_score"] as? Int }, [3, 3, 2])
    XCTAssertEqual(tests.map { $0["status"] as? String }, ["passed", "failed", nil])
    XCTAssertEqual(
      tests[1]["output"] as? String,
      """
      wrong in row 2
      Public checks: 2 of 2 right
      Hidden questions: 1 of 2 right; wrong in row 2
      """)
    XCTAssertTrue(tests.allSatisfy { $0["visibility"] == nil })
    XCTAssertEqual(
      root["output"] as? String,
      """
      graded
      All public checks passed.
      Up to 2 more points are given by hand for the answers in words.
      """)
  }

  func testNoReportShowsMoreOfAHiddenCaseThanItsMessage() throws {
    let folder = try reportFolder()
    try Sample.book([Sample.result("ada")], in: folder).writeReports()
    for name in ["feedback.html", "gradescope.json", "classroom50.json", "junit.xml"] {
      XCTAssertFalse(try text(folder, "100/\(name)").contains("4711"), name)
    }
    for name in ["summary.html", "marking.html", "grades.csv", "canvas.csv", "marks.csv"] {
      XCTAssertFalse(try text(folder, name).contains("4711"), name)
    }
  }

  func testNobodyIsToldThatAllIsPassed() throws {
    let folder = try reportFolder()
    var failing = Sample.result("bob")
    failing.exercises[0].publicPart?.status = .failed
    try Sample.book([Sample.result("ada", points: [3, 3]), failing], in: folder).writeReports()
    XCTAssertTrue(try text(folder, "100/feedback.html").contains("All public checks passed."))
    XCTAssertTrue(
      try text(folder, "101/feedback.html")
        .contains("The public checks of 1 of 2 exercises passed."))
    for name in ["feedback.html", "gradescope.json", "junit.xml"] {
      XCTAssertNil(
        try text(folder, "100/\(name)").firstMatch(of: /(?i)all (tests |checks )?passed/))
    }
  }

  func testClassroomCountsHalfPointsInWholeNumbers() throws {
    let folder = try reportFolder()
    try Sample.book([Sample.result("ada")], in: folder).writeReports()
    let root = try object(folder, "100/classroom50.json")
    XCTAssertEqual(
      root.keys.sorted(),
      [
        "assignment", "assignment_type", "classroom", "commit", "datetime", "graded_at",
        "max-score",
        "owner", "release", "review", "schema", "score", "submission", "tests",
      ])
    XCTAssertEqual(root["schema"] as? String, "classroom50/result/v1")
    XCTAssertEqual(root["assignment"] as? String, "9-Practice")
    XCTAssertEqual(root["score"] as? Int, 9)
    XCTAssertEqual(root["max-score"] as? Int, 16)
    let tests = try XCTUnwrap(root["tests"] as? [[String: Any]])
    XCTAssertEqual(tests.map { $0["score"] as? Int }, [6, 3, 0])
    XCTAssertEqual(tests.map { $0["passed"] as? Bool }, [true, false, false])
    XCTAssertEqual(tests[0]["test-name"] as? String, "9.1 Transpose a matrix")
  }

  func testARegradeKeepsTheDateOfTheSameSubmissionAlone() throws {
    let folder = try reportFolder()
    var result = Sample.result("ada")
    let book = try Sample.book([result], in: folder)
    try book.writeReports()
    result.gradedAt = Sample.date.addingTimeInterval(3_600)
    _ = try Sample.book([result], in: folder)
    try book.writeReports()
    var root = try object(folder, "100/classroom50.json")
    XCTAssertEqual(root["datetime"] as? String, "2027-01-15T08:00:00Z")
    XCTAssertEqual(root["graded_at"] as? String, "2027-01-15T09:00:00Z")
    result.submission = "another"
    _ = try Sample.book([result], in: folder)
    try book.writeReports()
    root = try object(folder, "100/classroom50.json")
    XCTAssertEqual(root["datetime"] as? String, "2027-01-15T09:00:00Z")
  }

  func testJUnitTellsWrongFromCrashedFromNotAnswered() throws {
    let folder = try reportFolder()
    var result = Sample.result("ada", points: [0, 0])
    result.exercises[1].status = .timedOut
    result.exercises[1].message = "timed out after 2 s"
    try Sample.book([result], in: folder).writeReports()
    let report = try ParsedDocument(try content(folder, "100/junit.xml"))
    let suite = try XCTUnwrap(report.all("testsuite").first).attributes
    XCTAssertEqual(suite["name"], "Sheet 9 · Practice")
    XCTAssertEqual(
      ["tests", "failures", "errors", "skipped", "time"].map { suite[$0] },
      ["3", "1", "1", "1", "0.500"])
    XCTAssertEqual(report.all("failure").map { $0.attributes["type"] }, ["failed"])
    XCTAssertEqual(report.all("error").map { $0.attributes["message"] }, ["timed out after 2 s"])
    XCTAssertEqual(report.all("skipped").count, 1)
    XCTAssertEqual(report.all("testcase")[0].attributes["classname"], "Sheet9.ada")
    XCTAssertEqual(report.all("testcase")[0].attributes["time"], "0.250")
  }

  func testTablesHaveARowAStudentAndAColumnAnExercise() throws {
    let folder = try reportFolder()
    let late = Lateness(
      deadline: Sample.date, submittedAt: Sample.date, deduction: 0.5, message: "a day late")
    let results = [Sample.result("ada"), Sample.result("bob", text: nil, lateness: late)]
    try Sample.book(results, in: folder).writeReports()
    let grades = cells(try text(folder, "grades.csv"))
    XCTAssertEqual(
      grades[0],
      [
        "student", "points", "maxPoints", "9.1", "9.2", "9.3", "status", "deduction", "sandbox",
        "seed", "message", "name",
      ])
    XCTAssertEqual(Array(grades[1].prefix(6)), ["ada", "4.5", "8", "3", "1.5", ""])
    XCTAssertEqual(
      grades[2],
      ["bob", "2", "8", "3", "1.5", "0", "graded", "0.5", "bubblewrap", "5eed", "graded", ""])
    XCTAssertEqual(
      cells(try text(folder, "canvas.csv")),
      [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Sheet 9 Practice"],
        ["Points Possible", "", "", "", "", "8"],
        ["ada", "", "", "ada", "", "4.5"],
        ["bob", "", "", "bob", "", "2"],
      ])
  }

  func testWhoHandedInNothingHasARow() throws {
    let folder = try reportFolder()
    let book = try Sample.book([Sample.result("ada")], in: folder)
    try GradesFolder(folder).write(absent: ["=joan", "ada", "zoe"])
    try book.writeReports()
    let grades = cells(try text(folder, "grades.csv"))
    XCTAssertEqual(grades.map(\.count), [12, 12, 12, 12])
    XCTAssertEqual(grades.map { $0[0] }, ["student", "ada", "'=joan", "zoe"])
    XCTAssertEqual(
      grades[3],
      ["zoe", "0", "8", "", "", "", "absent", "", "", "", "handed in nothing", ""])
    let summary = try text(folder, "summary.html")
    XCTAssertEqual(summary.components(separatedBy: "handed in nothing").count, 3)
    XCTAssertTrue(summary.contains("1 submission, 8 points"), "the mean is of who handed in")
    // A later run that misses nobody forgets them.
    try GradesFolder(folder).write(absent: [])
    try book.writeReports()
    XCTAssertFalse(try text(folder, "grades.csv").contains("absent"))
  }

  func testNumbersAreShownWithNamesAndCanvasFindsItsOwn() throws {
    let folder = try reportFolder()
    var canvas = Sample.result("12345")
    (canvas.name, canvas.platform) = ("lovelaceada", .canvas)
    var moodle = Sample.result("777")
    (moodle.name, moodle.platform) = ("Grace Hopper", .moodle)
    try Sample.book([canvas, moodle], in: folder).writeReports()
    let table = cells(try text(folder, "canvas.csv"))
    XCTAssertEqual(table[2], ["lovelaceada", "12345", "", "", "", "4.5"])
    XCTAssertEqual(table[3], ["Grace Hopper", "", "", "777", "", "4.5"])
    XCTAssertEqual(cells(try text(folder, "grades.csv"))[1].last, "lovelaceada")
    for name in ["summary.html", "marking.html", "101/feedback.html"] {
      XCTAssertTrue(try text(folder, name).contains("777 (Grace Hopper)"), name)
    }
  }

  func testTheSameResultsGiveTheSameBytes() throws {
    let folder = try reportFolder()
    let book = try Sample.book([Sample.result("ada"), Sample.result("bob")], in: folder)
    try book.writeReports()
    func snapshot() throws -> [String: Data] {
      var files: [String: Data] = [:]
      for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
      where path.contains(".") { files[path] = try content(folder, path) }
      return files
    }
    let before = try snapshot()
    XCTAssertEqual(before.count, 2 * 5 + 5)
    try book.writeReports()
    XCTAssertEqual(try snapshot(), before)
  }

  func testAFolderWithoutResultsOrWithTwoSheetsIsRefused() throws {
    let folder = try reportFolder()
    XCTAssertThrowsError(try GradeBook(directory: folder, sheets: []).writeReports()) {
      XCTAssertEqual(
        "\($0)",
        "\(folder.path) holds no results; name the folder that `headlight grade` wrote to")
    }
    var other = Sample.result("bob")
    other.sheet = 8
    let book = try Sample.book([Sample.result("ada"), other], in: folder)
    XCTAssertThrowsError(try book.writeReports()) {
      XCTAssertEqual(
        "\($0)",
        "\(folder.path) holds results of sheets 8, 9; grade each sheet into a folder of its own")
    }
  }

  func testAResultThatCannotBeReadIsNamedAndTheOthersAreReported() throws {
    let folder = try reportFolder()
    let book = try Sample.book([Sample.result("ada"), Sample.result("bob")], in: folder)
    try Data("{".utf8).write(to: folder.appending(path: "101/result.json"))
    let summary = try book.writeReports()
    XCTAssertEqual(summary.students, 1)
    XCTAssertEqual(
      summary.notes.first, "101/result.json cannot be read; grade this submission again")
  }
}
