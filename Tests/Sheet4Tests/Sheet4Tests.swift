import Coursework
import SortingExercises
import XCTest

/// A test an exercise: `swift test --filter Sheet4` says what is right, what is wrong and why.
///
/// Each is asked in a process of its own, so that a trap or an endless loop fails one test alone.
final class Sheet4Tests: XCTestCase {
  func test_4_1_gatherTheLogProbabilities() async throws { try await check("4.1") }
  func test_4_2_theShift() async throws { try await check("4.2") }
  func test_4_3_theLossOfABatchWithPadding() async throws { try await check("4.3") }
  func test_4_4_splitsThatDoNotOverlap() async throws { try await check("4.4") }
  func test_4_5_brokenLoops() async throws { try await check("4.5") }
  func test_4_6_trainIt() async throws { try await check("4.6") }
  func test_4_7_whatTheHeadReads() async throws { try await check("4.7") }
  func test_4_8_itsTwoCircuits() async throws { try await check("4.8") }
  func test_4_9_learnedByHeartOrARule() async throws { try await check("4.9") }
  func test_4_10_theNextElement() async throws { try await check("4.10") }
  func test_4_11_whyOneLineShifts() async throws { try await check("4.11") }
  func test_4_12_howItSorts() async throws { try await check("4.12") }

  func testEveryExerciseHasATest() {
    XCTAssertEqual(SortingSheet.sheet.exercises.map(\.id), (1...12).map { "4.\($0)" })
  }

  private func check(_ id: String, file: StaticString = #filePath, line: UInt = #line) async throws
  {
    let exercise = try SortingSheet.sheet.exercise(id)
    let program = ThisProgram.sibling("Sheet4").path
    let result = await ProcessChecker(command: [program]).check(exercise)
    if result.status == .unanswered {
      throw XCTSkip("\(id), \(exercise.title), is not answered yet.")
    }
    if !result.isSettled {
      XCTFail("\(id), \(exercise.title): \(result.explanation)", file: file, line: line)
    }
  }
}
