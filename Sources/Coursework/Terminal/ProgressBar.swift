import Answering
import Foundation
import Synchronization

/// Shows how far something long has come: a bar in a terminal, plain lines elsewhere, nothing at
/// all for what is done within two seconds.
package final class ProgressBar: Sendable {
  private let label: String
  private let unit: String
  private let total: Int
  private let first: Int
  private let terminal: Terminal
  private let now: @Sendable () -> ContinuousClock.Instant
  private let begin: ContinuousClock.Instant
  private let state: Mutex<State>

  private struct State {
    var done: Int
    var note = ""
    var shownAt: ContinuousClock.Instant?
    var shownDone: Int
    var isDrawn = false
    var isFinished = false
  }

  /// A bar for `total` steps, of which `startingAt` were done in an earlier run.
  package init(
    _ label: String, total: Int, startingAt first: Int = 0, unit: String = "steps",
    terminal: Terminal = .standardError,
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
  ) {
    self.label = label
    self.unit = unit
    self.total = max(total, 0)
    self.first = first
    self.terminal = terminal
    self.now = now
    begin = now()
    state = Mutex(State(done: first, shownDone: first))
  }

  /// Takes note that more was done, with a word on what, such as a loss.
  package func advance(by steps: Int = 1, note: String? = nil) {
    state.withLock { state in
      state.done += steps
      if let note { state.note = printable(note, limit: 200) }
      show(&state)
    }
  }

  /// Takes note of how much is done altogether.
  package func update(to done: Int, note: String? = nil) {
    state.withLock { state in
      state.done = done
      if let note { state.note = printable(note, limit: 200) }
      show(&state)
    }
  }

  /// Takes the bar off the screen, to print something else; it comes back with the next step.
  package func clear() {
    state.withLock { clear(&$0) }
  }

  /// Ends with a line on how long it took, if the bar was ever shown.
  package func finish() {
    state.withLock { state in
      guard !state.isFinished else { return }
      state.isFinished = true
      clear(&state)
      guard state.shownAt != nil else { return }
      let elapsed = (now() - begin) / .seconds(1)
      terminal.write("\(label): \(state.done) \(unit) in \(durationText(elapsed))\n")
    }
  }

  private func clear(_ state: inout State) {
    if state.isDrawn { terminal.write("\r\u{1B}[K") }
    state.isDrawn = false
  }

  private func show(_ state: inout State) {
    let time = now()
    let elapsed = (time - begin) / .seconds(1)
    guard !state.isFinished, elapsed >= 2 else { return }
    if let shownAt = state.shownAt {
      let pause = (time - shownAt) / .seconds(1)
      if terminal.isInteractive {
        guard pause >= 0.1 else { return }
      } else {
        let progress = state.done - state.shownDone
        guard pause >= 30 || pause >= 2 && progress * 10 >= total && progress > 0 else { return }
      }
    }
    state.shownAt = time
    state.shownDone = state.done
    let facts = facts(state, elapsed)
    guard terminal.isInteractive else {
      terminal.write("\(label): \(facts.joined(separator: ", "))\n")
      return
    }
    state.isDrawn = true
    terminal.write("\r" + line(state, facts) + "\u{1B}[K")
  }

  private func line(_ state: State, _ facts: [String]) -> String {
    let cells = 20
    let share = total > 0 ? min(max(Double(state.done) / Double(total), 0), 1) : 0
    let full = Int(share * Double(cells))
    let bar = String(repeating: "█", count: full) + String(repeating: "░", count: cells - full)
    let text = "\(label) \(bar) \(facts.joined(separator: ", "))"
    // A line that wraps could not be drawn over.
    return String(text.prefix(terminal.width - 1))
  }

  private func facts(_ state: State, _ elapsed: Double) -> [String] {
    let percent = total > 0 ? state.done * 100 / total : 0
    var facts = ["\(state.done) of \(total) \(unit) (\(percent) %)"]
    let rate = Double(state.done - first) / elapsed
    if rate > 0 {
      facts.append(
        rate >= 1
          ? "\((rate * 10).rounded() / 10) \(unit)/s" : "\(durationText(1 / rate)) each")
      if state.done < total {
        facts.append("\(durationText(Double(total - state.done) / rate)) left")
      }
    }
    return state.note.isEmpty ? facts : facts + [state.note]
  }
}

/// A duration for people: `8.3 s`, `2 min 5 s`, `3 h 20 min`.
package func durationText(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds < 1e9 else { return "very long" }
  if seconds < 10 { return "\((seconds * 10).rounded() / 10) s" }
  let whole = Int(seconds.rounded())
  switch whole {
  case ..<60: return "\(whole) s"
  case ..<3_600: return "\(whole / 60) min \(whole % 60) s"
  default: return "\(whole / 3_600) h \(whole % 3_600 / 60) min"
  }
}
