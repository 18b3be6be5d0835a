import Coursework
import ProbingExercises
import XCTest

/// A test an exercise: `swift test --filter Sheet2` says what is right, what is wrong and why.
///
/// Each is asked in a process of its own, so that a trap or an endless loop fails one test alone.
final class Sheet2Tests: XCTestCase {
  func test_2_1_extractAndPool() async throws { try await check("2.1") }
  func test_2_2_trainAProbe() async throws { try await check("2.2") }
  func test_2_3_theControlTask() async throws { try await check("2.3") }
  func test_2_4_randomWeights() async throws { try await check("2.4") }
  func test_2_5_howWideIsTheErrorBar() async throws { try await check("2.5") }
  func test_2_6_linearOrNot() async throws { try await check("2.6") }
  func test_2_7_whatEnglishDoesNotSay() async throws { try await check("2.7") }
  func test_2_8_push() async throws { try await check("2.8") }
  func test_2_9_aTreeInTheDistances() async throws { try await check("2.9") }
  func test_2_10_letTheModelAnswer() async throws { try await check("2.10") }
  func test_2_11_whichHeadsDoesItNeed() async throws { try await check("2.11") }
  func test_2_12_whatAProbeShows() async throws { try await check("2.12") }
  func test_2_13_layer8EncodesSyntax() async throws { try await check("2.13") }

  func testEveryExerciseHasATest() {
    XCTAssertEqual(ProbingSheet.sheet.exercises.map(\.id), (1...13).map { "2.\($0)" })
  }

  private func check(_ id: String, file: StaticString = #filePath, line: UInt = #line) async throws
  {
    let exercise = try ProbingSheet.sheet.exercise(id)
    let program = ThisProgram.sibling("Sheet2").path
    let result = await ProcessChecker(command: [program]).check(exercise)
    if result.status == .unanswered {
      throw XCTSkip("\(id), \(exercise.title), is not answered yet.")
    }
    if !result.isSettled {
      XCTFail("\(id), \(exercise.title): \(result.explanation)", file: file, line: line)
    }
  }
}
