import Answering
package import Foundation

/// The program of a sheet: a walk through its exercises and figures in the terminal.
///
/// A sheet's `main.swift` is three lines:
/// ```swift
/// import AttentionExercises
/// import Coursework
///
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
        return Data()
      }
    case .hint(let exercise, let all):
      end(after: {
        try ProgressFile(package: PackageCheckout.courseFolder())
          .showHint(to: exercise, all: all, in: .standardOutput)
      })
    case .status:
      end(after: {
        let loaded = try ProgressFile(package: PackageCheckout.courseFolder()).load()
        if let notice = loaded.notice {
          Terminal.standardError.print("Note: \(printable(notice))", style: .yellow)
        }
        StatusReport(of: [sheet], loaded.progress).print(to: .standardOutput)
      })
    case .watch:
      do { try await WatchSession.run(sheet) } catch { end(after: { throw error }) }
      exit(0)
    case .walk(let exercises, let drawsFigures, let model):
      let code = await walk(
        exercises, drawsFigures: drawsFigures, model: model, command: [ThisProgram.url.path],
        package: PackageCheckout.courseFolder(), terminal: .standardOutput)
      exit(code)
    }
  }

  /// Ends the process after some work; what it throws is said in a sentence.
  private func end(after work: () throws -> Void) -> Never {
    do { try work() } catch {
      Terminal.standardError.print("\(printable(sentence(for: error), keepingLines: true))")
      exit(1)
    }
    exit(0)
  }

  /// Checks exercises, draws figures, and prints what comes of it.
  package func walk(
    _ exercises: [Exercise], drawsFigures: Bool, model: FigureModel? = nil,
    command: [String], package folder: URL, terminal: Terminal, now: Date = Date()
  ) async -> Int32 {
    var session = CheckSession(
      sheet: sheet, exercises: exercises, checker: ProcessChecker(command: command),
      progress: keepsProgress ? ProgressFile(package: folder) : nil, terminal: terminal)
    session.isWalk = true
    var isFine = await session.run(at: now)
    if keepsProgress { terminal.noteImports(of: sheet, in: folder) }
    if drawsFigures, !sheet.figures.isEmpty {
      isFine =
        await drawFigures(of: model, command: command, package: folder, terminal: terminal)
        && isFine
    }
    return isFine ? 0 : 1
  }
}
