import Foundation
import Synchronization

/// Stops a process and all it started, and remembers the first reason.
///
/// The process leads a session. It is reaped only after the conversation with it, so until then its
/// number means no other process. What leaves the session escapes: a sandbox holds that back.
final class Stopper: Sendable {
  private let process: pid_t
  private let state = Mutex<(stopped: Bool, cause: Ending?)>((false, nil))

  init(process: pid_t) { self.process = process }

  /// Stops the process for a reason, or for none when its work is done.
  func stop(_ cause: Ending?) {
    let isFirst = state.withLock { state in
      defer { if !state.stopped { state = (true, cause) } }
      return !state.stopped
    }
    if isFirst { kill(-process, SIGKILL) }
  }

  var cause: Ending? { state.withLock { $0.cause } }

  /// Stops what is left of the session.
  ///
  /// A fork may slip away from one look at the processes there are, so there are several.
  func sweep() {
    kill(-process, SIGKILL)
    for _ in 0..<5 {
      let rest = sessionMembers()
      if rest.isEmpty { return }
      for member in rest { kill(member, SIGKILL) }
    }
  }

  private func sessionMembers() -> [pid_t] {
    #if os(Linux)
      let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return names.compactMap { pid_t($0) }.filter { $0 != process && getsid($0) == process }
        .filter { !isZombie($0) }
    #else
      return []
    #endif
  }

  private func isZombie(_ member: pid_t) -> Bool {
    let status = FileManager.default.contents(atPath: "/proc/\(member)/stat") ?? Data()
    // The state follows the name, which stands in parentheses and may hold anything.
    guard let end = status.lastIndex(of: UInt8(ascii: ")")) else { return true }
    return status.dropFirst(end + 2).first == UInt8(ascii: "Z")
  }
}
