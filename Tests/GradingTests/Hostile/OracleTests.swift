import Coursework
import Foundation
import XCTest

@testable import Grading

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
        if oracle.prelude.contains("import ") {
          XCTAssertTrue(
            result.compileMessages.contains { $0.text.contains("no such module") }, what)
        }
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

  /// Attributes that open what a module keeps to itself are refused, whatever the build: this one is
  /// made for testing, and without the refusal the first two answers are right.
  func testABuildForTestingOpensNothing() async throws {
    let room = try Classroom(temporaryFolder(), sheet: 4)
    let template = try room.text(of: "Sheets")
    for oracle in OracleFiles.testable {
      try room.handIn(oracle.student, oracle.text(template: template))
    }
    _ = try await room.run()
    for oracle in OracleFiles.testable {
      let result = try room.result(oracle.student)
      XCTAssertEqual(result.points, 0, oracle.student)
      XCTAssertTrue(
        result.compileMessages.contains { $0.text.contains("opens what is not an answer's") },
        "\(oracle.student): \(result.compileMessages)")
    }
  }

  /// What submissions are linked with holds no judge, no method, no generator and nothing that draws.
  func testTheLibraryHoldsVocabulariesAlone() async throws {
    let checkout = try XCTUnwrap(PackageCheckout(of: ThisProgram.url))
    let workshop = try await Workshop(
      of: checkout, confine: ThisProgram.sibling("confine"), required: nil, atMost: .limits)
    defer { workshop.remove() }
    let library = try Data(contentsOf: workshop.course.appending(path: "libCourse.so"))
    let grader = try Data(contentsOf: ThisProgram.sibling("headlight"))
    func holds(_ data: Data, _ symbol: String) -> Bool {
      data.range(of: Data(symbol.utf8)) != nil
    }
    for symbol in [
      OracleFiles.verdictSymbol, OracleFiles.casesSymbol, "$s10Coursework", "$s10Curriculum",
      "$s16Interpretability", "$s10Laboratory", "$s7Figures", "$s10SheetTools",
      "$s16SortingExercises",
    ] {
      XCTAssertTrue(holds(grader, symbol), "\(symbol) is no symbol, so nothing would be proved")
      XCTAssertFalse(holds(library, symbol), symbol)
    }
    XCTAssertTrue(holds(library, "$s17SortingVocabulary"))
  }
}
