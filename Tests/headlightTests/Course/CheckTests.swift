import CourseworkFixture
import Foundation
import XCTest

@testable import Coursework
@testable import headlight

/// Sheets checked through processes, with the practice sheet of the tests.
final class CheckTests: XCTestCase {
  private func check(
    _ whose: String, in folder: URL, exercises ids: [String]? = nil
  ) async throws -> (isFine: Bool, text: String) {
    let recorder = Recorder()
    let sheet = practiceSheet
    let program = ThisProgram.sibling("CourseworkFixture").path
    let session = CheckSession(
      sheet: sheet, exercises: try ids?.map { try sheet.exercise($0) } ?? sheet.exercises,
      checker: ProcessChecker(command: ["/usr/bin/env", "PRACTICE=\(whose)", program]),
      progress: ProgressFile(package: folder), terminal: recorder.terminal())
    let isFine = await session.run()
    return (isFine, recorder.text)
  }

  func testUnansweredIsNotWrong() async throws {
    let folder = try temporaryFolder()
    let (isFine, text) = try await check("untouched", in: folder)
    XCTAssertTrue(isFine)
    XCTAssertEqual(
      text,
      """
      Sheet 9 · Practice
      ○ 9.1 Transpose a matrix (0 of 3)
            not answered yet: about 10 minutes, difficulty 2 of 5
      ○ 9.2 Double the numbers (0 of 3)
            not answered yet: about 5 minutes, difficulty 1 of 5
      ○ 9.3 In words (0 of 2)
            not answered yet: about 10 minutes, difficulty 2 of 5
      0 of 6 points; your instructor gives up to 2 more by hand

      """)
  }

  func testATrapCostsThatCaseAlone() async throws {
    let (isFine, text) = try await check("index", in: temporaryFolder())
    XCTAssertFalse(isFine)
    XCTAssertTrue(
      text.contains("3 numbers: your code stopped with a trap: an index was out of range (3 of\n"),
      text)
    XCTAssertTrue(text.contains("✓ 9.3 In words (2 by hand)"), text)
  }

  func testAnExerciseByItselfAndItsProgress() async throws {
    let folder = try temporaryFolder()
    let (isFine, text) = try await check("solved", in: folder, exercises: ["9.2"])
    XCTAssertTrue(isFine)
    XCTAssertEqual(
      text,
      """
      ✓ 9.2 Double the numbers (3 of 3)
            right in all 4 cases
            Doubling is linear.

      """)
    let progress = try ProgressFile(package: folder).load().progress
    XCTAssertEqual(progress.exercises.keys.sorted(), ["9.2"])
    XCTAssertEqual(progress["9.2"].bestPoints, 3)
    XCTAssertEqual(progress["9.2"].last?.status, .passed)
  }

  func testASheetOrAnExerciseIsNamedByItsNumber() throws {
    let course = [practiceSheet]
    XCTAssertEqual(
      try Selection(nil, in: course).sheets.map { $0.exercises.map(\.id) }, [["9.1", "9.2", "9.3"]])
    XCTAssertEqual(try Selection("9", in: course).sheets[0].exercises.count, 3)
    XCTAssertEqual(try Selection("9.2", in: course).sheets[0].exercises.map(\.id), ["9.2"])
    func sentence(_ text: String) -> String? {
      do {
        _ = try Selection(text, in: course)
        return nil
      } catch { return "\(error)" }
    }
    XCTAssertEqual(sentence("8"), "there is no sheet 8; the course has 9")
    XCTAssertEqual(sentence("9.7"), "sheet 9 has no exercise 9.7; it has 9.1, 9.2, 9.3")
    for text in ["", "x", "9.", ".2", "9.2.1", "-9"] {
      XCTAssertEqual(
        sentence(text),
        "“\(text)” names no exercise; give a sheet as in 1, or an exercise as in 1.5")
    }
  }
}
