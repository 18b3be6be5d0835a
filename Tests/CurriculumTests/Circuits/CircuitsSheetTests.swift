import Coursework
import XCTest

@testable import CircuitsExercises
@testable import CircuitsVocabulary
@testable import Solution9

/// Sheet 9 as a whole.
final class CircuitsSheetTests: XCTestCase {
  private let proof = SheetProof(
    sheet: CircuitsSheet.sheet, untouched: UntouchedCircuits(), solution: Solution9.Answers())

  func testStubsEarnNothingAndTheSolutionEverything() {
    let faults = CircuitsSheet.sheet.faults(
      untouched: UntouchedCircuits(), solution: Solution9.Answers())
    XCTAssertEqual(faults, [])
  }

  func testCasesFollowFromTheSeed() throws {
    try proof.assertCasesFollowFromTheSeed()
  }

  func testTheSheetIsWorth52Points() {
    XCTAssertEqual(CircuitsSheet.sheet.exercises.map(\.points).reduce(0, +), 52)
  }

  func testEveryFigureIsTheExpectedOne() throws {
    try proof.assertFiguresAreTheExpectedOnes()
  }

  func testTheIndexTableIsTheSheets() throws { try proof.assertTheIndexTableIsTheSheets() }

  func testFiguresOfAnswersWaitForThem() throws {
    try proof.assertFiguresWait(CircuitsSheet.figures)
  }
}
