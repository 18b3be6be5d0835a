import Coursework
import SuppressionExercises
import XCTest

/// A test an exercise: `swift test --filter Sheet8` says what is right, what is wrong and why.
///
/// Each is asked in a process of its own, so that a trap or an endless loop fails one test alone.
final class Sheet8Tests: XCTestCase {
  func test_8_1_whatAHeadWrites() async throws { try await check("8.1") }
  func test_8_2_whatAHeadLooksFor() async throws { try await check("8.2") }
  func test_8_3_threeSteps() async throws { try await check("8.3") }
  func test_8_4_aSurvey() async throws { try await check("8.4") }
  func test_8_5_takeItAway() async throws { try await check("8.5") }
  func test_8_6_readAnExample() async throws { try await check("8.6") }
  func test_8_7_keepOnlyThat() async throws { try await check("8.7") }
  func test_8_8_whatIsLeft() async throws { try await check("8.8") }
  func test_8_9_startOfTheText() async throws { try await check("8.9") }
  func test_8_10_besideThePrediction() async throws { try await check("8.10") }
  func test_8_11_antiInduction() async throws { try await check("8.11") }
  func test_8_12_isANegativeHeadBad() async throws { try await check("8.12") }

  func testEveryExerciseHasATest() {
    XCTAssertEqual(SuppressionSheet.sheet.exercises.map(\.id), (1...12).map { "8.\($0)" })
  }

  private func check(_ id: String, file: StaticString = #filePath, line: UInt = #line) async throws
  {
    let exercise = try SuppressionSheet.sheet.exercise(id)
    let program = ThisProgram.sibling("Sheet8").path
    let result = await ProcessChecker(command: [program]).check(exercise)
    if result.status == .unanswered {
      throw XCTSkip("\(id), \(exercise.title), is not answered yet.")
    }
    if !result.isSettled {
      XCTFail("\(id), \(exercise.title): \(result.explanation)", file: file, line: line)
    }
  }
}
