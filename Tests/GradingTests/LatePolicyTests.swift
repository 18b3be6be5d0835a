import Foundation
import Grading
import XCTest

final class LatePolicyTests: XCTestCase {
  private func policy(_ text: String) throws -> LatePolicy {
    let file = try temporaryFolder().appending(path: "late.json")
    try Data(text.utf8).write(to: file)
    return try LatePolicy(file: file)
  }

  private let full = """
    {
      "deadline": "2026-11-20T23:59:00+01:00", "graceMinutes": 10, "deductionPerDay": 0.1,
      "largestDeduction": 0.25, "extensions": { "ada": "2026-11-27T23:59:00+01:00" },
      "submitted": { "grace": "2026-11-21T00:30:00+01:00" }
    }
    """

  private func hours(_ hours: Double) -> Date {
    // 2026-11-20T22:59:00Z
    Date(timeIntervalSince1970: 1_795_215_540 + hours * 3_600)
  }

  func testEveryDayBegunTakesItsShareUpToTheLargest() throws {
    let policy = try policy(full)
    for (late, deduction, message) in [
      (-5, 0, "handed in on time"), (0.1, 0, "handed in on time"),
      (0.5, 0.1, "handed in 1 day late: 10 % less"),
      (24.5, 0.2, "handed in 2 days late: 20 % less"),
      (100, 0.25, "handed in 5 days late: 25 % less"),
    ] {
      let lateness = try XCTUnwrap(policy.lateness(of: "bob", changedAt: hours(late)))
      XCTAssertEqual(lateness.deduction, deduction, accuracy: 1e-12)
      XCTAssertEqual(lateness.message, message)
    }
  }

  func testExtensionsAndKnownTimesComeFirst() throws {
    let policy = try policy(full)
    XCTAssertEqual(policy.lateness(of: "ada", changedAt: hours(100))?.deduction, 0)
    XCTAssertEqual(policy.lateness(of: "grace", changedAt: hours(-9))?.deduction, 0.1)
    XCTAssertNil(policy.lateness(of: "bob", changedAt: nil))
  }

  func testWhatIsNoPolicyIsOneSentence() throws {
    for (text, found) in [
      ("{}", "no \"deadline\""), ("deadline", "what is no JSON object"),
      ("{\"deadline\": \"tomorrow\"}", ""),
      (
        "{\"deadline\": \"2026-11-20T23:59:00Z\", \"graceMinutes\": \"ten\"}",
        "something else at graceMinutes"
      ),
    ] {
      XCTAssertThrowsError(try policy(text)) {
        XCTAssertTrue("\($0)".contains("and found " + found), "\($0)")
      }
    }
    XCTAssertThrowsError(
      try policy("{\"deadline\": \"2026-11-20T23:59:00Z\", \"deductionPerDay\": 10}")
    ) { XCTAssertTrue("\($0)".contains("is a share from 0 to 1"), "\($0)") }
    XCTAssertThrowsError(try LatePolicy(file: URL(filePath: "/no/such/file"))) {
      XCTAssertEqual("\($0)", "the late policy /no/such/file cannot be read")
    }
  }

  func testARunKeepsWhoHandedInNothing() async throws {
    let room = try Classroom(temporaryFolder())
    try room.handIn("ada", "let x: Int = \"\"")
    let policy = try policy(
      "{\"deadline\": \"2020-01-01T00:00:00Z\", \"students\": [\"ada\", \"joan\"]}")
    let first = try await room.run { $0.policy = policy }
    XCTAssertEqual(first.absent, ["joan"])
    XCTAssertEqual(room.grades.absent(), ["joan"])
    // Some students alone say nothing of the others.
    let part = try await room.run { ($0.policy, $0.only) = (nil, ["ada"]) }
    XCTAssertEqual(part.absent, [])
    XCTAssertEqual(room.grades.absent(), ["joan"])
    try room.handIn("joan", "let x: Int = \"\"")
    _ = try await room.run { $0.policy = policy }
    XCTAssertEqual(room.grades.absent(), [])
  }

  func testAPolicyIsAppliedWithoutGradingAgain() async throws {
    let room = try Classroom(temporaryFolder())
    try room.handIn("ada", "let x: Int = \"\"")
    _ = try await room.run()
    XCTAssertNil(try room.result("ada").lateness)
    let policy = try policy(
      "{\"deadline\": \"2020-01-01T00:00:00Z\", \"deductionPerDay\": 0.5}")
    let summary = try await room.run { $0.policy = policy }
    XCTAssertEqual(summary.graded, 0)
    XCTAssertEqual(try room.result("ada").lateness?.deduction, 1)
  }
}
