import Coursework
import Curriculum
import Foundation
import Grading
import XCTest

@testable import Solution1

final class WholePathTests: XCTestCase {
  /// Under sandboxed grading every exercise of every sheet gives an untouched template nothing and
  /// the solution everything.
  func testTemplatesEarnNothingAndSolutionsEverything() async throws {
    for sheet in Course.sheets {
      var room = try Classroom(temporaryFolder(), sheet: sheet.number)
      // On a machine that does more than this, a limit of time would judge the machine.
      room.options.seconds = 120
      room.options.drawsFigures = sheet.number == 1
      try room.handIn("solution", room.text(of: "Solutions"))
      try room.handIn(
        "template", room.text(of: "Sheets"), as: "Sheets/\(sheet.folder)/Answers.swift")
      let summary = try await room.run()
      XCTAssertEqual(summary.faults, [])
      XCTAssertEqual(summary.graded, 2)

      let solution = try room.result("solution")
      XCTAssertEqual(solution.status, .graded, solution.message)
      XCTAssertEqual(solution.exercises.map(\.id), sheet.exercises.map(\.id))
      XCTAssertEqual(solution.points, Double(sheet.points - sheet.openPoints))
      XCTAssertEqual(solution.maxPoints, sheet.points)
      for exercise in solution.exercises {
        XCTAssertEqual(
          exercise.status, exercise.isOpen ? .collected : .passed,
          "\(exercise.id): \(exercise.message)")
        XCTAssertEqual(exercise.isOpen, exercise.text != nil)
      }
      let template = try room.result("template")
      XCTAssertEqual(template.status, .graded, template.message)
      XCTAssertEqual(template.points, 0)
      XCTAssertEqual(Set(template.exercises.map(\.status)), [.unanswered])
      if room.options.drawsFigures { try assertFigures(room, sheet) }
    }
  }

  private func assertFigures(_ room: Classroom, _ sheet: Sheet) throws {
    let solution = try room.result("solution")
    XCTAssertEqual(solution.figures.map(\.name), sheet.figures.map(\.name))
    XCTAssertEqual(solution.figures.compactMap(\.missing), [])
    for figure in solution.figures {
      // As it is drawn in this process from the same answers.
      let file = room.folder.appending(path: figure.name)
      try XCTUnwrap(sheet.figures.first { $0.name == figure.name })
        .draw(Asking(sheet.asks, of: Solution1.Answers()), file)
      let drawn = room.grades.folder(of: "solution").appending(path: "figures/\(figure.name)")
      XCTAssertEqual(try Data(contentsOf: drawn), try Data(contentsOf: file), figure.name)
    }
    let template = try room.result("template")
    XCTAssertTrue(template.figures.contains { $0.missing == "it waits for an answer" })
  }

  func testFilesOfOtherSystemsCompile() async throws {
    var room = try Classroom(temporaryFolder())
    room.options.seconds = 60
    let windows =
      try "\u{FEFF}" + room.text(of: "Solutions").replacingOccurrences(of: "\n", with: "\r\n")
    try room.handIn("windows", windows)
    _ = try await room.run()
    let result = try room.result("windows")
    XCTAssertEqual(result.points, Double(room.sheet.points - room.sheet.openPoints), result.message)
  }

  func testWhatDoesNotCompileIsToldInTheStudentsLines() async throws {
    let room = try Classroom(temporaryFolder())
    let template = try room.text(of: "Sheets")
    let lines = template.split(separator: "\n", omittingEmptySubsequences: false).count
    try room.handIn("type", template + "\nlet wrong: Int = \"\u{1B}[31mtext\"\n")
    try room.handIn("missing", "import Answering\n")
    try room.handIn("module", "import Grading\n" + template)
    try room.handIn("place", "#sourceLocation(file: \"/etc/shadow\", line: 1)\nlet x: Int = \"\"\n")
    try room.handIn("nothing", "")
    let summary = try await room.run()
    XCTAssertEqual(summary.faults, [])

    let type = try room.result("type")
    XCTAssertEqual(type.status, .graded)
    XCTAssertEqual(type.compileMessages.first?.line, lines + 1)
    XCTAssertTrue(type.message.contains("`wrong`: line \(lines + 1): "), type.message)
    XCTAssertFalse("\(type)".contains("\u{1B}"))
    let missing = try room.result("missing")
    XCTAssertTrue(missing.message.contains("cannot find 'Answers' in scope"), missing.message)
    let module = try room.result("module")
    XCTAssertTrue(
      module.message.contains("no such module 'Grading'"), "what grades is not to be imported")
    XCTAssertEqual(try room.result("place").status, .doesNotCompile)
    let nothing = try room.result("nothing")
    XCTAssertEqual(nothing.status, .nothingToGrade)
    XCTAssertEqual(nothing.message, "Answers.swift is empty")
    for name in ["type", "missing", "module", "place", "nothing"] {
      let result = try room.result(name)
      XCTAssertEqual(result.exercises.map(\.id), room.sheet.exercises.map(\.id))
      XCTAssertEqual(result.points, 0)
      // No path of the grading machine gets into a result.
      let text = String(decoding: try result.encoded(), as: UTF8.self)
      XCTAssertFalse(text.contains(room.folder.path) || text.contains("headlight-grading"), text)
    }
  }

  func testACompileBombIsStopped() async throws {
    var room = try Classroom(temporaryFolder())
    room.options.compileSeconds = 6
    let row = "[1, \"two\", 3.0, [4], [\"five\": 5], nil as Int?],\n"
    let rows = String(repeating: row, count: 900_000 / row.utf8.count)
    let bomb = "let bomb: [[Any]] = [\n\(rows)]\n"
    try room.handIn("bomb", try bomb + room.text(of: "Sheets"))
    let start = ContinuousClock.now
    _ = try await room.run()
    let result = try room.result("bomb")
    XCTAssertEqual(result.points, 0)
    XCTAssertTrue("\(result.compileMessages)".contains("in reasonable time"), result.message)
    XCTAssertLessThan(ContinuousClock.now - start, .seconds(60))
    XCTAssertEqual(Traces.left, [])
  }

  func testShadowedNamesEarnNothing() async throws {
    let room = try Classroom(temporaryFolder())
    let shadows = """
      func == (left: Float, right: Float) -> Bool { true }
      func XCTAssertEqual(_ a: Any, _ b: Any) {}
      func precondition(_ condition: Bool, _ message: String = "") {}
      struct Verdict { static func passed() -> Verdict { Verdict() } }
      struct ExerciseResult { var points = 99.0 }
      struct SheetRunner<A> {
        init(_ sheet: Any, answers: A, keepsProgress: Bool) {}
        func main() async { print("{\\"points\\": 99}") }
      }

      """
    try room.handIn("shadows", room.text(of: "Sheets") + shadows)
    let summary = try await room.run()
    XCTAssertEqual(summary.faults, [])
    let result = try room.result("shadows")
    XCTAssertEqual(result.points, 0)
    XCTAssertFalse(result.exercises.contains { $0.status == .passed })
  }
}
