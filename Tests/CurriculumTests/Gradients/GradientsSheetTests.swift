import Coursework
import XCTest

@testable import GradientsExercises
@testable import GradientsVocabulary
@testable import Solution3

/// Sheet 3 as a whole.
final class GradientsSheetTests: XCTestCase {
  private let proof = SheetProof(
    sheet: GradientsSheet.sheet, untouched: UntouchedGradients(), solution: Solution3.Answers())

  func testStubsEarnNothingAndTheSolutionEverything() {
    let faults = GradientsSheet.sheet.faults(
      untouched: UntouchedGradients(), solution: Solution3.Answers())
    XCTAssertEqual(faults, [])
  }

  func testFortyPointsAreCheckedAndFourMarkedByHand() {
    XCTAssertEqual(GradientsSheet.sheet.exercises.reduce(0) { $0 + $1.points }, 44)
    XCTAssertEqual(GradientsSheet.sheet.openPoints, 4)
  }

  func testCasesFollowFromTheSeedAndAreSmall() throws {
    try proof.assertCasesFollowFromTheSeed()
  }

  func testEveryFigureIsTheExpectedOne() throws {
    try proof.assertFiguresAreTheExpectedOnes()
  }

  func testTheIndexTableIsTheSheets() throws { try proof.assertTheIndexTableIsTheSheets() }

  func testFiguresOfAnswersWaitForThem() throws {
    try proof.assertFiguresWait(GradientsSheet.answerFigures)
  }
}
