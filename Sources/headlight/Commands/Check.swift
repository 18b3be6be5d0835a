import Answering
import ArgumentParser
import Coursework
import Foundation

struct Check: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check your answers.",
    discussion: """
      Builds your sheet's program if you changed it, and asks it every exercise in a process of its \
      own, so that a trap or an endless loop in one answer costs that exercise alone. Results go \
      into your progress (see: headlight status).

      The exit code is 0 when nothing is wrong; what is not answered yet is not wrong.
      """)

  @Argument(
    help: ArgumentHelp(
      "A sheet, as in 1, or an exercise, as in 1.5; every sheet when left out.",
      valueName: "sheet-or-exercise"))
  var selection: String?

  func run() async throws {
    let selection = try Selection(selection)
    var isFine = true
    for (index, part) in selection.sheets.enumerated() {
      let program = ThisProgram.sibling(part.sheet.program)
      try SheetProgram(program, of: part.sheet).prepare()
      if index > 0 { Terminal.standardOutput.print() }
      let session = CheckSession(
        sheet: part.sheet, exercises: part.exercises,
        checker: ProcessChecker(command: [program.path]),
        progress: ProgressFile(package: PackageCheckout.courseFolder()),
        terminal: .standardOutput)
      isFine = await session.run() && isFine
      Terminal.standardOutput.noteImports(
        of: part.sheet, in: PackageCheckout.courseFolder())
    }
    if !isFine { throw ExitCode(1) }
  }
}
