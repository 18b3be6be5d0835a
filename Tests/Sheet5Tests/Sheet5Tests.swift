import Coursework
import LensesExercises
import XCTest

/// A test an exercise: `swift test --filter Sheet5` says what is right, what is wrong and why.
///
/// Each is asked in a process of its own, so that a trap or an endless loop fails one test alone.
final class Sheet5Tests: XCTestCase {
  func test_5_1_theLogitLens() async throws { try await check("5.1") }
  func test_5_2_theNormTrap() async throws { try await check("5.2") }
  func test_5_3_precisionAtOne() async throws { try await check("5.3") }
  func test_5_4_whoseSurprise() async throws { try await check("5.4") }
  func test_5_5_aFairSample() async throws { try await check("5.5") }
  func test_5_6_leftPadding() async throws { try await check("5.6") }
  func test_5_7_trainATunedLens() async throws { try await check("5.7") }
  func test_5_8_theLogitLensIsAPatchscope() async throws { try await check("5.8") }
  func test_5_9_tokenIdentity() async throws { try await check("5.9") }
  func test_5_10_everyLensIsAPatchscope() async throws { try await check("5.10") }
  func test_5_11_theAnswerAtLayer2() async throws { try await check("5.11") }

  func testEveryExerciseHasATest() {
    XCTAssertEqual(LensSheet.sheet.exercises.map(\.id), (1...11).map { "5.\($0)" })
  }

  private func check(_ id: String, file: StaticString = #filePath, line: UInt = #line) async throws
  {
    let exercise = try LensSheet.sheet.exercise(id)
    let program = ThisProgram.sibling("Sheet5").path
    let result = await ProcessChecker(command: [program]).check(exercise)
    if result.status == .unanswered {
      throw XCTSkip("\(id), \(exercise.title), is not answered yet.")
    }
    if !result.isSettled {
      XCTFail("\(id), \(exercise.title): \(result.explanation)", file: file, line: line)
    }
  }
}
