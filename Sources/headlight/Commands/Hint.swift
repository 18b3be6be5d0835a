import Answering
import ArgumentParser
import Coursework
import Curriculum

struct Hint: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the next hint to an exercise.",
    discussion: """
      Hints go from a nudge to a near-answer. Each call shows the next one and remembers that you \
      saw it; hints cost no points.
      """)

  @Argument(help: ArgumentHelp("An exercise, as in 1.5.", valueName: "exercise"))
  var exercise: String
  @Flag(help: "Show all hints at once.")
  var all = false

  func run() throws {
    let file = ProgressFile(package: PackageCheckout.courseFolder())
    try show(progress: file, terminal: .standardOutput)
  }

  func show(
    progress file: ProgressFile, terminal: Terminal, course: [Sheet] = Course.sheetsAtHand
  ) throws {
    let selection = try Selection(exercise, in: course)
    guard exercise.contains("."), let facts = selection.sheets[0].exercises.first else {
      let sheet = selection.sheets[0].sheet
      throw CommandError(
        "hints belong to an exercise, and sheet \(sheet.number) has several; give one, as in "
          + "\(sheet.exercises[0].id)")
    }
    var shown: [(number: Int, text: String)] = []
    var wasLast = false
    let notice = try file.update { progress in
      wasLast = progress[facts.id].hintsRevealed >= facts.hints.count
      if all {
        progress[facts.id].hintsRevealed = facts.hints.count
        shown = facts.hints.enumerated().map { ($0.offset + 1, $0.element) }
      } else {
        shown = [progress.revealHint(of: facts)]
      }
    }
    if let notice { terminal.print("Note: \(printable(notice))", style: .yellow) }
    terminal.print("\(facts.id) \(facts.title)", style: .bold)
    for hint in shown {
      terminal.print(hint.text, lead: "Hint \(hint.number) of \(facts.hints.count): ")
    }
    let left = facts.hints.count - (shown.last?.number ?? 0)
    terminal.print(
      left > 0
        ? "\(left) \(left == 1 ? "hint is" : "hints are") left."
        : wasLast && !all ? "That was the last hint; --all shows every one." : "No hint is left.",
      style: .dim)
  }
}
