import ArgumentParser
import Figures
import Foundation
import Laboratory

/// Which of its two tokens names a decoder row.
enum RowNames: String, CaseIterable, ExpressibleByArgument, Sendable {
  case reads, predicts
}

/// What every figure of attention asks for.
struct FigureOptions: ParsableArguments {
  @OptionGroup var model: ModelOption
  @OptionGroup var texts: RunTexts
  @Option(
    help: ArgumentHelp(
      "Whether a decoder row, or a row of a causal model, is named by the token it reads or by the "
        + "one it predicts."))
  var rows = RowNames.reads
  @Flag(help: "Put the model's start token in front of a text that has none.")
  var startToken = false
  @OptionGroup var picture: PictureOptions
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Where to write; the extension chooses the format, of which html is a page to point at.",
      valueName: "file.png|svg|pdf|html"))
  var output: String

  func validate() throws {
    guard !OutputFile.isPage(output) else { return }
    guard (try? FigureFormat(fileAt: URL(fileURLWithPath: output))) != nil else {
      throw ValidationError(
        "--output is “\(output)”, and a figure is written as .png, .svg, .pdf or .html; choose one of "
          + "the four")
    }
  }

  /// Runs the model, draws what `figure` makes of it, and says what was written.
  ///
  /// - Parameter page: What a page shows; nil where that is the figure.
  func draw(
    page: ((AttentionRun) throws -> AttentionPage)? = nil,
    _ figure: (AttentionRun) throws -> any Figure
  ) throws {
    let url = try OutputFile.url(output)
    let loaded = try model.load()
    let prepared = try PreparedInput(
      source: texts.source, target: texts.target, startToken: startToken, for: loaded)
    func run(isSketch: Bool = false) throws -> AttentionRun {
      try AttentionRun(
        of: loaded, prepared, source: texts.source, target: texts.target, rows: rows,
        isSketch: isSketch)
    }
    let isPage = OutputFile.isPage(output)
    do {
      let sketch = try run(isSketch: true)
      if isPage, let page {
        try page(sketch).checkSize()
      } else {
        // A page holds its pictures as SVG.
        try figure(sketch).checkSize(
          as: isPage ? .svg : FigureFormat(fileAt: url), dpi: picture.dpi)
      }
    } catch let error as FigureError {
      throw CommandError(
        "\(error) Choose one --stack, --layer or --heads where there are any, or a shorter text.")
    }
    if isPage {
      let done = try run()
      if let page {
        try page(done).write(to: url)
      } else {
        let name = url.deletingPathExtension().lastPathComponent
        try FigurePage(title: picture.title ?? name, figures: [figure(done)]).write(to: url)
      }
      print("Wrote \(output).")
      return
    }
    let figure = try figure(run())
    try figure.write(to: url, dpi: picture.dpi)
    let size = try figure.size
    print("Wrote \(output), \(millimetres(size.width)) × \(millimetres(size.height)) mm.")
  }

  private func millimetres(_ points: Double) -> Int { Int((points / 72 * 25.4).rounded()) }
}

/// Which layer of which attention.
struct LayerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Which attention of an encoder–decoder; left out for a model of a single stack, and for a page of "
        + "all three."))
  var stack: StackChoice?
  @Option(
    help: ArgumentHelp(
      "The layer, from 0; when left out the last one, and in a page all of them.", valueName: "n"))
  var layer: Int?
}

/// What of a pattern is drawn.
struct PatternOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Leave the first token out as something that is looked at, and share what is left of each row "
        + "out again: in large models it takes most of every head."))
  var withoutFirst = false

  /// What a title says of it.
  var mark: String { withoutFirst ? ", without the first token" : "" }
}

/// A list of heads as it is written on the command line: `0,1`.
func heads(_ text: String) throws -> [Int] {
  let rows = try TokenRows(text).rows
  guard rows.count == 1 else { throw CommandError("heads are one list, as in 0,1") }
  var seen: Set<Int> = []
  if let twice = rows[0].first(where: { !seen.insert($0).inserted }) {
    throw CommandError("head \(twice) is listed twice")
  }
  return rows[0]
}
