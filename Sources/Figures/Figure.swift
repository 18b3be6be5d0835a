public import Foundation

/// A figure as a value: data and style, which lay themselves out to a picture.
///
/// The same value gives the same bytes, in every process.
public protocol Figure: Sendable {
  /// Checks the input and lays the figure out.
  ///
  /// - Throws: ``FigureError`` when the data cannot be drawn.
  func picture() throws -> Picture
}

/// A figure that is laid out: a size in points (1/72 inch), and what to draw on it.
public struct Picture {
  /// Width and height in points.
  public let size: FigureSize
  package let draw: (Canvas) -> Void

  package init(size: FigureSize, draw: @escaping (Canvas) -> Void) {
    self.size = size
    self.draw = draw
  }
}

/// Width and height in points, of which an inch has 72.
public struct FigureSize: Equatable, Sendable {
  /// Points from left to right.
  public var width: Double
  /// Points from top to bottom.
  public var height: Double

  /// A size in points.
  public init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }
}

extension Figure {
  /// The size the figure takes, in points.
  public var size: FigureSize { get throws { try picture().size } }

  /// The same figure with some of its properties changed.
  public func styled(_ change: (inout Self) throws -> Void) rethrows -> Self {
    var copy = self
    try change(&copy)
    return copy
  }

  /// Whether the figure can be drawn at all, from its size alone: for data that would be long to come by.
  ///
  /// - Throws: ``FigureError`` when it cannot.
  package func checkSize(as format: FigureFormat, dpi: Double) throws {
    _ = try Canvas.checkedSize(picture().size, format: format, dpi: dpi)
  }

  /// Draws the figure with its top left corner at the canvas's origin.
  package func draw(on canvas: Canvas) throws {
    try picture().draw(canvas)
    try canvas.check()
  }

  /// The figure as the bytes of a file.
  ///
  /// - Parameters:
  ///   - format: what kind of file.
  ///   - dpi: pixels an inch, for PNG alone.
  /// - Throws: ``FigureError`` when the data cannot be drawn, or not at this resolution.
  public func data(as format: FigureFormat, dpi: Double = 200) throws -> Data {
    let picture = try picture()
    let canvas = try Canvas(size: picture.size, format: format, dpi: dpi)
    picture.draw(canvas)
    return try canvas.finish()
  }

  /// The figure as a PNG file's bytes.
  public func pngData(dpi: Double = 200) throws -> Data { try data(as: .png, dpi: dpi) }

  /// Writes the figure as PNG, SVG or PDF, as the file's extension says.
  ///
  /// The file appears whole or not at all: it is written beside its place and then renamed.
  ///
  /// If letters had to be written as code points, a note on standard error names them, and the
  /// package to install; a program says it once.
  ///
  /// - Throws: ``FigureError`` when the data cannot be drawn or the file cannot be written.
  public func write(to url: URL, dpi: Double = 200) throws {
    try writeFigure(data(as: FigureFormat(fileAt: url), dpi: dpi), to: url)
    if let note = MissingLetters.shared.takeNote() {
      FileHandle.standardError.write(Data("\(note)\n".utf8))
    }
  }
}
