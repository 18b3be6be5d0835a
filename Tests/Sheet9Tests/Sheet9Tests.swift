import Coursework
import CircuitsExercises
import XCTest

/// A test an exercise: `swift test --filter Sheet9` says what is right, what is wrong and why.
///
/// Each is asked in a process of its own, so that a trap or an endless loop fails one test alone.
final class Sheet9Tests: XCTestCase {
  func test_9_1_doubled() async throws { try await check("9.1") }

  func testEveryExerciseHasATest() {
    XCTAssertEqual(CircuitsSheet.sheet.exercises.map(\.id), (1...1).map { "9.\($0)" })
  }

  private func check(_ id: String, file: StaticString = #filePath, line: UInt = #line) async throws
  {
    let exercise = try CircuitsSheet.sheet.exercise(id)
    let program = ThisProgram.sibling("Sheet9").path
    let result = await ProcessChecker(command: [program]).check(exercise)
    if result.status == .unanswered {
      throw XCTSkip("\(id), \(exercise.title), is not answered yet.")
    }
    if !result.isSettled {
      XCTFail("\(id), \(exercise.title): \(result.explanation)", file: file, line: line)
    }
  }
}
