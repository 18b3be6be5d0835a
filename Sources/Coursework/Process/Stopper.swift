import Foundation
import Synchronization

/// Stops a process and all it started, and remembers the first reason.
///
/// The process leads a session. It is reaped only after the conversation with it, so until then its
/// number means no other process. What leaves the session escapes, unless the process is a
/// supervisor: that one ends all that descends from it when it is told to end.
final class Stopper: Sendable {
  private let process: pid_t
  private let isSupervised: Bool
  private let state = Mutex<(stopped: Bool, cause: Ending?)>((false, nil))
  private let peak = Mutex(0)

  init(process: pid_t, isSupervised: Bool) {
    self.process = process
    self.isSupervised = isSupervised
  }

  /// Stops the process for a reason, or for none when its work is done.
  func stop(_ cause: Ending?) {
    let isFirst = state.withLock { state in
      defer { if !state.stopped { state = (true, cause) } }
      return !state.stopped
    }
    if isFirst { end() }
  }

  var cause: Ending? { state.withLock { $0.cause } }

  /// The most memory that the process and all it started were seen to use, in bytes.
  var peakBytes: Int { peak.withLock { $0 } }

  /// The memory of the process and all it started, in bytes.
  private var memoryBytes: Int {
    let bytes = ProcessTree.memoryBytes(of: process)
    peak.withLock { $0 = max($0, bytes) }
    return bytes
  }

  /// How many times its time a program may take while others have the processors.
  private static let patience = 4.0

  /// Stops the process when its time is over or its memory used up.
  ///
  /// A program that is held back goes on when it was kept from its processor, until it had the time
  /// that is due to it, or until there is no hope.
  func watch(until deadline: Deadline, memoryBytes limit: Int?) async {
    var beginning = deadline.beginning
    var load = Load(of: process)
    while !Task.isCancelled {
      if deadline.beginning != beginning {
        (beginning, load) = (deadline.beginning, Load(of: process))
      }
      // The clock may be set while this sleeps.
      var next = min(deadline.instant, .now + .seconds(1))
      if deadline.isOver {
        let passed = (ContinuousClock.now - beginning) / .seconds(1)
        guard isSupervised,
          Load(of: process).isStarved(since: load, passed: passed, due: deadline.seconds)
        else { return stop(.timedOut(seconds: deadline.seconds)) }
        if passed > deadline.seconds * Self.patience {
          return stop(.starved(seconds: deadline.seconds))
        }
        next = .now + .milliseconds(100)
      }
      if let limit {
        if memoryBytes > limit { return stop(.outOfMemory(limit: limit)) }
        next = min(next, .now + .milliseconds(100))
      }
      try? await Task.sleep(until: next, clock: .continuous)
    }
  }

  private func end() {
    if isSupervised { kill(process, SIGTERM) } else { kill(-process, SIGKILL) }
  }

  /// Stops what is left.
  ///
  /// A fork may slip away from one look at the processes there are, so there are several.
  func sweep() async {
    end()
    if isSupervised {
      let patience = ContinuousClock.now + .seconds(3)
      while ContinuousClock.now < patience {
        guard let member = ProcessTree.member(process), !member.isZombie else { break }
        try? await Task.sleep(for: .milliseconds(2))
      }
      kill(-process, SIGKILL)
    }
    for _ in 0..<5 {
      let rest = sessionMembers()
      if rest.isEmpty { return }
      for member in rest { kill(member, SIGKILL) }
    }
  }

  private func sessionMembers() -> [pid_t] {
    #if os(Linux)
      return ProcessTree.processes.filter { $0 != process && getsid($0) == process }
        .filter { ProcessTree.member($0)?.isZombie == false }
    #else
      return []
    #endif
  }
}
