import Coursework
import XCTest

@testable import LensesExercises
@testable import LensesVocabulary
@testable import Solution5

/// Sheet 5 as a whole.
final class LensSheetTests: XCTestCase {
  private let proof = SheetProof(
    sheet: LensSheet.sheet, untouched: UntouchedLenses(), solution: Solution5.Answers())

  func testStubsEarnNothingAndTheSolutionEverything() {
    let faults = LensSheet.sheet.faults(
      untouched: UntouchedLenses(), solution: Solution5.Answers())
    XCTAssertEqual(faults, [])
  }

  func testCasesFollowFromTheSeed() throws {
    try proof.assertCasesFollowFromTheSeed()
  }

  func testEveryFigureIsTheExpectedOne() throws {
    try proof.assertFiguresAreTheExpectedOnes()
  }

  func testFiguresOfAnswersWaitForThem() throws {
    try proof.assertFiguresWait(LensSheet.answerFigures)
  }
}
