import Coursework
import XCTest

@testable import Curriculum
@testable import Solution1

/// Sheet 1 as a whole.
final class AttentionSheetTests: XCTestCase {
  func testStubsEarnNothingAndTheSolutionEverything() {
    let faults = AttentionSheet.sheet.faults(
      untouched: UntouchedAnswers(), solution: Solution1.Answers())
    XCTAssertEqual(faults, [])
  }

  func testPoints() {
    XCTAssertEqual(AttentionSheet.sheet.points, 41)
    XCTAssertEqual(AttentionSheet.sheet.openPoints, 4)
  }

  func testCasesFollowFromTheSeed() throws {
    for exercise in AttentionSheet.sheet.exercises {
      let cases = try exercise.questions(seed: 7)
      XCTAssertEqual(try exercise.questions(seed: 7), cases, exercise.id)
      guard case .coding = exercise.kind else { continue }
      XCTAssertNotEqual(try exercise.questions(seed: 8), cases, exercise.id)
      XCTAssertEqual(Set(cases.map(\.name)).count, cases.count, "names of \(exercise.id)'s cases")
    }
  }
}
