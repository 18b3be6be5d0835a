import Coursework
import Foundation
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

  /// A picture that is of the translator whatever was asked for would be drawn.
  func testEveryFigureIsOfTheModelThatIsAskedFor() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).png")
    try FigureModel.$current.withValue(FigureModel(value: "/no/model", name: "none")) {
      for figure in GradientsSheet.figures {
        XCTAssertThrowsError(
          try figure.draw(Asking(GradientsAsks.self, of: Solution3.Answers()), file), figure.name
        ) {
          XCTAssertTrue("\($0)".contains("“/no/model” is not there"), "\(figure.name): \($0)")
        }
      }
    }
  }

  func testFiguresOfAnswersWaitForThem() throws {
    try proof.assertFiguresWait(GradientsSheet.answerFigures)
  }
}
