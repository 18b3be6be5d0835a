import Answering
import Coursework
import Foundation

/// Finds out which sandboxes work here, by trying them.
struct SandboxProbe: Sendable {
  let course: URL
  let toolchain: URL
  /// Where job folders are made.
  let jobs: URL

  /// Why a level does not work, in a few words, or nil when it does.
  func fault(of confinement: Confinement) async -> String? {
    if confinement.level == .bubblewrap, !Self.isInstalled("bwrap") {
      return "bwrap is not installed; install it with "
        + "`\(SandboxChoice.command(installing: "bubblewrap"))`"
    }
    if confinement.level == .unshare, !Self.isInstalled("unshare") {
      return "unshare is not installed; install it with "
        + "`\(SandboxChoice.command(installing: "util-linux"))`"
    }
    do {
      let job = try JobFolder(in: jobs, user: confinement.user(ofSlot: 0), answers: "", main: "")
      defer {
        confinement.forget(job)
        job.remove()
      }
      // A program for the sandbox to show, where there is none to compile.
      try PlainCopy.make(
        of: course.appending(path: "confine"), at: job.out.appending(path: "program"))
      guard job.takeProgram() else { return "files cannot be handed to another user" }
      let secret = jobs.appending(path: "secret-\(UUID().uuidString)")
      try Data("a secret".utf8).write(to: secret)
      defer { try? FileManager.default.removeItem(at: secret) }
      let outcome = await CommandRun(
        command: try confinement.command(
          ["/bin/sh", "-c", Self.test(confinement.level, secret: secret)], job: job,
          purpose: .answering, memoryBytes: 1_000_000_000),
        environment: confinement.environment(job),
        limits: ProcessLimits(seconds: 20, printedBytes: 100_000), isSupervised: true
      ).run()
      if outcome.isSuccess { return nil }
      let said = String(decoding: outcome.output, as: UTF8.self)
        .split(separator: "\n").last.map { printable(String($0), limit: 200) }
      let fault = said ?? "it let through what it is to hold back"
      guard confinement.level == .bubblewrap else { return fault }
      return fault + "; "
        + (SandboxChoice.permission
          ?? "a container must be started with the right to make namespaces, as by "
          + "`--security-opt seccomp=unconfined`")
    } catch {
      return "\(error)"
    }
  }

  /// What must hold inside, as a shell's test.
  private static func test(_ level: SandboxLevel, secret: URL) -> String {
    switch level {
    case .bubblewrap: "! test -e '\(secret.path)' && ! ( : > /x ) 2>/dev/null && test -e /course"
    case .landlock: "! ( : < '\(secret.path)' ) 2>/dev/null"
    case .unshare: "test $(ls -d /proc/[0-9]* | wc -l) -lt 10"
    case .limits: "true"
    }
  }

  /// The strongest level that works, and why those above it do not.
  ///
  /// - Throws: ``SandboxRefusal`` when that is below what is required.
  func strongest(
    atMost most: SandboxLevel, required: SandboxLevel?
  ) async throws -> (Confinement, missing: [String]) {
    var missing: [String] = []
    for level in SandboxLevel.allCases.sorted(by: >) where level <= most {
      if let required, level < required { break }
      var fault: String?
      for firstUser in Self.firstUsers {
        let confinement = Confinement(
          level: level, course: course, toolchain: toolchain, firstUser: firstUser)
        fault = await self.fault(of: confinement)
        if fault == nil { return (confinement, missing) }
      }
      missing.append("the sandbox \(level) does not work here: \(fault ?? "nobody to run as")")
    }
    let reason = missing.last ?? "at most the sandbox \(most) is to be used"
    throw SandboxRefusal(
      description: reason + (required.map { "; nothing is graded below \($0), as required" } ?? ""))
  }

  /// The users that jobs could run as: numbers nobody has, and other ones where a container knows
  /// only few; this process's own when it is not root.
  private static var firstUsers: [UInt32?] {
    guard getuid() == 0 else { return [nil] }
    // Graders that run at the same time must not end each other's jobs.
    return [2_000_000_000 + UInt32(getpid() % 1_000_000) * 64, 61_000]
  }

  private static func isInstalled(_ program: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
      .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
  }
}

/// No sandbox of the required level works.
package struct SandboxRefusal: Error, CustomStringConvertible {
  package let description: String
}
