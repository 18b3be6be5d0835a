import Coursework
import Laboratory
import Tensors
import Transformers
import XCTest

@testable import SortingExercises
@testable import SortingVocabulary
@testable import Solution4

/// Sheet 4 as a whole.
final class SortingSheetTests: XCTestCase {
  private let proof = SheetProof(
    sheet: SortingSheet.sheet, untouched: UntouchedSorting(), solution: Solution4.Answers())

  func testCasesFollowFromTheSeed() throws {
    try proof.assertCasesFollowFromTheSeed()
  }

  func testOpenAnswersAreCollected() {
    for exercise in SortingSheet.sheet.exercises.filter(\.isOpen) {
      XCTAssertEqual(Checker.check(exercise, UntouchedSorting()).status, .unanswered)
      XCTAssertEqual(Checker.check(exercise, Solution4.Answers()).status, .collected)
    }
  }

  /// The naive forward pass is what exercises are judged by; here it is held against the model.
  func testTheNaiveSorterIsTheModel() throws {
    let sorter = try LiveTraining.result.get().sorter
    var generator = SeededGenerator(seed: 2)
    let lists = sorter.lists.draw(.test, count: 40, using: &generator)
    let naive = NaiveSorter(sorter)
    XCTAssertEqual(lists.map { naive.written(sorting: $0) }, try sorter.predictions(of: lists))
    let untrained = SorterTrainer().sorter
    let other = NaiveSorter(untrained)
    XCTAssertEqual(lists.map { other.written(sorting: $0) }, try untrained.predictions(of: lists))
  }

  /// What the sheet's text says of the sorter that it trains.
  func testTheLiveTrainingSortsListsItHasNotMet() throws {
    let training = try LiveTraining.result.get()
    var generator = SeededGenerator(seed: 99)
    let test = training.sorter.lists.draw(.test, count: 2_000, using: &generator)
    XCTAssertGreaterThanOrEqual(try training.sorter.accuracy(on: test), 0.998)
    XCTAssertGreaterThan(try XCTUnwrap(training.checkpoints.last).accuracy, 0.99)
    XCTAssertLessThan(training.checkpoints[0].accuracy, 0.01)
  }

  func testEveryFigureIsTheExpectedOne() throws {
    try proof.assertFiguresAreTheExpectedOnes(
      ofTraining: Set(SortingSheet.sheet.figures.map(\.name)))
  }

  func testTheIndexTableIsTheSheets() throws { try proof.assertTheIndexTableIsTheSheets() }

  func testFiguresOfAnswersWaitForThem() throws {
    try proof.assertFiguresWait(SortingSheet.answerFigures)
  }
}
