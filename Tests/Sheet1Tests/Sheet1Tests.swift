import Coursework
import AttentionExercises
import XCTest

/// A test an exercise: `swift test --filter Sheet1` says what is right, what is wrong and why.
///
/// Each is asked in a process of its own, so that a trap or an endless loop fails one test alone.
final class Sheet1Tests: XCTestCase {
  func test_1_1_readTheModel() async throws { try await check("1.1") }
  func test_1_2_writeAttention() async throws { try await check("1.2") }
  func test_1_3_whoseAttentionIsThis() async throws { try await check("1.3") }
  func test_1_4_nameTheRows() async throws { try await check("1.4") }
  func test_1_5_alignTheWords() async throws { try await check("1.5") }
  func test_1_6_whoSwapsAdjectiveAndNoun() async throws { try await check("1.6") }
  func test_1_7_detect() async throws { try await check("1.7") }
  func test_1_8_rolloutAndEntropy() async throws { try await check("1.8") }
  func test_1_9_theCapitalOfFrance() async throws { try await check("1.9") }
  func test_1_10_attentionIsNotExplanation() async throws { try await check("1.10") }
  func test_1_11_whatAttentionShows() async throws { try await check("1.11") }
  func test_1_12_whatToCheck() async throws { try await check("1.12") }
  func test_1_13_patternsOfYourOwn() async throws { try await check("1.13") }

  func testEveryExerciseHasATest() {
    XCTAssertEqual(AttentionSheet.sheet.exercises.map(\.id), (1...13).map { "1.\($0)" })
  }

  private func check(_ id: String, file: StaticString = #filePath, line: UInt = #line) async throws
  {
    let exercise = try AttentionSheet.sheet.exercise(id)
    let program = ThisProgram.sibling("Sheet1").path
    let result = await ProcessChecker(command: [program]).check(exercise)
    if result.status == .unanswered {
      throw XCTSkip("\(id), \(exercise.title), is not answered yet.")
    }
    if !result.isSettled {
      XCTFail("\(id), \(exercise.title): \(result.explanation)", file: file, line: line)
    }
  }
}
