import ArgumentParser
import Coursework
import Curriculum

struct Watch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check a sheet whenever you save, and say what to do next.",
    discussion: """
      Builds your sheet's program and checks it, again and again as Answers.swift changes. Shows \
      what has changed since the last time, and the exercise to go on with.

      Keys: h shows the next hint to that exercise, r checks again, q quits, as Ctrl-C does. Without \
      a terminal there are no keys, and everything is plain lines.
      """)

  @Argument(help: ArgumentHelp("A sheet, as in 1.", valueName: "sheet"))
  var sheet: String

  func run() async throws {
    let selection = try Selection(sheet)
    guard selection.sheets.count == 1, !sheet.contains(".") else {
      throw CommandError("a whole sheet is watched; give its number, as in 1")
    }
    try await WatchSession.run(selection.sheets[0].sheet)
  }
}
