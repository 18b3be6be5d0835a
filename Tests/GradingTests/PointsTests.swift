import AttentionExercises
import Curriculum
import XCTest

@testable import Coursework
@testable import Grading

/// What the public and the hidden cases come to.
final class PointsTests: XCTestCase {
  /// 4 points; a 1 is a case that is right, a 0 one that is wrong.
  private func outcome(open: [Int], hidden: [Int]) throws -> ExerciseOutcome {
    let exercise = try XCTUnwrap(AttentionSheet.sheet.exercises.first { $0.points == 4 })
    let results = [open, hidden].map { cases in
      ExerciseResult(
        exercise,
        cases: cases.enumerated().map {
          CaseResult(name: "case \($0)", verdict: $1 == 1 ? .passed() : .failed("wrong"))
        }, seconds: 0)
    }
    return ExerciseOutcome(
      exercise,
      PartsCheck(results: results, runSeconds: 0, verifySeconds: 0, machineFault: nil))
  }

  func testAPublicCaseThatFailsCostsPoints() throws {
    let spoilt = try outcome(open: [1, 0, 1, 1], hidden: [1, 1, 1, 1])
    XCTAssertEqual(spoilt.points, 3)
    XCTAssertEqual(spoilt.status, .partial)
    XCTAssertEqual(
      spoilt.message,
      "all hidden cases are right; public cases: case 1: wrong (3 of 4 cases right)")
    let lucky = try outcome(open: [0, 0], hidden: [1, 1])
    XCTAssertEqual(lucky.points, 0)
    XCTAssertEqual(lucky.status, .failed)
  }

  func testHiddenCasesGiveThePointsOtherwise() throws {
    let learnt = try outcome(open: [1, 1], hidden: [0, 0])
    XCTAssertEqual(learnt.points, 0)
    XCTAssertEqual(learnt.status, .failed)
    let right = try outcome(open: [1, 1], hidden: [1, 1])
    XCTAssertEqual(right.points, 4)
    XCTAssertEqual(right.status, .passed)
  }
}
