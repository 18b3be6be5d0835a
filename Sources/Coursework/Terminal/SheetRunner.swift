import Answering
package import Foundation

/// The program of a sheet: a walk through its exercises and figures in the terminal.
///
/// A sheet's `main.swift` is three lines:
/// ```swift
/// import Coursework
/// import Curriculum
/// await SheetRunner(AttentionSheet.sheet, answers: Answers()).main()
/// ```
/// Answers are asked in processes of their own, this very program called with `--answer`, so that
/// a trap or an endless loop in one leaves the others be.
public struct SheetRunner: Sendable {
  let sheet: Sheet
  let answers: any Sendable
  let keepsProgress: Bool

  /// The program of a sheet, for a student's answers.
  ///
  /// - Parameter keepsProgress: whether results go into the student's progress file; a solution's
  ///   do not.
  public init(_ sheet: Sheet, answers: any Sendable, keepsProgress: Bool = true) {
    self.sheet = sheet
    self.answers = answers
    self.keepsProgress = keepsProgress
  }

  /// Does what the command line asks for, and ends the process.
  ///
  /// The exit code is 0 when no exercise is wrong and every figure was drawn, 1 when one is or was
  /// not, 64 when the command line is not understood.
  public func main() async -> Never {
    let arguments = Array(CommandLine.arguments.dropFirst())
    let request: Request
    do { request = try Request(arguments, sheet: sheet) } catch {
      Terminal.standardError.print("\(error)")
      Terminal.standardError.print(Request.usage(sheet))
      exit(64)
    }
    switch request {
    case .help:
      Terminal.standardOutput.print(Request.usage(sheet))
      exit(0)
    case .answer:
      AnswerLoop.serve { [answers, asks = sheet.asks] in try asks.all.answer(answers, to: $0) }
    case .draw(let folder, let model):
      AnswerLoop.serve { name in
        let name = String(decoding: name, as: UTF8.self)
        try FigureModel.$current.withValue(model) { try draw(name, in: folder) }
        // The folder may be out of the asking process's reach.
        return try Data(contentsOf: folder.appending(path: name))
      }
    case .walk(let exercises, let drawsFigures, let model):
      let code = await walk(
        exercises, drawsFigures: drawsFigures, model: model, command: [ThisProgram.url.path],
        package: PackageCheckout.courseFolder(), terminal: .standardOutput)
      exit(code)
    }
  }

  /// Checks exercises, draws figures, and prints what comes of it.
  package func walk(
    _ exercises: [Exercise], drawsFigures: Bool, model: FigureModel? = nil,
    command: [String], package folder: URL, terminal: Terminal, now: Date = Date()
  ) async -> Int32 {
    let page = SheetPage(sheet: sheet, terminal: terminal)
    let isWhole = exercises.count == sheet.exercises.count
    if isWhole { page.printHeader() }
    let bar = ProgressBar("Checking", total: exercises.count, unit: "exercises")
    var results: [ExerciseResult] = []
    for exercise in exercises {
      let result = await ProcessChecker(command: command).check(exercise)
      results.append(result)
      bar.clear()
      page.print(result, of: exercise)
      bar.advance()
    }
    bar.finish()
    if isWhole { page.printSummary(results) }
    record(results, package: folder, terminal: terminal, at: now)

    var isFine = results.allSatisfy { $0.isSettled || $0.status == .unanswered }
    if drawsFigures, !sheet.figures.isEmpty {
      isFine =
        await drawFigures(of: model, command: command, package: folder, terminal: terminal)
        && isFine
    }
    return isFine ? 0 : 1
  }

  private func record(
    _ results: [ExerciseResult], package: URL, terminal: Terminal, at date: Date
  ) {
    guard keepsProgress else { return }
    do {
      let notice = try ProgressFile(package: package).update { progress in
        for result in results { progress.record(result, at: date) }
      }
      if let notice { terminal.print("Note: \(printable(notice))", style: .yellow) }
    } catch {
      terminal.print("Note: \(printable("\(error)"))", style: .yellow)
    }
  }
}
