import Coursework
import XCTest

@testable import SortingExercises
@testable import Solution4

/// Exercise 4.13: what is rejected, what is accepted.
final class DoubledTests: XCTestCase {
  private let exercise = SortingSheet.doubled

  func testWrongAnswersHaveTheirSentenceAndRightOnesPass() {
    let wrong = [
      Misconception(of: exercise, "adds two", says: "the list") { (numbers: [Int]) in
        numbers.map { $0 + 2 }
      }
    ]
    let right = [
      Variant(of: exercise, "adds it to itself") { (numbers: [Int]) in numbers.map { $0 + $0 } }
    ]
    XCTAssertEqual(wrong.faults() + right.faults(), [])
    for seed in proofSeeds {
      let solved = Checker.check(exercise, Solution4.Answers(), seed: seed)
      XCTAssertEqual(solved.points, Double(exercise.points), solved.explanation)
    }
  }
}
