import Coursework
import Foundation
import Tensors
import Transformers
import XCTest

@testable import SortingExercises
@testable import SortingVocabulary
@testable import Solution4

/// Proofs that every exercise of Sheet 4 has: what is rejected with which sentence, what is
/// accepted, and what is never worth full marks.
enum SortingProof {
  /// Each wrong answer is rejected with its own sentence, each right one accepted.
  static func check(
    _ exercise: Exercise, rejects wrong: [Misconception], accepts right: [Variant],
    file: StaticString = #filePath, line: UInt = #line
  ) {
    XCTAssertGreaterThanOrEqual(wrong.count, 5, file: file, line: line)
    XCTAssertGreaterThanOrEqual(right.count, 2, file: file, line: line)
    XCTAssertEqual(Set(wrong.map(\.says)).count, wrong.count, "sentences", file: file, line: line)
    XCTAssertEqual(
      wrong.faults() + right.faults(), [], file: file, line: line)
    let untouched = Checker.check(exercise, UntouchedSorting())
    XCTAssertEqual(untouched.status, .unanswered, file: file, line: line)
    XCTAssertEqual(untouched.points, 0, file: file, line: line)
    for seed in proofSeeds {
      let solved = Checker.check(exercise, Solution4.Answers(), seed: seed)
      XCTAssertEqual(
        solved.points, Double(exercise.points), solved.explanation, file: file, line: line)
    }
  }

  /// No nonsense traps or earns full marks.
  static func checkNonsense<Answer: Encodable>(
    _ exercise: Exercise, _ nonsense: [Answer],
    file: StaticString = #filePath, line: UInt = #line
  ) throws {
    for answer in nonsense {
      for (name, verdict) in try exercise.verdicts(on: answer) {
        XCTAssertLessThan(verdict.fraction, 1, "\(name): \(answer)", file: file, line: line)
      }
    }
  }

  /// Tensors that are no answer to anything.
  static let tensors: [Tensor] = [
    Tensor([]), .zeros([0, 0]), Tensor(scalar: .nan), .zeros([2, 5]), .zeros([1, 1]),
    Tensor(repeating: .nan, shape: [2, 5]), Tensor(repeating: 1e38, shape: [3, 4]),
    Tensor(repeating: -.infinity, shape: [9, 9]), .zeros([9, 9]), .zeros([7, 7]), .zeros([66, 66]),
    .zeros([2, 5, 3]),
  ]
}
