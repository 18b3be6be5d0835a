import Synchronization

/// When the time is over, which may be set back to the full time again.
final class Deadline: Sendable {
  /// How long the time is.
  let seconds: Double
  private let end: Mutex<ContinuousClock.Instant>

  init(seconds: Double) {
    self.seconds = seconds
    end = Mutex(.now + .seconds(seconds))
  }

  var instant: ContinuousClock.Instant { end.withLock { $0 } }

  var isOver: Bool { instant <= .now }

  /// When the time began that is running now.
  var beginning: ContinuousClock.Instant { instant - .seconds(seconds) }

  /// Stops the clock until the next ``renew()``.
  func suspend() { end.withLock { $0 = .now + .seconds(1e9) } }

  /// Gives the full time again.
  func renew() { end.withLock { $0 = .now + .seconds(seconds) } }
}
