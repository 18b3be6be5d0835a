import Coursework
import XCTest

@testable import AttentionExercises
@testable import AttentionVocabulary
@testable import Solution1

/// Sheet 1 as a whole.
final class AttentionSheetTests: XCTestCase {
  private let proof = SheetProof(
    sheet: AttentionSheet.sheet, untouched: UntouchedAnswers(), solution: Solution1.Answers())

  func testStubsEarnNothingAndTheSolutionEverything() {
    let faults = AttentionSheet.sheet.faults(
      untouched: UntouchedAnswers(), solution: Solution1.Answers())
    XCTAssertEqual(faults, [])
  }

  func testPoints() {
    XCTAssertEqual(AttentionSheet.sheet.points, 48)
    XCTAssertEqual(AttentionSheet.sheet.openPoints, 7)
  }

  func testCasesFollowFromTheSeed() throws {
    try proof.assertCasesFollowFromTheSeed()
  }
}
