import Coursework
import GradientsExercises
import XCTest

/// A test an exercise: `swift test --filter Sheet3` says what is right, what is wrong and why.
///
/// Each is asked in a process of its own, so that a trap or an endless loop fails one test alone.
final class Sheet3Tests: XCTestCase {
  func test_3_1_byHand() async throws { try await check("3.1") }
  func test_3_2_saliency() async throws { try await check("3.2") }
  func test_3_3_inputTimesGradient() async throws { try await check("3.3") }
  func test_3_4_integratedGradients() async throws { try await check("3.4") }
  func test_3_5_theBaselineMatters() async throws { try await check("3.5") }
  func test_3_6_contrast() async throws { try await check("3.6") }
  func test_3_7_traceTheGradient() async throws { try await check("3.7") }
  func test_3_8_isItFaithful() async throws { try await check("3.8") }
  func test_3_9_attentionAgainstGradients() async throws { try await check("3.9") }
  func test_3_10_whatAnAttributionSays() async throws { try await check("3.10") }
  func test_3_11_whichMethod() async throws { try await check("3.11") }

  func testEveryExerciseHasATest() {
    XCTAssertEqual(GradientsSheet.sheet.exercises.map(\.id), (1...11).map { "3.\($0)" })
  }

  private func check(_ id: String, file: StaticString = #filePath, line: UInt = #line) async throws
  {
    let exercise = try GradientsSheet.sheet.exercise(id)
    let program = ThisProgram.sibling("Sheet3").path
    let result = await ProcessChecker(command: [program]).check(exercise)
    if result.status == .unanswered {
      throw XCTSkip("\(id), \(exercise.title), is not answered yet.")
    }
    if !result.isSettled {
      XCTFail("\(id), \(exercise.title): \(result.explanation)", file: file, line: line)
    }
  }
}
