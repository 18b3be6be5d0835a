import Coursework
import Foundation
import Grading
import XCTest

final class WholePathTests: XCTestCase {
  func testTemplateEarnsNothingAndSolutionEverything() async throws {
    let room = try Classroom(temporaryFolder())
    try room.handIn("solution", room.text(of: "Solutions"))
    try room.handIn("template", room.text(of: "Sheets"), as: "Sheets/1-Attention/Answers.swift")
    let summary = try await room.run()
    XCTAssertEqual(summary.faults, [])
    XCTAssertEqual(summary.graded, 2)

    let solution = try room.result("solution")
    XCTAssertEqual(solution.status, .graded, solution.message)
    for exercise in solution.exercises {
      XCTAssertEqual(exercise.status, exercise.isOpen ? .collected : .passed, exercise.message)
      XCTAssertEqual(
        exercise.points, exercise.isOpen ? 0 : Double(exercise.maxPoints), exercise.id)
    }
    let template = try room.result("template")
    XCTAssertEqual(template.points, 0)
    XCTAssertEqual(Set(template.exercises.map(\.status)), [.unanswered])
  }
}
