import Coursework
import XCTest

@testable import ProbingExercises
@testable import ProbingVocabulary
@testable import Solution2

/// Sheet 2 as a whole.
final class ProbingSheetTests: XCTestCase {
  private let proof = SheetProof(
    sheet: ProbingSheet.sheet, untouched: UntouchedProbing(), solution: Solution2.Answers())

  func testStubsEarnNothingAndTheSolutionEverything() {
    let faults = ProbingSheet.sheet.faults(
      untouched: UntouchedProbing(), solution: Solution2.Answers())
    XCTAssertEqual(faults, [])
  }

  func testTheIndexTableIsTheSheets() throws {
    try proof.assertTheIndexTableIsTheSheets()
  }

  func testCasesFollowFromTheSeed() throws {
    try proof.assertCasesFollowFromTheSeed()
  }

  func testEveryFigureIsTheExpectedOne() throws {
    try proof.assertFiguresAreTheExpectedOnes(ofTraining: ["12-prompt.png", "13-heads.png"])
  }

  func testFiguresOfAnswersWaitForThem() throws {
    try proof.assertFiguresWait(ProbingSheet.answerFigures)
  }
}
