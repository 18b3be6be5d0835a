import ArgumentParser
import CourseworkFixture
import Foundation
import XCTest

@testable import Coursework
@testable import headlight

final class HintAndStatusTests: XCTestCase {
  private let course = [practiceSheet]

  private func hint(_ arguments: [String], in folder: URL) throws -> String {
    let recorder = Recorder()
    let command = try XCTUnwrap(Headlight.parseAsRoot(["hint"] + arguments) as? Hint)
    try command.show(
      progress: ProgressFile(package: folder), terminal: recorder.terminal(), course: course)
    return recorder.text
  }

  func testEveryCallShowsTheNextHintAndSaysHowManyAreLeft() throws {
    let folder = try temporaryFolder()
    let hints = doubleExercise.hints
    XCTAssertEqual(hints.count, 3)
    let head = "9.2 Double the numbers\n"
    XCTAssertEqual(
      try hint(["9.2"], in: folder), head + "Hint 1 of 3: \(hints[0])\n2 hints are left.\n")
    XCTAssertEqual(
      try hint(["9.2"], in: folder), head + "Hint 2 of 3: \(hints[1])\n1 hint is left.\n")
    XCTAssertEqual(
      try hint(["9.2"], in: folder), head + "Hint 3 of 3: \(hints[2])\nNo hint is left.\n")
    XCTAssertEqual(
      try hint(["9.2"], in: folder),
      head + "Hint 3 of 3: \(hints[2])\nThat was the last hint; --all shows every one.\n")
  }

  func testAllHintsAtOnceCountAsSeen() throws {
    let folder = try temporaryFolder()
    let hints = doubleExercise.hints
    XCTAssertEqual(
      try hint(["9.2", "--all"], in: folder),
      """
      9.2 Double the numbers
      Hint 1 of 3: \(hints[0])
      Hint 2 of 3: \(hints[1])
      Hint 3 of 3: \(hints[2])
      No hint is left.

      """)
    XCTAssertEqual(try ProgressFile(package: folder).load().progress["9.2"].hintsRevealed, 3)
  }

  func testASheetHasNoHintOfItsOwn() throws {
    XCTAssertThrowsError(try hint(["9"], in: temporaryFolder())) {
      XCTAssertEqual(
        "\($0)",
        "hints belong to an exercise, and sheet 9 has several; give one, as in 9.1")
    }
  }

  private func progress() -> CourseProgress {
    var progress = CourseProgress()
    progress.record(
      Checker.check(doubleExercise, Solved()), at: Date(timeIntervalSince1970: 1_800_000_000))
    progress["9.1"].hintsRevealed = 2
    return progress
  }

  func testStatusInLines() {
    let recorder = Recorder()
    StatusReport(of: course, progress()).print(to: recorder.terminal())
    XCTAssertEqual(
      recorder.text,
      """
      Sheet 9 · Practice: 3 of 8 points, 2 of them by hand
      ○ 9.1  Transpose a matrix  0 of 3     difficulty 2  importance 4  10 min  2 of 3 hints seen
      ✓ 9.2  Double the numbers  3 of 3     difficulty 1  importance 2  5 min
      ○ 9.3  In words            2 by hand  difficulty 2  importance 3  10 min

      Altogether: 3 of 8 points, 1 of 3 exercises done
      Next: 9.1 Transpose a matrix, about 10 min. A hint: swift run Sheet9 hint 9.1

      """)
  }

  func testAWrongAnswerComesBeforeAMissingOne() {
    var progress = progress()
    progress.record(Checker.check(openExercise, Solved()), at: Date(timeIntervalSince1970: 0))
    XCTAssertEqual(StatusReport(of: course, progress).nextExercise?.id, "9.1")
    progress.record(Checker.check(doubleExercise, Mischief("throws")), at: Date())
    XCTAssertEqual(StatusReport(of: course, progress).nextExercise?.id, "9.2")
    progress.record(Checker.check(doubleExercise, Solved()), at: Date())
    progress.record(Checker.check(transposeExercise, Solved()), at: Date())
    XCTAssertNil(StatusReport(of: course, progress).nextExercise)
  }

  func testEveryKeyOfTheJSONIsAlwaysThere() throws {
    let json = try StatusReport(of: course, progress()).json()
    let root = try XCTUnwrap(
      JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    XCTAssertEqual(Array(root.keys), ["sheets"])
    let sheet = try XCTUnwrap((root["sheets"] as? [[String: Any]])?.first)
    XCTAssertEqual(
      sheet.keys.sorted(),
      ["earnedPoints", "exercises", "number", "openPoints", "points", "title"])
    let exercises = try XCTUnwrap(sheet["exercises"] as? [[String: Any]])
    for exercise in exercises {
      XCTAssertEqual(
        exercise.keys.sorted(),
        [
          "bestPoints", "checked", "difficulty", "hints", "hintsUsed", "id", "importance", "kind",
          "message", "minutes", "points", "solved", "state", "title",
        ])
    }
    XCTAssertTrue(exercises[0]["checked"] is NSNull)
    XCTAssertEqual(exercises[0]["state"] as? String, "unanswered")
    XCTAssertEqual(exercises[0]["hintsUsed"] as? Int, 2)
    XCTAssertEqual(exercises[1]["checked"] as? String, "2027-01-15T08:00:00Z")
    XCTAssertEqual(exercises[1]["state"] as? String, "passed")
    XCTAssertEqual(exercises[1]["bestPoints"] as? Double, 3)
    XCTAssertEqual(exercises[2]["kind"] as? String, "open")
  }
}
