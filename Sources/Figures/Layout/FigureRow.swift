/// Figures side by side, under one title.
public struct FigureRow: Figure {
  /// The figures, from left to right; their tops are level.
  public var figures: [any Figure]
  /// What the figures show together.
  public var title: String

  /// Some figures in a row.
  public init(_ figures: [any Figure], title: String = "") {
    self.figures = figures
    self.title = title
  }

  /// Lays every figure out, and the row.
  ///
  /// - Throws: ``FigureError`` when there is no figure, or one cannot be drawn.
  public func picture() throws -> Picture {
    guard !figures.isEmpty else {
      throw FigureError("A row of figures needs at least one figure to draw.")
    }
    let pictures = try figures.map { try $0.picture() }
    let width = pictures.reduce(0) { $0 + $1.size.width }
    let margin = Margin.page
    let heading = TextBlock(title, style: .title, width: width - 2 * margin)
    let top = heading.lines.isEmpty ? 0 : margin + heading.height
    let height = pictures.map(\.size.height).max() ?? 0
    return Picture(size: FigureSize(width: width, height: top + height)) { canvas in
      heading.draw(on: canvas, at: Point(margin, margin))
      var x = 0.0
      for picture in pictures {
        canvas.translated(to: Point(x, top)) { picture.draw(canvas) }
        x += picture.size.width
      }
    }
  }
}
