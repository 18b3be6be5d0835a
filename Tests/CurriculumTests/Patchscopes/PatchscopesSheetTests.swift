import Coursework
import XCTest

@testable import PatchscopesExercises
@testable import PatchscopesVocabulary
@testable import Solution6

/// Sheet 6 as a whole.
final class PatchscopesSheetTests: XCTestCase {
  private let proof = SheetProof(
    sheet: PatchscopesSheet.sheet, untouched: UntouchedPatchscopes(),
    solution: Solution6.Answers())

  func testStubsEarnNothingAndTheSolutionEverything() {
    let faults = PatchscopesSheet.sheet.faults(
      untouched: UntouchedPatchscopes(), solution: Solution6.Answers())
    XCTAssertEqual(faults, [])
  }

  func testTheSheetHasFortyEightPoints() {
    XCTAssertEqual(PatchscopesSheet.sheet.exercises.map(\.points), Array(repeating: 4, count: 12))
  }

  func testCasesFollowFromTheSeed() throws {
    try proof.assertCasesFollowFromTheSeed()
  }

  func testEveryFigureIsTheExpectedOne() throws {
    try proof.assertFiguresAreTheExpectedOnes()
  }

  func testTheIndexTableIsTheSheets() throws { try proof.assertTheIndexTableIsTheSheets() }

  func testFiguresOfAnswersWaitForThem() throws {
    try proof.assertFiguresWait(PatchscopesSheet.figures)
  }
}
