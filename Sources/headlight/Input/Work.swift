import ArgumentParser
import Coursework
import Foundation
import Interventions
import Synchronization

/// Work that may take long: how far it has come is shown after two seconds, and Ctrl-C ends it with
/// what is done by then.
final class Work: Sendable {
  private let label: String
  private let unit: String
  private struct State {
    var bar: ProgressBar?
    var last: (finished: Int, total: Int)?
  }
  private let state = Mutex(State())

  init(_ label: String, unit: String = "runs") { (self.label, self.unit) = (label, unit) }

  /// Takes note of a sweep's progress.
  ///
  /// - Returns: Whether to go on.
  @Sendable func goesOn(_ progress: SweepProgress) -> Bool {
    goesOn(finished: progress.finished, of: progress.total)
  }

  /// Takes note of how much is done.
  ///
  /// Ctrl-C is listened for from the first time on: before, there is nothing to keep.
  ///
  /// - Returns: Whether to go on.
  func goesOn(finished: Int, of total: Int) -> Bool {
    state.withLock { state in
      state.last = (finished, total)
      if state.bar == nil {
        state.bar = ProgressBar(label, total: total, unit: unit)
        StopSignals.watch()
      }
      state.bar?.update(to: finished)
    }
    return StopSignals.signal == nil
  }

  /// How much was done of how much, if that is not all.
  var partial: Partial? {
    state.withLock { state in
      guard let last = state.last, last.finished < last.total else { return nil }
      return Partial(finished: last.finished, total: last.total)
    }
  }

  /// Takes the bar off the screen.
  func finish() { state.withLock { $0.bar?.finish() } }

  /// Says that what was printed is not all, if so.
  ///
  /// - Throws: The exit code of a command that was interrupted.
  func end() throws {
    finish()
    guard let partial else { return }
    Terminal.standardError.print(
      "Stopped: this is a part, \(partial.finished) of \(partial.total) \(unit); what is missing is "
        + "null in JSON and hatched in figures.")
    throw ExitCode(128 + (StopSignals.signal ?? SIGINT))
  }
}

/// How much of a result is there, in the JSON of one that was stopped.
struct Partial: Codable, Equatable, Sendable {
  let finished: Int
  let total: Int
}
