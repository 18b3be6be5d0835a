import Coursework
import Foundation
import XCTest

@testable import LensesExercises
@testable import LensesVocabulary
@testable import Solution5

/// Sheet 5 as a whole.
final class LensSheetTests: XCTestCase {
  private let proof = SheetProof(
    sheet: LensSheet.sheet, untouched: UntouchedLenses(), solution: Solution5.Answers())

  private static let package = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

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

  func testTheIndexTableIsTheSheets() throws { try proof.assertTheIndexTableIsTheSheets() }

  /// The text's table says what the exercises say.
  func testTheIndexIsTheSheets() throws {
    let text = try String(
      contentsOf: Self.package.appending(path: "Sheets/5-Lenses/README.md"), encoding: .utf8)
    for exercise in LensSheet.sheet.exercises {
      let row =
        "| \(exercise.id) | \(exercise.title) | \(exercise.points) | \(exercise.difficulty) "
        + "| \(exercise.importance) | \(exercise.minutes) |"
      XCTAssertTrue(text.contains(row), row)
      XCTAssertTrue(
        text.contains("## \(exercise.id) \(exercise.title) — \(exercise.points) points"),
        exercise.id)
    }
    for figure in LensSheet.figures {
      XCTAssertTrue(text.contains("Solutions/5-Lenses/Figures/\(figure.name)"), figure.name)
    }
  }

  func testFiguresOfAnswersWaitForThem() throws {
    try proof.assertFiguresWait(LensSheet.figures)
  }
}
