import Tensors

/// One head's attention, the size of a stamp.
struct Thumbnail {
  let pattern: Tensor
  let head: Int
  let threshold: Double
  let colour: Colour

  /// How many opacities there are.
  ///
  /// Lines of one opacity are one stroke, which is what makes a
  /// page of 144 heads quick.
  private static let levels = 16

  func draw(on canvas: Canvas, in cell: Box) {
    canvas.fill(cell, Colour(hex: 0xF7F7F7))
    canvas.stroke(cell, .hairline, width: 0.4)
    let (queries, keys) = (pattern.shape[1], pattern.shape[2])
    let inner = cell.inset(by: 2.5)
    let pitch = inner.height / Double(max(queries, keys))
    let width = max(0.35, min(1.2, pitch * 0.5))
    var lines = [[(Point, Point)]](repeating: [], count: Self.levels + 1)
    pattern.withUnsafeValues { values in
      var index = head * queries * keys
      for query in 0..<queries {
        for key in 0..<keys {
          let weight = min(Double(values[index]), 1)
          index += 1
          guard weight >= threshold && weight > 0 else { continue }
          lines[Int((weight * Double(Self.levels)).rounded())].append(
            (
              Point(inner.x, inner.y + (Double(query) + 0.5) * pitch),
              Point(inner.maxX, inner.y + (Double(key) + 0.5) * pitch)
            ))
        }
      }
    }
    for (level, lines) in lines.enumerated() {
      // What rounds to nothing is above the threshold all the same: it is drawn as faintly as seen.
      let opacity = level == 0 ? 0.4 / Double(Self.levels) : Double(level) / Double(Self.levels)
      canvas.lines(lines, colour.opacity(opacity), width: width)
    }
  }
}
