/// Figures side by side on one page, their upper edges level.
public struct FigureRow: Figure {
  /// The figures from left to right.
  public var figures: [any Figure]

  /// A page of figures.
  public init(_ figures: [any Figure]) { self.figures = figures }

  /// Lays every figure out, one beside the other.
  ///
  /// - Throws: ``FigureError`` when there is no figure, or one of them cannot be drawn.
  public func picture() throws -> Picture {
    guard !figures.isEmpty else { throw FigureError("A row of figures needs at least one figure.") }
    let pictures = try figures.map { try $0.picture() }
    let size = FigureSize(
      width: pictures.reduce(0) { $0 + $1.size.width },
      height: pictures.reduce(0) { max($0, $1.size.height) })
    return Picture(size: size) { canvas in
      var x = 0.0
      for picture in pictures {
        canvas.translated(to: Point(x, 0)) { picture.draw(canvas) }
        x += picture.size.width
      }
    }
  }
}
