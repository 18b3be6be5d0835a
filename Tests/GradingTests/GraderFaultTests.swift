import Answering
import Foundation
import XCTest

@testable import Coursework
@testable import Grading

/// What is never a student's mistake, and what always is.
final class GraderFaultTests: XCTestCase {
  private func file(_ student: String, _ attacks: [Attack]) -> HostileFile {
    HostileFile(student: student, attacks: attacks)
  }

  /// A room whose programs find again what they left in their temporary folder.
  private func room() throws -> Classroom {
    var room = try Classroom(temporaryFolder())
    room.options.strongestSandbox = .landlock
    room.options.seconds = 3
    room.options.memoryBytes = 300_000_000
    return room
  }

  /// The code of a trap inside libdispatch.
  private static let deadlock = """
    let queue = DispatchQueue(label: "again")
    queue.sync { queue.sync {} }
    """

  func testWhatFailsTwiceInASystemLibraryIsNotGradedAndTakenUpAgain() async throws {
    let room = try room()
    let file = file(
      "unlucky",
      [
        Attack("a trap in a library", "1.1", []) { Self.deadlock + "; throw Unanswered()" }
      ])
    try room.handIn("unlucky", file.text(template: room.text(of: "Sheets")))
    for _ in 0..<2 {
      let summary = try await room.run()
      XCTAssertEqual(summary.graded, 1, "the next run takes it up")
      XCTAssertEqual(summary.reused, 0)
      XCTAssertEqual(summary.faults.count, 1)
      let result = try room.result("unlucky")
      XCTAssertEqual(result.status, .error)
      XCTAssertTrue(result.message.hasPrefix("the grader failed at 1.1"), result.message)
      XCTAssertEqual(result.exercises[0].status, .notGraded)
      XCTAssertTrue(
        result.exercises[0].message.contains("a trap inside libdispatch.so"),
        result.exercises[0].message)
      XCTAssertEqual(Set(result.exercises.dropFirst().map(\.status)), [.unanswered])
    }
  }

  func testWhatFailsOnceInASystemLibraryIsTriedOnceMore() async throws {
    let room = try room()
    let solution = try room.text(of: "Solutions")
    // The solution's first exercise, with a library's trap in front of it, once.
    let lines = solution.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let begin = try XCTUnwrap(lines.firstIndex { $0.contains("func modelShape(") })
    let trap = """
      let place = (getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp") + "/been-here"
      if access(place, F_OK) != 0 {
        close(open(place, O_CREAT | O_WRONLY, 0o600))
        \(Self.deadlock)
      }
      """
    let once =
      ["import Dispatch", "import Foundation"] + lines[...begin] + [trap] + lines[(begin + 1)...]
    try room.handIn("solution", solution)
    try room.handIn("once", once.joined(separator: "\n"))
    var patient = room
    patient.options.seconds = 30
    let summary = try await patient.run()
    XCTAssertEqual(summary.faults, [])
    let (plain, tried) = (try room.result("solution"), try room.result("once"))
    XCTAssertEqual(tried.status, .graded, tried.message)
    XCTAssertEqual(tried.points, plain.points)
    XCTAssertEqual(tried.exercises.map(\.message), plain.exercises.map(\.message))
  }

  func testWhatAStudentsCodeDoesToItselfStaysTheirs() async throws {
    let room = try room()
    let file = file(
      "own",
      [
        Attack("an endless loop", "1.1", [.timedOut]) { "while true {}" },
        Attack("a memory hog", "1.2", [.crashed, .timedOut], says: "ran out of memory") {
          """
          var rows: [[UInt8]] = []
          while true { rows.append([UInt8](repeating: UInt8(rows.count % 200 + 1), count: 8_000_000)) }
          """
        },
        Attack("an exit like a signal", "1.3", [.crashed]) { "exit(137)" },
        Attack("killing itself", "1.4", [.crashed]) {
          "kill(getpid(), SIGKILL); throw Unanswered()"
        },
        Attack("an index", "1.5", [.crashed], says: "an index was out of range") {
          "return [[Int?]]()[Int(getpid())]"
        },
        Attack("sleeping", "1.6", [.timedOut]) { "sleep(60); throw Unanswered()" },
      ])
    try room.handIn("own", file.text(template: room.text(of: "Sheets")))
    let summary = try await room.run()
    XCTAssertEqual(summary.faults, [])
    let result = try room.result("own")
    XCTAssertEqual(result.status, .graded, result.message)
    for attack in file.attacks {
      let exercise = try XCTUnwrap(result.exercises.first { $0.id == attack.exercise })
      XCTAssertTrue(attack.statuses.contains(exercise.status), "\(attack.name): \(exercise)")
      XCTAssertTrue(
        attack.says.isEmpty || exercise.message.contains(attack.says), "\(exercise.message)")
    }
  }

  private func ending(of script: String, inside: Bool) async -> Ending {
    let confine = ThisProgram.sibling("confine").path
    let command =
      [confine, "supervise", "--"] + (inside ? [confine, "inside", "--"] : [])
      + ["/bin/sh", "-c", script]
    return await CommandRun(
      command: command, environment: ["PATH": "/usr/bin:/bin"],
      limits: ProcessLimits(seconds: 30, memoryBytes: 1_000_000_000), isSupervised: true
    ).run().ending
  }

  func testWhoIsKilledFromOutsideIsNotToBlame() async {
    let fromOutside = await ending(of: "kill -9 $$", inside: false)
    XCTAssertNotNil(fromOutside.machineFault, "\(fromOutside)")
    XCTAssertEqual(fromOutside.verdict.status, .notGraded)
    // What is held back cannot send that signal, nor say that it died of it.
    for script in ["kill -9 $$", "exit 137"] {
      let own = await ending(of: script, inside: true)
      XCTAssertNil(own.machineFault, "\(own)")
      XCTAssertEqual(own, .signalled(SIGSYS, lastLine: ""))
    }
  }

  func testAProgramThatCouldNotBeStartedIsNotToBlame() async {
    let confine = ThisProgram.sibling("confine").path
    let ending = await CommandRun(
      command: [confine, "supervise", "--", confine, "inside", "--", "/no/such/program"],
      environment: [:], limits: ProcessLimits(seconds: 30), isSupervised: true
    ).run().ending
    XCTAssertNotNil(ending.machineFault, "\(ending)")
  }

  func testTurnsAreSharedOrAlone() async throws {
    let turns = Turns()
    let log = Log()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<40 {
        group.addTask {
          if index % 5 == 0 {
            try await turns.alone {
              await log.enter(alone: true)
              try await Task.sleep(for: .milliseconds(1))
              await log.leave(alone: true)
            }
          } else {
            await turns.together {
              await log.enter(alone: false)
              await Task.yield()
              await log.leave(alone: false)
            }
          }
        }
      }
      try await group.waitForAll()
    }
    let (entered, broken) = await (log.entered, log.broken)
    XCTAssertEqual(entered, 40)
    XCTAssertEqual(broken, 0)
  }

  private actor Log {
    var entered = 0
    var broken = 0
    private var inside = 0
    private var isAlone = false

    func enter(alone: Bool) {
      if isAlone || alone && inside > 0 { broken += 1 }
      entered += 1
      inside += 1
      isAlone = alone
    }

    func leave(alone: Bool) {
      inside -= 1
      isAlone = false
    }
  }

  func testTheFirstWordIsTheSandboxAndHowToHaveAStrongerOne() {
    XCTAssertEqual(
      SandboxChoice(level: .bubblewrap, strongest: .bubblewrap, missing: []).sentence,
      "Sandbox: bubblewrap, the strongest there is")
    XCTAssertEqual(
      SandboxChoice(
        level: .landlock, strongest: .bubblewrap,
        missing: ["the sandbox bubblewrap does not work here: no bwrap"]
      ).sentence,
      "Sandbox: landlock, which is not the strongest: the sandbox bubblewrap does not work here: "
        + "no bwrap")
  }
}
