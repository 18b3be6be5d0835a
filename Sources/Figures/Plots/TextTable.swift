/// Texts in rows, each behind the name of its row, such as what a model writes layer by layer.
public struct TextTable: Figure {
  /// The name of each row and its text; nil for one that is missing.
  public var rows: [(name: String, text: String?)]
  /// What the figure shows.
  public var title: String
  /// What the rows are.
  public var rowTitle: String
  /// What the texts are.
  public var textTitle: String
  /// The width of the texts, in points; longer ones are broken into lines.
  public var textWidth = 320.0

  /// A table of texts.
  public init(
    _ rows: [(name: String, text: String?)], title: String = "", rowTitle: String = "",
    textTitle: String = ""
  ) {
    self.rows = rows
    self.title = title
    self.rowTitle = rowTitle
    self.textTitle = textTitle
  }

  /// Checks the rows and lays the table out.
  ///
  /// - Throws: ``FigureError`` when there is no row, or the texts have no room.
  public func picture() throws -> Picture {
    guard !rows.isEmpty else { throw FigureError("A table of texts needs at least one row.") }
    guard textWidth.isFinite, textWidth >= 60 else {
      throw FigureError("The texts of a table need a width of 60 points, not \(textWidth).")
    }
    let margin = Margin.page
    let headings = [rowTitle, textTitle].map { TextBlock($0, style: .axis, width: textWidth) }
    let names = rows.map { VisibleText.token($0.name, style: .label, maximumWidth: 110) }
    let texts = rows.map { row in
      row.text.map {
        TextBlock($0.isEmpty ? "∅" : $0, style: .label, width: textWidth)
      } ?? TextBlock("not finished", style: .note, width: textWidth)
    }
    let nameWidth = max(
      headings[0].width, names.map { TextStyle.label.width(of: $0) }.max() ?? 0)
    let heading = TextBlock(title, style: .title, width: nameWidth + 12 + textWidth)
    let (pad, line) = (3.0, TextStyle.label.height)
    let heights = texts.map { max($0.height, line) + 2 * pad }
    let top = margin + (heading.lines.isEmpty ? 0 : heading.height + Margin.belowTitle)
    let headingHeight = headings.map(\.height).max() ?? 0
    let first = top + headingHeight + (headingHeight > 0 ? pad : 0)
    let width = nameWidth + 12 + max(textWidth, headings[1].width)
    let size = FigureSize(
      width: max(width, heading.width) + 2 * margin,
      height: first + heights.reduce(0, +) + margin)
    return Picture(size: size) { canvas in
      heading.draw(on: canvas, at: Point(margin, margin))
      headings[0].draw(on: canvas, at: Point(margin, top))
      headings[1].draw(on: canvas, at: Point(margin + nameWidth + 12, top))
      var y = first
      for (index, text) in texts.enumerated() {
        canvas.line([Point(margin, y), Point(margin + width, y)], .hairline, width: 0.5)
        canvas.text(
          names[index], at: Point(margin + nameWidth, y + pad + line / 2), .label, anchor: .end)
        text.draw(on: canvas, at: Point(margin + nameWidth + 12, y + pad))
        y += heights[index]
      }
      canvas.line([Point(margin, y), Point(margin + width, y)], .hairline, width: 0.5)
    }
  }
}
