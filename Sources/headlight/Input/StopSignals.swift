import Foundation
import Synchronization

/// Takes note of Ctrl-C and SIGTERM instead of dying of them, so that work can be saved first.
enum StopSignals {
  /// The last signal that asked for an end, or 0.
  ///
  /// A handler may do no more than store a number.
  private static let caught = Atomic<Int32>(0)

  /// Catches both signals from now on, and forgets what was caught before.
  static func watch() {
    // Also makes the number before a handler can reach for it.
    caught.store(0, ordering: .relaxed)
    for number in [SIGINT, SIGTERM] {
      Foundation.signal(number) { StopSignals.caught.store($0, ordering: .relaxed) }
    }
  }

  /// The signal that asked for an end, or nil.
  static var signal: Int32? {
    let number = caught.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }
}
