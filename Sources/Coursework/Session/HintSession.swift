import Answering

extension ProgressFile {
  /// Shows the next hint to an exercise, or all of them, and remembers what was seen.
  package func showHint(to exercise: Exercise, all: Bool, in terminal: Terminal) throws {
    var shown: [(number: Int, text: String)] = []
    var wasLast = false
    let notice = try update { progress in
      wasLast = progress[exercise.id].hintsRevealed >= exercise.hints.count
      if all {
        progress[exercise.id].hintsRevealed = exercise.hints.count
        shown = exercise.hints.enumerated().map { ($0.offset + 1, $0.element) }
      } else {
        shown = [progress.revealHint(of: exercise)]
      }
    }
    if let notice { terminal.print("Note: \(printable(notice))", style: .yellow) }
    terminal.print("\(exercise.id) \(exercise.title)", style: .bold)
    for hint in shown {
      terminal.print(hint.text, lead: "Hint \(hint.number) of \(exercise.hints.count): ")
    }
    let left = exercise.hints.count - (shown.last?.number ?? 0)
    terminal.print(
      left > 0
        ? "\(left) \(left == 1 ? "hint is" : "hints are") left."
        : wasLast && !all ? "That was the last hint; --all shows every one." : "No hint is left.",
      style: .dim)
  }
}
