import Coursework
import Foundation
import XCTest

@testable import Grading

/// What programs see of processes, at every level: their own threads, and nothing of a neighbour.
final class SandboxThreadsTests: XCTestCase {
  /// How often the program runs at each level; a short one, so that a suite is quick.
  private var runs: Int {
    ProcessInfo.processInfo.environment["HEADLIGHT_THREAD_RUNS"].flatMap { Int($0) } ?? 8
  }

  /// A program whose work waits for threads when libdispatch looks after them, as it does at the
  /// start and every second.
  private static let threads = """
    import Dispatch

    let sums = UnsafeMutablePointer<Int>.allocate(capacity: 16)
    let seconds = CommandLine.arguments.count > 1 ? 1.3 : 0.03
    let start = DispatchTime.now().uptimeNanoseconds
    repeat {
      DispatchQueue.concurrentPerform(iterations: 16) { index in
        sums[index] = (0..<100_000).reduce(index) { $0 &* 31 &+ $1 }
      }
    } while Double(DispatchTime.now().uptimeNanoseconds - start) < seconds * 1e9
    print("done")
    """

  /// A workshop of every level that works here.
  private func forEveryLevel(
    _ test: (SandboxLevel, Workshop) async throws -> Void
  ) async throws {
    let checkout = try XCTUnwrap(PackageCheckout(of: ThisProgram.url))
    for level in SandboxLevel.allCases {
      let workshop: Workshop
      do {
        workshop = try await Workshop(
          of: checkout, confine: ThisProgram.sibling("confine"), required: level, atMost: level)
      } catch let refusal as SandboxRefusal {
        print("not tried: \(refusal)")
        continue
      }
      defer { workshop.remove() }
      try await test(level, workshop)
    }
  }

  private func run(
    _ program: [String], in job: JobFolder, _ confinement: Confinement
  ) async throws -> CommandRun.Outcome {
    await CommandRun(
      command: try confinement.command(
        program, job: job, purpose: .answering, memoryBytes: 1_000_000_000),
      environment: confinement.environment(job),
      limits: ProcessLimits(seconds: 60, printedBytes: 100_000), isSupervised: true
    ).run()
  }

  func testProgramsThatMakeThreadsNeverFail() async throws {
    let folder = try temporaryFolder()
    let source = folder.appending(path: "main.swift")
    try Data(Self.threads.utf8).write(to: source)
    let program = folder.appending(path: "program")
    let compiler = Process()
    compiler.executableURL = URL(filePath: "/usr/bin/env")
    compiler.arguments = ["swiftc", source.path, "-o", program.path]
    try compiler.run()
    compiler.waitUntilExit()
    XCTAssertEqual(compiler.terminationStatus, 0)

    try await forEveryLevel { level, workshop in
      let job = try workshop.makeJob(slot: 0, answers: "", main: "")
      defer { workshop.finish(job) }
      try PlainCopy.make(of: program, at: job.out.appending(path: "program"))
      XCTAssertTrue(job.takeProgram())
      let confinement = workshop.confinement
      for index in 0...runs {
        let long = index == 0 ? ["long"] : []
        let outcome = try await run(
          [confinement.seen(job) + "/program"] + long, in: job, confinement)
        XCTAssertTrue(outcome.isSuccess, "\(level), run \(index): \(outcome.ending)")
        XCTAssertEqual(String(decoding: outcome.output, as: UTF8.self), "done\n", "\(level)")
      }
    }
  }

  /// The neighbour is a process of the grader's own user with something to hide, and another job.
  func testNothingOfANeighbourIsSeen() async throws {
    let hidden = "what-a-neighbour-hides"
    let neighbour = Process()
    neighbour.executableURL = URL(filePath: "/bin/sh")
    // Waits in itself: a program that it waited for would outlive it, and hold up whoever reads from it.
    neighbour.arguments = ["-c", "read answer; : \(hidden)"]
    neighbour.standardInput = Pipe()
    neighbour.environment = ["HIDDEN": hidden]
    try neighbour.run()
    defer { neighbour.terminate() }
    let other = neighbour.processIdentifier

    try await forEveryLevel { level, workshop in
      let job = try workshop.makeJob(slot: 0, answers: "", main: "")
      let next = try workshop.makeJob(slot: 1, answers: hidden, main: hidden)
      defer {
        workshop.finish(job)
        workshop.finish(next)
      }
      try Data().write(to: job.program)
      func look(at places: [String]) async throws -> String {
        let places = places.map { "'\($0)'" }.joined(separator: " ")
        // Without a process of its own, so that what is its own is there to be read.
        let outcome = try await run(
          ["/bin/sh", "-c", "exec cat \(places) /proc/self/status 2>/dev/null"], in: job,
          workshop.confinement)
        let said = String(decoding: outcome.output, as: UTF8.self)
        XCTAssertTrue(said.contains("Name:"), "\(level): \(outcome.ending)")
        return said
      }
      let lines = try await look(at: [
        "/proc/\(other)/cmdline", "/proc/\(other)/task/\(other)/cmdline",
      ])
      // Limits alone hide no process, only what the user may not read.
      XCTAssertTrue(level == .limits || !lines.contains(hidden), "\(level): \(lines)")
      let environment = try await look(at: ["/proc/\(other)/environ", "/proc/\(other)/stat"])
      XCTAssertFalse(
        environment.contains(hidden) && (level != .limits || getuid() == 0), "\(level)")
      XCTAssertFalse(environment.contains("\(other) (sh)") && level != .limits, "\(level)")
      let files = try await look(at: [
        "/proc/\(other)/cwd/Package.swift", next.url.appending(path: "Answers.swift").path,
      ])
      // Below Landlock, files are hidden from other users alone.
      let hidesFiles = level >= .landlock || workshop.confinement.firstUser != nil
      XCTAssertFalse(files.contains(hidden) && hidesFiles, "\(level)")
      XCTAssertFalse(files.contains("swift-tools-version") && level != .limits, "\(level)")
      XCTAssertTrue(neighbour.isRunning, "there is nobody to be seen")
    }
  }
}
