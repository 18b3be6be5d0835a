import Coursework
import XCTest

@testable import IdiomsExercises
@testable import IdiomsVocabulary
@testable import Solution7

/// Sheet 7 as a whole.
final class IdiomsSheetTests: XCTestCase {
  private let proof = SheetProof(
    sheet: IdiomsSheet.sheet, untouched: UntouchedIdioms(), solution: Solution7.Answers())

  func testStubsEarnNothingAndTheSolutionEverything() {
    let faults = IdiomsSheet.sheet.faults(
      untouched: UntouchedIdioms(), solution: Solution7.Answers())
    XCTAssertEqual(faults, [])
  }

  func testCasesFollowFromTheSeed() throws {
    try proof.assertCasesFollowFromTheSeed()
  }

  func testEveryFigureIsTheExpectedOne() throws {
    try proof.assertFiguresAreTheExpectedOnes()
  }

  func testTheIndexTableIsTheSheets() throws { try proof.assertTheIndexTableIsTheSheets() }

  func testFiguresOfAnswersWaitForThem() throws {
    try proof.assertFiguresWait(IdiomsSheet.figures)
  }
}
