import Coursework
import CourseworkFixture
import Foundation
import XCTest

final class ProgressTests: XCTestCase {
  private let date = Date(timeIntervalSince1970: 1_790_000_000)

  func testNothingIsKnownAtFirst() throws {
    let loaded = try ProgressFile(package: try temporaryFolder()).load()
    XCTAssertEqual(loaded.progress, CourseProgress())
    XCTAssertNil(loaded.notice)
  }

  func testWhatIsWrittenIsReadAgain() throws {
    let file = ProgressFile(package: try temporaryFolder())
    let result = Checker.check(doubleExercise, Mischief("throws"))
    try file.update { progress in
      progress.record(result, at: date)
      _ = progress.revealHint(of: doubleExercise)
    }
    let entry = try file.load().progress["9.2"]
    XCTAssertEqual(entry.last, result)
    XCTAssertEqual(entry.bestPoints, 2)
    XCTAssertEqual(entry.checked, date)
    XCTAssertNil(entry.solved)
    XCTAssertEqual(entry.hintsRevealed, 1)
  }

  func testTheBestAndTheFirstSolutionAreKept() {
    var progress = CourseProgress()
    progress.record(Checker.check(doubleExercise, Untouched()), at: date)
    XCTAssertEqual(progress.exercises, [:])
    progress.record(Checker.check(doubleExercise, Solved()), at: date)
    progress.record(Checker.check(doubleExercise, Mischief("throws")), at: date + 60)
    progress.record(Checker.check(doubleExercise, Untouched()), at: date + 120)
    XCTAssertEqual(progress["9.2"].bestPoints, 3)
    XCTAssertEqual(progress["9.2"].solved, date)
    XCTAssertEqual(progress["9.2"].checked, date + 120)
    XCTAssertEqual(progress["9.2"].last?.status, .unanswered)
  }

  func testHintsEscalateAndTheLastStays() {
    var progress = CourseProgress()
    let hints = (0..<5).map { _ in progress.revealHint(of: doubleExercise) }
    XCTAssertEqual(hints.map(\.number), [1, 2, 3, 3, 3])
    XCTAssertEqual(
      hints.map(\.text),
      ["Twice is plus itself.", "Use map."]
        + Array(repeating: "numbers.map { $0 * 2 }", count: 3))
  }

  func testAHandEditedHintCountDoesNoHarm() {
    var progress = CourseProgress()
    progress["9.2"].hintsRevealed = -7
    XCTAssertEqual(progress.revealHint(of: doubleExercise).number, 1)
    progress["9.2"].hintsRevealed = .max - 1
    XCTAssertEqual(progress.revealHint(of: doubleExercise).number, 3)
  }

  func testACorruptFileIsSetAside() throws {
    let folder = try temporaryFolder()
    let file = ProgressFile(package: folder)
    try file.update { $0["9.2"].bestPoints = 1 }
    for number in 1...2 {
      let broken = Data(#"{"exercises": {"9.2": {"hintsRev"#.utf8)
      try broken.write(to: file.url)
      let notice = try file.update { $0["9.1"].bestPoints = Double(number) }
      XCTAssertEqual(
        notice,
        "\(file.url.path) could not be understood, so it is kept as "
          + "progress.unreadable-\(number).json and progress starts afresh")
      let kept = file.url.deletingLastPathComponent()
        .appending(path: "progress.unreadable-\(number).json")
      XCTAssertEqual(try Data(contentsOf: kept), broken)
      XCTAssertEqual(try file.load().progress["9.1"].bestPoints, Double(number))
    }
  }

  func testAFileThatKnowsLessIsUnderstood() throws {
    let file = ProgressFile(package: try temporaryFolder())
    try file.update { $0["9.1"].bestPoints = 1 }
    let text = #"{"exercises": {"9.2": {"bestPoints": 2.5, "last": {"id": "9.2"}, "new": 1}}}"#
    try Data(text.utf8).write(to: file.url)
    let loaded = try file.load()
    XCTAssertNil(loaded.notice)
    XCTAssertEqual(loaded.progress["9.2"].bestPoints, 2.5)
    XCTAssertEqual(loaded.progress["9.2"].hintsRevealed, 0)
    XCTAssertNil(loaded.progress["9.2"].last)
  }

  func testAFolderThatCannotBeMadeIsOneSentence() throws {
    let folder = try temporaryFolder()
    try Data().write(to: folder.appending(path: ".headlight"))
    XCTAssertThrowsError(try ProgressFile(package: folder).update { $0["9.1"].bestPoints = 1 }) {
      XCTAssertTrue("\($0)".contains("progress.json could not be written: "), "\($0)")
    }
  }

  func testWritersTakeTurns() throws {
    let file = ProgressFile(package: try temporaryFolder())
    DispatchQueue.concurrentPerform(iterations: 40) { _ in
      _ = try? file.update { $0["9.1"].bestPoints += 1 }
    }
    XCTAssertEqual(try file.load().progress["9.1"].bestPoints, 40)
  }
}
