import Coursework
import Foundation
import Grading
import XCTest

/// Submissions that look for the right answers where the course keeps them earn nothing.
///
/// Files outside, public answers by heart and forged verdicts are ``HostileTests``' affair.
final class OracleTests: XCTestCase {
  func testNoOracleIsInReach() async throws {
    for (sheet, oracles) in Dictionary(grouping: OracleFiles.all, by: \.sheet) {
      let room = try Classroom(temporaryFolder(), sheet: sheet)
      let template = try room.text(of: "Sheets")
      for oracle in oracles { try room.handIn(oracle.student, oracle.text(template: template)) }
      let summary = try await room.run()
      XCTAssertEqual(summary.faults, [])
      for oracle in oracles {
        let result = try room.result(oracle.student)
        let outcome = try XCTUnwrap(result.exercises.first { $0.id == oracle.exercise })
        let what = "\(oracle.student): \(result.message), \(outcome)"
        XCTAssertEqual(result.points, 0, what)
        XCTAssertNotEqual(outcome.status, .passed, what)
        XCTAssertFalse(outcome.publicPart?.detail?.contains("LEAK") == true, what)
      }
    }
  }

  /// The public cases come from a stream that can be run backwards, and nothing hangs on it: the
  /// attack on 5.5 finds theirs, and so would find a secret's.
  func testTheInvertedSeedIsThatOfThePublicCasesAlone() async throws {
    let oracle = try XCTUnwrap(OracleFiles.all.first { $0.student == "inverts-a-seed" })
    let room = try Classroom(temporaryFolder(), sheet: oracle.sheet)
    try room.handIn(oracle.student, oracle.text(template: try room.text(of: "Sheets")))
    _ = try await room.run()
    let outcome = try XCTUnwrap(
      room.result(oracle.student).exercises.first { $0.id == oracle.exercise })
    XCTAssertEqual(outcome.publicPart?.status, .passed, "\(outcome)")
    XCTAssertEqual(outcome.hiddenPart?.points, 0, "\(outcome)")
  }

  /// A build that is made for testing opens nothing either: what judges is not among the modules.
  func testABuildForTestingOpensNothing() async throws {
    let room = try Classroom(temporaryFolder())
    let oracle = OracleFiles.testable
    try room.handIn(oracle.student, oracle.text(template: try room.text(of: "Sheets")))
    _ = try await room.run()
    let result = try room.result(oracle.student)
    XCTAssertEqual(result.points, 0)
    XCTAssertTrue(
      result.compileMessages.contains { $0.text.contains("no such module") },
      "\(result.compileMessages)")
  }
}
