import Coursework
import IdiomsExercises
import XCTest

/// A test an exercise: `swift test --filter Sheet7` says what is right, what is wrong and why.
///
/// Each is asked in a process of its own, so that a trap or an endless loop fails one test alone.
final class Sheet7Tests: XCTestCase {
  func test_7_1_whereIsTheIdiom() async throws { try await check("7.1") }
  func test_7_2_cageIt() async throws { try await check("7.2") }
  func test_7_3_theIdiomScore() async throws { try await check("7.3") }
  func test_7_4_theLiteralScore() async throws { try await check("7.4") }
  func test_7_5_attribution() async throws { try await check("7.5") }
  func test_7_6_ablateAHead() async throws { try await check("7.6") }
  func test_7_7_ablateTogether() async throws { try await check("7.7") }
  func test_7_8_awareness() async throws { try await check("7.8") }
  func test_7_9_exchangeTheLastWord() async throws { try await check("7.9") }
  func test_7_10_similarPatterns() async throws { try await check("7.10") }
  func test_7_11_scoreAgainstImportance() async throws { try await check("7.11") }
  func test_7_12_theTitleInWords() async throws { try await check("7.12") }

  func testEveryExerciseHasATest() {
    XCTAssertEqual(IdiomsSheet.sheet.exercises.map(\.id), (1...12).map { "7.\($0)" })
  }

  private func check(_ id: String, file: StaticString = #filePath, line: UInt = #line) async throws
  {
    let exercise = try IdiomsSheet.sheet.exercise(id)
    let program = ThisProgram.sibling("Sheet7").path
    let result = await ProcessChecker(command: [program]).check(exercise)
    if result.status == .unanswered {
      throw XCTSkip("\(id), \(exercise.title), is not answered yet.")
    }
    if !result.isSettled {
      XCTFail("\(id), \(exercise.title): \(result.explanation)", file: file, line: line)
    }
  }
}
