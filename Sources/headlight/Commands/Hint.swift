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
    guard exercise.contains("."), let chosen = selection.sheets[0].exercises.first else {
      let sheet = selection.sheets[0].sheet
      throw CommandError(
        "hints belong to an exercise, and sheet \(sheet.number) has several; give one, as in "
          + "\(sheet.exercises[0].id)")
    }
    try file.showHint(to: chosen, all: all, in: terminal)
  }
}
