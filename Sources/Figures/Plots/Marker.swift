import Foundation

/// The shapes that tell series apart without colour.
enum Marker: Int, CaseIterable {
  case circle, square, triangle, diamond, fallingTriangle, cross, plus, hexagon

  init(series index: Int) { self = Self.allCases[index % Self.allCases.count] }

  /// Draws the shape with about the same area whatever it is.
  func draw(on canvas: Canvas, at centre: Point, radius: Double, _ colour: Colour) {
    func polygon(_ corners: Int, turn: Double, _ scale: Double) {
      let points = (0..<corners).map { corner in
        let angle = (Double(corner) / Double(corners) * 360 + turn) * .pi / 180
        return Point(
          centre.x + radius * scale * cos(angle), centre.y + radius * scale * sin(angle))
      }
      canvas.polygon(points, fill: colour)
    }
    func strokes(_ turn: Double) {
      for angle in [turn, turn + 90].map({ $0 * .pi / 180 }) {
        let (dx, dy) = (1.25 * radius * cos(angle), 1.25 * radius * sin(angle))
        canvas.line(
          [Point(centre.x - dx, centre.y - dy), Point(centre.x + dx, centre.y + dy)], colour,
          width: 1.2)
      }
    }
    switch self {
    case .circle: canvas.circle(at: centre, radius: radius, fill: colour)
    case .square: polygon(4, turn: 45, 1.25)
    case .triangle: polygon(3, turn: -90, 1.45)
    case .diamond: polygon(4, turn: 0, 1.35)
    case .fallingTriangle: polygon(3, turn: 90, 1.45)
    case .cross: strokes(45)
    case .plus: strokes(0)
    case .hexagon: polygon(6, turn: 0, 1.1)
    }
  }
}
