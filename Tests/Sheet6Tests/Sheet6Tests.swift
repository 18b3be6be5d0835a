import Coursework
import PatchscopesExercises
import XCTest

/// A test an exercise: `swift test --filter Sheet6` says what is right, what is wrong and why.
///
/// Each is asked in a process of its own, so that a trap or an endless loop fails one test alone.
final class Sheet6Tests: XCTestCase {
  func test_6_1_patchOneActivation() async throws { try await check("6.1") }
  func test_6_2_causalTracing() async throws { try await check("6.2") }
  func test_6_3_windows() async throws { try await check("6.3") }
  func test_6_4_attentionKnockout() async throws { try await check("6.4") }
  func test_6_5_generalPatchscope() async throws { try await check("6.5") }
  func test_6_6_linearRelations() async throws { try await check("6.6") }
  func test_6_7_featureExtraction() async throws { try await check("6.7") }
  func test_6_8_describeTheEntity() async throws { try await check("6.8") }
  func test_6_9_acrossModels() async throws { try await check("6.9") }
  func test_6_10_twoHops() async throws { try await check("6.10") }
  func test_6_11_softPrompts() async throws { try await check("6.11") }
  func test_6_12_whatAPatchCanInvent() async throws { try await check("6.12") }

  func testEveryExerciseHasATest() {
    XCTAssertEqual(PatchscopesSheet.sheet.exercises.map(\.id), (1...12).map { "6.\($0)" })
  }

  private func check(_ id: String, file: StaticString = #filePath, line: UInt = #line) async throws
  {
    let exercise = try PatchscopesSheet.sheet.exercise(id)
    let program = ThisProgram.sibling("Sheet6").path
    let result = await ProcessChecker(command: [program]).check(exercise)
    if result.status == .unanswered {
      throw XCTSkip("\(id), \(exercise.title), is not answered yet.")
    }
    if !result.isSettled {
      XCTFail("\(id), \(exercise.title): \(result.explanation)", file: file, line: line)
    }
  }
}
