import Coursework
import CircuitsExercises
import XCTest

/// A test an exercise: `swift test --filter Sheet9` says what is right, what is wrong and why.
///
/// Each is asked in a process of its own, so that a trap or an endless loop fails one test alone.
final class Sheet9Tests: XCTestCase {
  func test_9_1_makeASet() async throws { try await check("9.1") }
  func test_9_2_partsOfADifference() async throws { try await check("9.2") }
  func test_9_3_theMeanOfATemplate() async throws { try await check("9.3") }
  func test_9_4_untilAFifthIsLost() async throws { try await check("9.4") }
  func test_9_5_inTheCircuitOrInTheModel() async throws { try await check("9.5") }
  func test_9_6_aPathToTheLogits() async throws { try await check("9.6") }
  func test_9_7_whoTellsItWhereToLook() async throws { try await check("9.7") }
  func test_9_8_fromNodesToEdges() async throws { try await check("9.8") }
  func test_9_9_ACDC() async throws { try await check("9.9") }
  func test_9_10_theFastWay() async throws { try await check("9.10") }
  func test_9_11_whatAHeadWrites() async throws { try await check("9.11") }
  func test_9_12_sharedCircuits() async throws { try await check("9.12") }
  func test_9_13_byAccident() async throws { try await check("9.13") }

  func testEveryExerciseHasATest() {
    XCTAssertEqual(CircuitsSheet.sheet.exercises.map(\.id), (1...13).map { "9.\($0)" })
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
