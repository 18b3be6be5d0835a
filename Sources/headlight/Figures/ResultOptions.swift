import ArgumentParser
import Figures
import Foundation

/// Where a result goes that can be drawn, printed as numbers, or both.
struct ResultOptions: ParsableArguments {
  @OptionGroup var picture: PictureOptions
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Where to draw; the extension chooses the format.", valueName: "file.png|svg|pdf"))
  var output: String?
  @Flag(help: "Print JSON, for programs.")
  var json = false

  func validate() throws {
    guard output != nil || json else {
      throw ValidationError(
        "nothing would come of it: give --output for a figure, --json for numbers, or both")
    }
    if let output { try PictureOptions.checkFormat(of: output) }
  }

  /// Draws and prints what `result` is asked to be, and looks at the place for it before the work.
  ///
  /// - Parameters:
  ///   - result: Does the work.
  ///   - figure: What is drawn of it, under a title.
  ///   - report: What is printed of it.
  func deliver<Result>(
    _ result: () throws -> Result, figure: (Result, _ title: String?) throws -> any Figure,
    report: (Result) throws -> some Encodable
  ) throws {
    let url = try output.map(OutputFile.url)
    let result = try result()
    if let url {
      try figure(result, picture.title).write(to: url, dpi: picture.dpi)
      // With --json the numbers alone go to standard output.
      if !json { print("Wrote \(output!).") }
    }
    if json { print(try jsonText(report(result))) }
  }
}
