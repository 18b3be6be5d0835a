/// A title or a note, broken into lines that fit a width.
package struct TextBlock {
  package let lines: [String]
  let style: TextStyle

  package init(_ text: String, style: TextStyle, width: Double) {
    self.style = style
    var lines: [String] = []
    for word in VisibleText.plain(text).split(separator: " ") {
      let word = VisibleText.shortened(String(word), style: style, maximumWidth: width)
      if let last = lines.last, style.width(of: last + " " + word) <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(word)
      }
    }
    self.lines = lines
  }

  package var height: Double { Double(lines.count) * style.height }
  package var width: Double { lines.map { style.width(of: $0) }.max() ?? 0 }

  /// Draws the lines below one another from a top left corner.
  func draw(on canvas: Canvas, at corner: Point) {
    for (index, line) in lines.enumerated() {
      canvas.text(
        line, at: Point(corner.x, corner.y + (Double(index) + 0.5) * style.height), style)
    }
  }

  /// Draws the lines centred about a point, turned to be read from below.
  func drawUpwards(on canvas: Canvas, centredAt point: Point) {
    for (index, line) in lines.enumerated() {
      let offset = (Double(index) + 0.5) * style.height - height / 2
      canvas.text(line, at: Point(point.x + offset, point.y), style, anchor: .middle, angle: -90)
    }
  }

  /// Draws the lines centred below one another from a top edge.
  func drawCentred(on canvas: Canvas, at top: Point) {
    for (index, line) in lines.enumerated() {
      canvas.text(
        line, at: Point(top.x, top.y + (Double(index) + 0.5) * style.height), style,
        anchor: .middle)
    }
  }
}
