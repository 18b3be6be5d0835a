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
      isFine = try await session.run() && isFine
    }
    if !isFine { throw ExitCode(1) }
  }
}

/// One sheet's exercises being checked.
struct CheckSession: Sendable {
  let sheet: Sheet
  let exercises: [Exercise]
  let checker: ProcessChecker
  let progress: ProgressFile
  let terminal: Terminal

  /// Checks, prints and records; whether nothing is wrong.
  func run(at date: Date = Date()) async throws -> Bool {
    let isWhole = exercises.count == sheet.exercises.count
    if isWhole { terminal.print("Sheet \(sheet.number) · \(sheet.title)", style: .bold) }
    let bar = ProgressBar("Checking", total: exercises.count, unit: "exercises")
    var results: [ExerciseResult] = []
    for exercise in exercises {
      let result = await checker.check(exercise)
      results.append(result)
      bar.clear()
      terminal.print(result, of: exercise)
      bar.advance()
    }
    bar.finish()
    if isWhole { printSum(of: results) }
    record(results, at: date)
    return results.allSatisfy { $0.isSettled || $0.status == .unanswered }
  }

  private func printSum(of results: [ExerciseResult]) {
    let earned = results.reduce(0) { $0 + $1.points }
    let byHand =
      sheet.openPoints > 0
      ? "; your instructor gives up to \(sheet.openPoints) more by hand" : ""
    terminal.print(
      "\(pointsText(earned)) of \(sheet.points - sheet.openPoints) points\(byHand)", style: .bold)
  }

  private func record(_ results: [ExerciseResult], at date: Date) {
    do {
      let notice = try progress.update { progress in
        for result in results { progress.record(result, at: date) }
      }
      if let notice { terminal.print("Note: \(printable(notice))", style: .yellow) }
    } catch {
      terminal.print("Note: \(printable("\(error)"))", style: .yellow)
    }
  }
}
