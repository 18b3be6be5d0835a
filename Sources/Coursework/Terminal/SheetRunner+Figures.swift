import Answering
import Files
import Foundation

extension SheetRunner {
  /// How many seconds all figures of a sheet may take; models from elsewhere may be large.
  private static func figureSeconds(of model: FigureModel?) -> Double { model == nil ? 120 : 1_800 }

  /// Draws every figure under `Figures`, in a process of their own, and says what became of each.
  ///
  /// A figure that fails leaves the others be. One that shows an answer not given yet waits for it.
  /// Figures of another model than the sheet's own are in a folder of that model's name.
  func drawFigures(
    of model: FigureModel?, command: [String], package: URL, terminal: Terminal
  ) async -> Bool {
    let place =
      "Figures/\(sheet.folder)" + (model.map { "/\($0.name)" } ?? "")
    let folder = package.appending(path: place)
    terminal.print()
    terminal.print("Figures", style: .bold)
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      terminal.print(
        "The folder \(folder.path) could not be made: \(printable(sentence(for: error)))",
        style: .red)
      return false
    }
    let checker = ProcessChecker(command: command)
    let figures = sheet.figures
    let bar = ProgressBar("Drawing", total: figures.count, unit: "figures")
    let replies = await checker.process(
      arguments: ["--draw", folder.path] + (model.map { ["--model", $0.value] } ?? [])
    )
    .ask(figures.map { Data($0.name.utf8) }, seconds: Self.figureSeconds(of: model)) {
      index, reply in
      bar.clear()
      report(reply, figures[index], in: place, terminal)
      bar.advance()
    }
    bar.finish()
    return replies.allSatisfy {
      switch $0 {
      case .answered, .unanswered: true
      case .threw, .ended: false
      }
    }
  }

  private func report(
    _ reply: AnswerProcess.Reply, _ figure: SheetFigure, in place: String,
    _ terminal: Terminal
  ) {
    let path = "\(place)/\(figure.name)"
    switch reply {
    case .answered:
      terminal.print("\(path): \(figure.caption)", lead: "✓ ", leadStyle: .green)
    case .unanswered:
      terminal.print("\(path) waits for an answer of yours", lead: "○ ", leadStyle: .dim)
    case .threw(let message):
      terminal.print(
        "\(path) was not drawn: \(printable(message))", lead: "✗ ", leadStyle: .red)
    case .ended(let ending):
      let verdict = ending.verdict
      let reason = [verdict.message, verdict.detail].compactMap { $0 }.joined(separator: "; ")
      terminal.print("\(path) was not drawn: \(reason)", lead: "✗ ", leadStyle: .red)
    }
  }

  /// Draws one figure beside its place and moves it there, so that no half-drawn file is ever seen.
  func draw(_ name: String, in folder: URL) throws {
    guard let figure = sheet.figures.first(where: { $0.name == name }) else {
      throw DrawingError(description: "sheet \(sheet.number) has no figure \(name)")
    }
    let place = folder.appending(path: name)
    let unfinished = AtomicFile.hidden(beside: place)
    defer { try? FileManager.default.removeItem(at: unfinished) }
    do { try figure.draw(Asking(sheet.asks, of: answers), unfinished) } catch {
      // A picture of an answer that is no longer there would pass for this one's.
      try? FileManager.default.removeItem(at: place)
      throw error
    }
    try AtomicFile.move(unfinished, to: place)
  }
}

/// A figure that could not be drawn.
struct DrawingError: Error, CustomStringConvertible {
  let description: String
}
