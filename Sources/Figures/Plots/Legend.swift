/// The names of series beside what they look like, one below the other.
struct Legend {
  /// How a series is shown.
  enum Key {
    case line(Colour, Marker?, dash: [Double] = [])
    case point(Colour, Marker)
    case block(Colour)
    case dashes(Colour)
  }

  private let entries: [(name: String, key: Key)]
  private static let keyWidth = 16.0
  private static let lineGap = 3.0

  /// A legend of the series that have names.
  init(_ entries: [(name: String, key: Key)]) {
    self.entries = entries.filter { !$0.name.isEmpty }.map { entry in
      let name = VisibleText.shortened(
        VisibleText.plain(entry.name), style: .label, maximumWidth: 130)
      return (name, entry.key)
    }
  }

  /// The width, or 0 when there is nothing to explain.
  var width: Double {
    entries.isEmpty
      ? 0 : Self.keyWidth + 4 + (entries.map { TextStyle.label.width(of: $0.name) }.max() ?? 0)
  }

  /// The height of all entries.
  var height: Double { Double(entries.count) * (TextStyle.label.height + Self.lineGap) }

  func draw(on canvas: Canvas, at corner: Point) {
    for (index, entry) in entries.enumerated() {
      let y =
        corner.y + (Double(index) + 0.5) * (TextStyle.label.height + Self.lineGap)
      let middle = Point(corner.x + Self.keyWidth / 2, y)
      let ends = [Point(corner.x, y), Point(corner.x + Self.keyWidth, y)]
      switch entry.key {
      case .line(let colour, let marker, let dash):
        canvas.line(ends, colour, width: 1.2, dash: dash)
        marker?.draw(on: canvas, at: middle, radius: 2, colour)
      case .point(let colour, let marker):
        marker.draw(on: canvas, at: middle, radius: 2.4, colour)
      case .block(let colour):
        canvas.fill(Box(x: middle.x - 4, y: y - 4, width: 8, height: 8), colour)
      case .dashes(let colour):
        canvas.line(ends, colour, width: 0.8, dash: [3, 2])
      }
      canvas.text(entry.name, at: Point(corner.x + Self.keyWidth + 4, y), .label)
    }
  }
}
