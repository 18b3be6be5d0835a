/// Figures side by side, under one title; where a row is too long for a page, in several rows.
public struct FigureRow: Figure {
  /// The figures, from left to right; the tops of a row are level.
  public var figures: [any Figure]
  /// What the figures show together.
  public var title: String
  /// How many figures a row holds at most; nil for all of them.
  public var columns: Int?

  /// Some figures in a row.
  public init(_ figures: [any Figure], title: String = "", columns: Int? = nil) {
    self.figures = figures
    self.title = title
    self.columns = columns
  }

  /// Lays every figure out, and the rows.
  ///
  /// - Throws: ``FigureError`` when there is no figure, or one cannot be drawn.
  public func picture() throws -> Picture {
    guard !figures.isEmpty else {
      throw FigureError("A row of figures needs at least one figure to draw.")
    }
    let pictures = try figures.map { try $0.picture() }
    let columns = min(max(columns ?? pictures.count, 1), pictures.count)
    let widths = (0..<columns).map { column in
      stride(from: column, to: pictures.count, by: columns).map { pictures[$0].size.width }.max()!
    }
    let heights = stride(from: 0, to: pictures.count, by: columns).map { first in
      pictures[first..<min(first + columns, pictures.count)].map(\.size.height).max()!
    }
    let width = widths.reduce(0, +)
    let margin = Margin.page
    let heading = TextBlock(title, style: .title, width: width - 2 * margin)
    let top = heading.lines.isEmpty ? 0 : margin + heading.height
    let size = FigureSize(width: width, height: top + heights.reduce(0, +))
    return Picture(size: size) { canvas in
      heading.draw(on: canvas, at: Point(margin, margin))
      for (index, picture) in pictures.enumerated() {
        let (row, column) = (index / columns, index % columns)
        let place = Point(
          widths[..<column].reduce(0, +), top + heights[..<row].reduce(0, +))
        canvas.translated(to: place) { picture.draw(canvas) }
      }
    }
  }
}
