import Coursework
import Foundation
import Grading
import XCTest

final class HostileTests: XCTestCase {
  override func setUpWithError() throws { try requireBubblewrap() }

  private func assertEveryAttackFails(_ file: HostileFile) async throws {
    let outcome = try await HostileBatch.shared.outcome()
    let result = try XCTUnwrap(outcome.results[file.student], file.student)
    XCTAssertEqual(result.status, .graded, result.message)
    XCTAssertEqual(result.sandbox, .bubblewrap)
    for attack in file.attacks {
      let exercise = try XCTUnwrap(result.exercises.first { $0.id == attack.exercise })
      let what = "\(attack.name): \(exercise)"
      XCTAssertLessThanOrEqual(exercise.points, attack.points, what)
      XCTAssertTrue(attack.statuses.contains(exercise.status), what)
      XCTAssertTrue(attack.says.isEmpty || exercise.message.contains(attack.says), what)
    }
    // What was not touched is not touched by what was.
    let touched = Set(file.attacks.map(\.exercise))
    for exercise in result.exercises where !touched.contains(exercise.id) {
      XCTAssertEqual(exercise.status, .unanswered, "\(exercise)")
    }
  }

  func testEarlyEndsAndForgeriesEarnNothing() async throws {
    try await assertEveryAttackFails(HostileFiles.endings)
  }

  func testValuesThatAreNoAnswersEarnNothing() async throws {
    try await assertEveryAttackFails(HostileFiles.values)
  }

  func testGuessesEarnNothingAndPublicAnswersByHeartNeither() async throws {
    try await assertEveryAttackFails(HostileFiles.guesses)
  }

  func testGreedIsStoppedByLimits() async throws {
    try await assertEveryAttackFails(HostileFiles.greed)
    let outcome = try await HostileBatch.shared.outcome()
    let disk = try XCTUnwrap(outcome.results["greed"]?.exercises.first { $0.id == "1.7" })
    XCTAssertFalse(disk.publicPart?.detail?.contains("LEAK") == true, "\(disk)")
  }

  func testNothingSecretIsSeenAndNothingIsReached() async throws {
    try await assertEveryAttackFails(SpyingFile(secrets: [], port: 0).file)
    let outcome = try await HostileBatch.shared.outcome()
    let result = try XCTUnwrap(outcome.results["spy"])
    for exercise in result.exercises.prefix(8) {
      let detail = try XCTUnwrap(exercise.publicPart?.detail, exercise.id)
      XCTAssertTrue(detail.contains("SAFE"), "\(exercise.id): \(detail)")
      XCTAssertFalse(detail.contains("LEAK"), "\(exercise.id): \(detail)")
      // What code says of a hidden case could repeat its question.
      XCTAssertNil(exercise.hiddenPart?.detail)
      XCTAssertFalse(exercise.message.contains("SAFE"), exercise.message)
    }
    XCTAssertFalse(outcome.wasReached)
  }

  func testNeighboursGetTheirGrades() async throws {
    let outcome = try await HostileBatch.shared.outcome()
    XCTAssertEqual(outcome.summary.faults, [])
    XCTAssertEqual(outcome.summary.graded, 7)
    for name in ["a-neighbour", "z-neighbour"] {
      let result = try XCTUnwrap(outcome.results[name])
      for exercise in result.exercises where !exercise.isOpen {
        XCTAssertEqual(exercise.points, Double(exercise.maxPoints), "\(name): \(exercise)")
      }
    }
  }

  func testNothingIsLeftBehind() async throws {
    let outcome = try await HostileBatch.shared.outcome()
    XCTAssertEqual(outcome.traces, [])
  }

  func testTheBatchTakesNoLongerThanItsLimitsAllow() async throws {
    let outcome = try await HostileBatch.shared.outcome()
    // Each of at most 12 exercises of 7 submissions may take 2 s for either part, and be started
    // anew for each of at most 10 cases; a compilation may take 60 s. What is seen is far less.
    let attacks = HostileFiles.greed.attacks.count
    XCTAssertLessThan(outcome.seconds, Double(attacks) * 2 * 2 + 7 * 60)
    for (student, result) in outcome.results {
      for exercise in result.exercises {
        XCTAssertLessThan(exercise.seconds, 20, "\(student): \(exercise)")
      }
    }
  }

  /// Everything above once more as a user without rights, when it ran as root.
  func testTheSameHoldsForAPlainUser() async throws {
    try XCTSkipUnless(getuid() == 0, "these tests run as a plain user already")
    let user = ["--reuid", "65534", "--regid", "65534", "--clear-groups"]
    let folder = try temporaryFolder()
    chmod(folder.path, 0o777)
    let program = ThisProgram.url.path
    let check = await CommandRun(
      command: ["setpriv"] + user + ["test", "-r", program, "-a", "-x", program],
      environment: ["PATH": "/usr/bin:/bin"], limits: ProcessLimits(seconds: 10),
      isSupervised: false
    ).run()
    try XCTSkipUnless(
      check.isSuccess, "the package's build cannot be read by a user without rights")
    let outcome = await CommandRun(
      command: ["setpriv"] + user + [program, "GradingTests.HostileTests"],
      environment: [
        "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
        "HOME": folder.path, "TMPDIR": folder.path, "USER": "nobody",
      ],
      limits: ProcessLimits(seconds: 600, printedBytes: 10_000_000), isSupervised: false
    ).run()
    let said = String(decoding: outcome.output, as: UTF8.self)
    XCTAssertTrue(outcome.isSuccess, said)
    XCTAssertTrue(said.contains("with 1 test skipped and 0 failures"), said)
    XCTAssertTrue(said.contains("Executed 9 tests"), said)
  }
}
