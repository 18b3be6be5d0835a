import Coursework
import Foundation
import Laboratory
import Tensors
import XCTest

@testable import Curriculum
@testable import Solution4

/// Sheet 4 as a whole.
final class SortingSheetTests: XCTestCase {
  func testCasesFollowFromTheSeed() throws {
    for exercise in SortingSheet.sheet.exercises {
      let cases = try exercise.questions(seed: 7)
      XCTAssertEqual(try exercise.questions(seed: 7), cases, exercise.id)
      guard case .coding = exercise.kind else { continue }
      XCTAssertNotEqual(try exercise.questions(seed: 8), cases, exercise.id)
      XCTAssertEqual(Set(cases.map(\.name)).count, cases.count, "names of \(exercise.id)'s cases")
      for aCase in cases {
        XCTAssertLessThan(aCase.question.count, 2_000_000, "\(exercise.id), \(aCase.name)")
      }
    }
  }

  func testOpenAnswersAreCollected() {
    for exercise in SortingSheet.sheet.exercises.suffix(2) {
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

  func testEveryFigureIsDrawnAndAlwaysTheSame() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
    for figure in SortingSheet.figures {
      let (file, again) = (folder.appending(path: figure.name), folder.appending(path: "again.png"))
      try figure.draw(Solution4.Answers(), file)
      try figure.draw(Solution4.Answers(), again)
      let bytes = try Data(contentsOf: file)
      XCTAssertEqual(Array(bytes.prefix(4)), [0x89, 0x50, 0x4E, 0x47], figure.name)
      XCTAssertEqual(try Data(contentsOf: again), bytes, figure.name)
    }
    for figure in SortingSheet.answerFigures {
      let file = folder.appending(path: "waits.png")
      XCTAssertThrowsError(try figure.draw(UntouchedSorting(), file), figure.name) {
        XCTAssertTrue($0 is Unanswered, "\(figure.name): \($0)")
      }
    }
  }
}
