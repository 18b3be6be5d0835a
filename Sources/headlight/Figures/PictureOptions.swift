import ArgumentParser
import Figures
import Foundation

/// What every picture can be asked for.
struct PictureOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: "The title; one that says what is drawn when left out, none when empty.")
  var title: String?
  @Option(help: "Pixels an inch, in a PNG.")
  var dpi = 200.0

  func validate() throws {
    guard dpi.isFinite, (10...2_400).contains(dpi) else {
      throw ValidationError("--dpi is \(dpi), and must be from 10 to 2400")
    }
  }

  /// - Throws: `ValidationError` when the extension of a file is no format's.
  static func checkFormat(of path: String) throws {
    do { _ = try FigureFormat(fileAt: URL(fileURLWithPath: path)) } catch {
      throw ValidationError("\(error)")
    }
  }
}
