import Coursework
import Foundation
import Grading
import Synchronization
import XCTest

/// What holds where the strongest sandbox is not to be had.
final class SandboxLevelTests: XCTestCase {
  func testEveryLevelGradesAndIsRecorded() async throws {
    for level in SandboxLevel.allCases where level != .bubblewrap {
      var room = try Classroom(temporaryFolder())
      room.options.strongestSandbox = level
      room.options.seconds = 20
      let secret = room.folder.appending(path: "secret")
      try Data("secret".utf8).write(to: secret)
      chmod(secret.path, 0o600)
      try room.handIn("solution", room.text(of: "Solutions"))
      let spy = HostileFile(
        student: "spy",
        attacks: [
          Attack("reading", "1.1", [.failed]) {
            """
            let can = isReadable("\(secret.path)")
            throw Finding(leaks: can, "a secret file")
            """
          },
          Attack("the network", "1.2", [.failed]) {
            """
            let can = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0) >= 0
            throw Finding(leaks: can, "a socket")
            """
          },
          Attack("a process that stays", "1.3", [.crashed, .timedOut]) {
            """
            if forkIt() == 0 {
              setsid()
              if forkIt() == 0 {
                for descriptor in Int32(0)..<64 { close(descriptor) }
                while true { sleep(7_531) }
              }
              _exit(0)
            }
            exit(3)
            """
          },
        ])
      try room.handIn("spy", spy.text(template: room.text(of: "Sheets")))
      let summary = try await room.run()
      XCTAssertEqual(summary.sandbox, level)
      let solution = try room.result("solution")
      XCTAssertEqual(solution.sandbox, level)
      XCTAssertEqual(
        solution.points, Double(room.sheet.points - room.sheet.openPoints),
        "\(level): \(solution)")
      let result = try room.result("spy")
      XCTAssertEqual(result.points, 0)
      let findings = result.exercises.prefix(2).map { $0.publicPart?.detail ?? "" }
      // Root's files are out of reach at every level, for the user is given up; a plain user's own
      // are within reach below Landlock.
      if getuid() == 0 || level == .landlock {
        XCTAssertEqual(findings[0], "SAFE a secret file", "\(level)")
      }
      XCTAssertEqual(findings[1], "SAFE a socket", "\(level)")
      XCTAssertEqual(Traces.left, [], "\(level)")
    }
  }

  func testWeakerLevelsAreRefusedWhenMoreIsRequired() async throws {
    var room = try Classroom(temporaryFolder())
    try room.handIn("ada", "let x = 1")
    room.options.strongestSandbox = .unshare
    room.options.requiredSandbox = .landlock
    do {
      _ = try await room.run()
      XCTFail("nothing was refused")
    } catch {
      XCTAssertEqual(
        "\(error)",
        "at most the sandbox unshare is to be used; nothing is graded below landlock, as required")
    }
    XCTAssertEqual(room.grades.results(), [])
    XCTAssertEqual(Traces.left, [])
  }

  func testWhereBubblewrapIsMissingTheNextLevelIsTakenOrRefused() async throws {
    var room = try Classroom(temporaryFolder())
    try room.handIn("ada", "let x = 1")
    // A PATH that has the compiler and nothing else.
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let compiler = try XCTUnwrap(
      path.split(separator: ":").map { "\($0)/swiftc" }
        .first { FileManager.default.isExecutableFile(atPath: $0) })
    let tools = room.folder.appending(path: "tools")
    try FileManager.default.createDirectory(at: tools, withIntermediateDirectories: true)
    let script = tools.appending(path: "swiftc")
    try Data("#!/bin/sh\nexec '\(compiler)' \"$@\"\n".utf8).write(to: script)
    chmod(script.path, 0o755)
    setenv("PATH", tools.path, 1)
    defer { setenv("PATH", path, 1) }

    room.options.requiredSandbox = .bubblewrap
    do {
      _ = try await room.run()
      XCTFail("nothing was refused")
    } catch {
      XCTAssertEqual(
        "\(error)",
        "the sandbox bubblewrap does not work here: bwrap is not installed; install it with `"
          + (getuid() == 0 ? "" : "sudo ")
          + "apt install bubblewrap`; nothing is graded below bubblewrap, as required")
    }
    room.options.requiredSandbox = nil
    let printed = Printed()
    let summary = try await room.run { run in
      run.notes = ["something else"]
      run.terminal = Terminal(width: 100, isInteractive: false, hasColours: false) {
        printed.add($0)
      }
    }
    let sandbox = try XCTUnwrap(summary.sandbox)
    let said = printed.text.replacing("\n", with: " ")
    XCTAssertTrue(
      said.hasPrefix("Sandbox: \(sandbox), which is not the strongest: ")
        && said.contains("apt install bubblewrap`"), said)
    XCTAssertTrue(printed.text.contains("Note: something else\n"))
    XCTAssertLessThan(sandbox, .bubblewrap)
    XCTAssertEqual(try room.result("ada").sandbox, sandbox)
  }
}

/// What a terminal was given.
private final class Printed: Sendable {
  private let kept = Mutex("")
  var text: String { kept.withLock { $0 } }
  func add(_ text: String) { kept.withLock { $0 += text } }
}
