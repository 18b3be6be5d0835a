import Coursework
import Foundation

/// How programs of students are held back on this machine.
///
/// Every program is started by `confine`, which gives up the user, sees to it that nothing is left
/// afterwards, and sets limits from within: see `Sources/confine`.
struct Confinement: Sendable {
  let level: SandboxLevel
  /// What the programs need to read: the course's library and the compiler's modules.
  let course: URL
  /// Where the Swift toolchain's `bin`, `lib` and `share` are.
  let toolchain: URL
  /// The first of the users that jobs run as, or nil when this process cannot change its user.
  let firstUser: UInt32?

  /// The library in the course's folder that lets programs under Landlock look after their own
  /// threads: see `Sources/confine/preloaded`.
  static let threadsLibrary = "libOwnThreads.so"

  /// What a program is started for.
  enum Purpose: Sendable {
    case compiling
    case answering
  }

  /// The user of the job in a slot.
  func user(ofSlot slot: Int) -> UInt32? { firstUser.map { $0 + UInt32(slot) } }

  /// Where the course is for a confined program.
  var seenCourse: String { level == .bubblewrap ? "/course" : course.path }

  /// Where a job's folder is for a confined program.
  func seen(_ job: JobFolder) -> String { level == .bubblewrap ? "/job" : job.url.path }

  /// The environment of a confined program: nothing of this process's own.
  func environment(_ job: JobFolder) -> [String: String] {
    let temporary = level == .bubblewrap ? "/tmp" : job.temporary.path
    var variables = [
      "PATH": "/usr/bin:/bin", "HOME": temporary, "TMPDIR": temporary, "LANG": "C.UTF-8",
      "LD_LIBRARY_PATH": seenCourse,
      // One job is one processor's work, and memory is counted.
      "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2",
    ]
    if level == .landlock { variables["LD_PRELOAD"] = "\(seenCourse)/\(Self.threadsLibrary)" }
    return variables
  }

  /// The command that runs a program for a job.
  ///
  /// - Parameter program: the program and its arguments, as seen from within.
  func command(
    _ program: [String], job: JobFolder, purpose: Purpose, memoryBytes: Int
  ) throws -> [String] {
    let user = job.user.map { ["--uid", String($0)] } ?? []
    let supervise = [course.appending(path: "confine").path, "supervise"]
    let inside =
      [seenCourse + "/confine", "inside"] + limits(purpose, memoryBytes: memoryBytes)
      + ["--chdir", seen(job)]
    switch level {
    case .bubblewrap:
      let arguments = job.url.deletingLastPathComponent()
        .appending(path: "\(job.url.lastPathComponent).\(purpose)")
      let text = bubblewrapArguments(job, purpose).joined(separator: "\0")
      // Whatever `/proc` shows of the command must not hold paths of this machine.
      try Data(text.utf8).write(to: arguments)
      chmod(arguments.path, 0o600)
      return supervise + user + ["--open", arguments.path, "--", "bwrap", "--args", "3", "--"]
        + inside + ["--"] + program
    case .landlock:
      return supervise + user + ["--"] + inside + ["--landlock"] + landlockRules(job, purpose)
        + ["--"] + program
    case .unshare:
      // The namespaces take root, or a namespace of users; the user is given up inside.
      let users = getuid() == 0 ? [] : ["--user", "--map-current-user"]
      return supervise
        + ["--", "unshare", "--net", "--ipc", "--pid", "--fork", "--mount", "--mount-proc"]
        + ["--kill-child"] + users + ["--"] + supervise + user + ["--"] + inside + ["--"] + program
    case .limits:
      return supervise + user + ["--"] + inside + ["--"] + program
    }
  }

  /// A checker of what a job's program answers.
  ///
  /// - Parameter program: the program and its arguments, as seen from within.
  func checker(
    _ program: [String], job: JobFolder, seconds: Double?, memoryBytes: Int
  ) throws -> ProcessChecker {
    var checker = ProcessChecker(
      command: try command(program, job: job, purpose: .answering, memoryBytes: memoryBytes),
      limits: ProcessLimits(seconds: seconds, memoryBytes: memoryBytes),
      environment: environment(job))
    checker.isSupervised = true
    return checker
  }

  /// Removes what ``command(_:job:purpose:memoryBytes:)`` wrote.
  func forget(_ job: JobFolder) {
    for purpose in [Purpose.compiling, .answering] {
      try? FileManager.default.removeItem(
        at: job.url.deletingLastPathComponent()
          .appending(path: "\(job.url.lastPathComponent).\(purpose)"))
    }
  }

  private func limits(_ purpose: Purpose, memoryBytes: Int) -> [String] {
    // Threads count as processes. Where users have no namespace of their own, so do all others of
    // this user, which come and go: a limit close above them would fail whoever comes next.
    let isCountedApart = level == .bubblewrap || firstUser != nil
    let others = isCountedApart ? 0 : ProcessCount.ofThisUser + 512
    return [
      "--processes", String(64 + others), "--open-files", "256",
      "--file-bytes", purpose == .compiling ? "268435456" : "67108864",
      // Above what is looked at from outside, which knows what is used and not only asked for.
      "--address-bytes", String(memoryBytes * 2 + 4_000_000_000),
    ]
  }

  private func bubblewrapArguments(_ job: JobFolder, _ purpose: Purpose) -> [String] {
    var arguments = [
      "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session",
      "--cap-drop", "ALL", "--hostname", "grading", "--ro-bind", "/usr", "/usr",
    ]
    for folder in ["/bin", "/sbin", "/lib", "/lib32", "/lib64"] {
      if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: folder) {
        arguments += ["--symlink", target, folder]
      } else {
        arguments += ["--ro-bind-try", folder, folder]
      }
    }
    for place in Self.systemFiles { arguments += ["--ro-bind-try", place, place] }
    let tools = purpose == .compiling ? toolchain.path : toolchain.path + "/lib/swift/linux"
    if !tools.hasPrefix("/usr/") { arguments += ["--ro-bind", tools, tools] }
    arguments += [
      "--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev",
      "--size", purpose == .compiling ? "536870912" : "67108864", "--tmpfs", "/tmp",
      "--ro-bind", course.path, "/course", "--dir", "/job",
    ]
    switch purpose {
    case .compiling:
      for name in ["Answers.swift", "main.swift"] {
        arguments += ["--ro-bind", job.url.appending(path: name).path, "/job/\(name)"]
      }
      arguments += ["--bind", job.out.path, "/job/out"]
    case .answering:
      arguments += ["--ro-bind", job.program.path, "/job/program"]
      arguments += ["--symlink", "/course/\(Workshop.resources)", "/job/\(Workshop.resources)"]
    }
    return arguments + ["--remount-ro", "/"]
  }

  private func landlockRules(_ job: JobFolder, _ purpose: Purpose) -> [String] {
    let readable =
      ["/usr", "/bin", "/lib", "/lib64", "/proc/self", "/sys/devices/system/cpu"]
      + Self.systemFiles + [toolchain.path, course.path, job.url.path]
    return readable.flatMap { ["--read", $0] }
      + [job.out, job.temporary].flatMap { ["--write", $0.path] }
  }

  /// What programs read of the system besides `/usr`: where libraries and fonts are.
  private static let systemFiles = [
    "/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/var/cache/fontconfig",
  ]
}

/// How many processes and threads there are.
enum ProcessCount {
  /// Those of the user that this process runs as.
  static var ofThisUser: Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.filter { Int($0) != nil }.reduce(0) { sum, process in
      var facts = stat()
      guard stat("/proc/\(process)", &facts) == 0, facts.st_uid == getuid() else { return sum }
      let threads = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")
      return sum + (threads?.count ?? 1)
    }
  }
}
