import Coursework
import Foundation
import Grading
import XCTest

/// The batch of hostile files, graded once for all tests beside two honest neighbours.
actor HostileBatch {
  static let shared = HostileBatch()

  /// What came of it.
  struct Outcome: Sendable {
    let results: [String: SubmissionResult]
    let summary: GradingRun.Summary
    let seconds: Double
    /// Files of the grader, processes of the submissions, and other traces that are left.
    let traces: [String]
    /// Whether anybody knocked on the port that the spy was told of.
    let wasReached: Bool
  }

  private var task: Task<Outcome, any Error>?

  func outcome() async throws -> Outcome {
    if let task { return try await task.value }
    let task = Task { try await Self.grade() }
    self.task = task
    return try await task.value
  }

  static let files = [
    HostileFiles.endings, HostileFiles.values, HostileFiles.guesses, HostileFiles.greed,
  ]

  private static func grade() async throws -> Outcome {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "hostile-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var room = try Classroom(folder)
    room.options.seconds = 2
    room.options.memoryBytes = 300_000_000
    let listener = try Listener()
    let template = try room.text(of: "Sheets")
    let solution = try room.text(of: "Solutions")
    let seedFile = folder.appending(path: "seed")
    try Data("another secret".utf8).write(to: seedFile)
    chmod(seedFile.path, 0o600)
    setenv(SpyingFile.variable, SpyingFile.variable, 1)
    defer { unsetenv(SpyingFile.variable) }

    // Honest neighbours first and last, so that some are graded while the others rage.
    try room.handIn("a-neighbour", solution)
    try room.handIn("z-neighbour", solution)
    for file in files { try room.handIn(file.student, file.text(template: template)) }
    let spy = SpyingFile(
      secrets: [
        Classroom.package.appending(path: "Solutions/\(room.sheet.folder)/Answers.swift").path,
        room.submissions.appending(path: "a-neighbour/Answers.swift").path, seedFile.path,
        "/etc/shadow", "/etc/passwd",
      ], port: listener.port
    ).file
    try room.handIn(spy.student, spy.text(template: template))

    let start = ContinuousClock.now
    let summary = try await room.run()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let results = Dictionary(
      uniqueKeysWithValues: room.grades.results().map { ($0.student, $0) })
    return Outcome(
      results: results, summary: summary, seconds: seconds, traces: Traces.left,
      wasReached: listener.wasReached)
  }
}

/// What submissions could leave behind.
enum Traces {
  static var left: [String] {
    let files = FileManager.default
    let temporary = files.temporaryDirectory.path
    let folders = ((try? files.contentsOfDirectory(atPath: temporary)) ?? [])
      .filter { $0.hasPrefix("headlight-grading-") }
      .filter { name in
        var facts = stat()
        return stat("\(temporary)/\(name)", &facts) == 0 && facts.st_uid == getuid()
          && !isInUse("\(temporary)/\(name)")
      }
    let processes = ((try? files.contentsOfDirectory(atPath: "/proc")) ?? []).filter { process in
      guard Int(process) != nil,
        let line = files.contents(atPath: "/proc/\(process)/cmdline").map({
          String(decoding: $0, as: UTF8.self)
        })
      else { return false }
      return line.contains("/program\0--answer")
    }
    let attacks = ["/", "/usr", "/etc", "/dev", "/dev/shm", "/var/tmp", "/root", "/run", "/opt"]
      .map { $0 + "/headlight-attack" }.filter { files.fileExists(atPath: $0) }
    return folders + processes.map { "process \($0)" } + attacks
  }

  /// Whether a workshop, or its lock, belongs to a grader that is at work.
  private static func isInUse(_ path: String) -> Bool {
    let lock = open(path.hasSuffix(".lock") ? path : path + ".lock", O_RDWR | O_CLOEXEC)
    guard lock >= 0 else { return false }
    defer { close(lock) }
    return flock(lock, LOCK_EX | LOCK_NB) != 0
  }
}

/// A port of this machine that somebody listens on.
final class Listener {
  private let stream: Int32
  private let datagram: Int32
  let port: UInt16

  init() throws {
    stream = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_NONBLOCK, 0)
    datagram = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | O_NONBLOCK, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    for descriptor in [stream, datagram] {
      // The first gets any port, the second the same.
      let isBound = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
        }
      }
      XCTAssertTrue(isBound)
    }
    XCTAssertEqual(listen(stream, 5), 0)
    port = UInt16(bigEndian: address.sin_port)
  }

  /// Whether anybody connected or sent something.
  var wasReached: Bool {
    var byte: UInt8 = 0
    return accept(stream, nil, nil) >= 0 || recv(datagram, &byte, 1, 0) > 0
  }

  deinit {
    close(stream)
    close(datagram)
  }
}
