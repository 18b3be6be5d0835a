import Coursework
import Foundation
import Grading
import XCTest

final class SubmissionResultTests: XCTestCase {
  /// A result that uses every part of its kind.
  private let full = SubmissionResult(
    student: "Ada", sheet: 1, status: .graded, message: "2.5 of 8 points", points: 2, maxPoints: 8,
    sandbox: .bubblewrap, seed: "0123456789ab",
    exercises: [
      ExerciseOutcome(
        id: "1.1", title: "Rows", points: 2.5, maxPoints: 4, status: .partial, message: "half",
        publicPart: PartOutcome(
          points: 4, status: .passed, message: "right", rightCases: 2, caseCount: 2),
        hiddenPart: PartOutcome(
          points: 2.5, status: .partial, message: "half", rightCases: 1, caseCount: 2),
        seconds: 0.5),
      ExerciseOutcome(
        id: "1.2", title: "In words", points: 0, maxPoints: 4, status: .collected,
        message: "collected", isOpen: true, text: "because\nso"),
    ],
    figures: [FigureOutcome(name: "1-a.png", caption: "a", missing: "not answered yet")],
    durations: Durations(collect: 0.1, compile: 2, run: 1.5, verify: 0.25), notes: ["a note"],
    compileMessages: [
      CompileMessage(severity: .warning, line: 3, column: 7, text: "unused", source: "let a = 1")
    ],
    lateness: Lateness(
      deadline: Date(timeIntervalSince1970: 1_000), submittedAt: Date(timeIntervalSince1970: 5_000),
      deduction: 0.2, message: "one hour late"),
    submission: "ab", grader: "1", gradedAt: Date(timeIntervalSince1970: 10_000))

  func testIsReadAsItWasWritten() throws {
    XCTAssertEqual(try SubmissionResult(decoding: full.encoded()), full)
    XCTAssertEqual(full.earnedPoints, 2.5)
    XCTAssertEqual(full.durations.total, 3.85, accuracy: 1e-12)
  }

  func testFieldsHaveTheirPromisedNames() throws {
    let object = try XCTUnwrap(
      JSONSerialization.jsonObject(with: full.encoded()) as? [String: Any])
    for name in ["student", "sheet", "points", "maxPoints", "sandbox", "seed", "exercises"] {
      XCTAssertNotNil(object[name], name)
    }
    let exercise = try XCTUnwrap((object["exercises"] as? [[String: Any]])?.first)
    for name in ["id", "points", "maxPoints", "status", "message", "seconds"] {
      XCTAssertNotNil(exercise[name], name)
    }
    XCTAssertEqual(object["sandbox"] as? String, "bubblewrap")
  }

  func testHalfAFileIsNoResult() throws {
    let data = try full.encoded()
    XCTAssertThrowsError(try SubmissionResult(decoding: data.prefix(data.count / 2)))
  }

  func testSandboxLevelsAreOrdered() {
    XCTAssertEqual(SandboxLevel.allCases.sorted(), [.limits, .unshare, .landlock, .bubblewrap])
    XCTAssertLessThan(SandboxLevel.landlock, .bubblewrap)
  }
}
