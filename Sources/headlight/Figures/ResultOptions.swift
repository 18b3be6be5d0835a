import ArgumentParser
import Figures
import Foundation

/// Where a result goes that can be drawn, printed as numbers, or both.
struct ResultOptions: ParsableArguments {
  @OptionGroup var picture: PictureOptions
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Where to draw; the extension chooses the format, of which html is a page to point at, with the numbers.",
      valueName: "file.png|svg|pdf|html"))
  var output: String?
  @Flag(help: "Print JSON, for programs.")
  var json = false

  func validate() throws {
    guard output != nil || json else {
      throw ValidationError(
        "nothing would come of it: give --output for a figure, --json for numbers, or both")
    }
    guard let output, !OutputFile.isPage(output) else { return }
    guard (try? FigureFormat(fileAt: URL(fileURLWithPath: output))) != nil else {
      throw ValidationError(
        "--output is “\(output)”, and a result is drawn as .png, .svg, .pdf or .html; choose one of "
          + "the four")
    }
  }

  /// Refuses a figure that could not be drawn, before the work that it would show.
  ///
  /// - Parameters:
  ///   - figure: One of the same size, under a title.
  ///   - advice: What makes it smaller, as an imperative.
  func checkSize(of figure: (_ title: String?) throws -> any Figure, advice: String) throws {
    guard let output else { return }
    // A page holds its pictures as SVG.
    let format = (try? FigureFormat(fileAt: URL(fileURLWithPath: output))) ?? .svg
    do { try figure(picture.title).checkSize(as: format, dpi: picture.dpi) } catch {
      throw CommandError("\(error) \(advice)")
    }
  }

  /// Draws and prints what `result` is asked to be, and looks at the place for it before the work.
  ///
  /// - Parameters:
  ///   - work: What may have been stopped before its end; the command then ends as one that was
  ///     interrupted, after all that is there has been written.
  ///   - next: What comes after it and may be stopped too.
  ///   - result: Does the work.
  ///   - figure: What is drawn of it, under a title.
  ///   - report: What is printed of it.
  ///   - remark: What is said of it beside: printed, or where it is a warning or numbers alone are printed,
  ///     noted.
  func deliver<Result>(
    watching work: Work? = nil, then next: Work? = nil, _ result: () throws -> Result,
    figure: (Result, _ title: String?) throws -> any Figure,
    report: (Result) throws -> some Encodable,
    remark: (Result) -> (text: String, isWarning: Bool)? = { _ in nil }
  ) throws {
    let url = try output.map { try OutputFile.url($0) }
    let result = try result()
    for part in [work, next] { part?.finish() }
    let text = json || output.map(OutputFile.isPage) ?? false ? try jsonText(report(result)) : ""
    // Before the figure, which may fail to be drawn or written, so that the work is not lost.
    if json { print(text) }
    if let url {
      let figure = try figure(result, picture.title)
      if OutputFile.isPage(output!) {
        try FigurePage(
          title: picture.title ?? url.deletingPathExtension().lastPathComponent,
          figures: [figure], numbers: text
        ).write(to: url)
      } else {
        try figure.write(to: url, dpi: picture.dpi)
      }
      // With --json the numbers alone go to standard output.
      if !json { print("Wrote \(output!).") }
    }
    if let remark = remark(result) {
      // JSON has the numbers already.
      if remark.isWarning { note(remark.text) } else if !json { print("Here \(remark.text).") }
    }
    for part in [work, next] { try part?.end() }
  }
}
