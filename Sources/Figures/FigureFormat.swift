public import Foundation

/// The kinds of file a figure is written as, chosen by the file's extension.
public enum FigureFormat: String, CaseIterable, Sendable {
  /// Pixels, at ``Figure/data(as:dpi:)``'s resolution.
  case png
  /// Vectors for the web; text is drawn as outlines, so it looks the same everywhere.
  case svg
  /// Vectors for a paper; text is an embedded subset of the font and can be searched.
  case pdf

  /// The format a file's extension names.
  ///
  /// - Throws: ``FigureError`` when the extension is none of `png`, `svg` and `pdf`.
  public init(fileAt url: URL) throws {
    let found = url.pathExtension
    guard let format = FigureFormat(rawValue: found.lowercased()) else {
      let what = found.isEmpty ? "has no extension" : "ends in .\(found)"
      throw FigureError(
        "A figure is written as .png, .svg or .pdf, but \(url.lastPathComponent) \(what); "
          + "choose one of the three.")
    }
    self = format
  }
}
