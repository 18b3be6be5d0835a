import Foundation

/// Names beside points, where they touch neither one another nor a point.
struct LabelPlacement {
  /// A name that has found its place.
  private struct Name {
    let text: String
    let box: Box
    let point: Point

    /// The end of the line that leads from the point to the name.
    var near: Point {
      Point(min(max(point.x, box.x), box.maxX), min(max(point.y, box.y), box.maxY))
    }

    var isFar: Bool { hypot(near.x - point.x, near.y - point.y) > 7 }

    func leader(crosses other: Box) -> Bool {
      guard isFar else { return false }
      return (0...24).contains { step in
        let fraction = Double(step) / 24
        let x = point.x + (near.x - point.x) * fraction
        let y = point.y + (near.y - point.y) * fraction
        return other.x < x && x < other.maxX && other.y < y && y < other.maxY
      }
    }
  }

  private let placed: [Name]
  /// How many names found no place.
  let omitted: Int

  /// Tries the places around each point, near ones first, and takes the first that is free.
  ///
  /// - Parameters:
  ///   - labels: a name for each point, empty for none.
  ///   - points: where the points are drawn.
  ///   - bounds: what names may not leave.
  init(labels: [String], at points: [Point], inside bounds: Box) {
    let style = TextStyle.label.sized(7)
    let marks = points.map { Box(x: $0.x - 3, y: $0.y - 3, width: 6, height: 6) }
    var placed: [Name] = []
    var omitted = 0
    let angles = [0.0, -45, 45, -90, 90, 180, -135, 135, -20, 20, -70, 70, -110, 110, -160, 160]
    for (label, point) in zip(labels, points) where !label.isEmpty {
      let text = VisibleText.token(label, style: style, maximumWidth: 90)
      let width = style.width(of: text)
      let place = [4.5, 11, 19, 28, 38].lazy.flatMap { distance in
        angles.lazy.map { angle -> Box in
          let (dx, dy) = (cos(angle * .pi / 180), sin(angle * .pi / 180))
          // The box leaves the point in the direction of the angle.
          let centre = Point(
            point.x + dx * (distance + width / 2), point.y + dy * (distance + style.height / 2))
          return Box(
            x: centre.x - width / 2, y: centre.y - style.height / 2, width: width,
            height: style.height)
        }
      }.first { box in
        bounds.contains(box) && !marks.contains { $0.intersects(box) }
          && !placed.contains { $0.box.inset(by: -1.5).intersects(box) || $0.leader(crosses: box) }
          && !placed.contains { Name(text: text, box: box, point: point).leader(crosses: $0.box) }
      }
      if let place {
        placed.append(Name(text: text, box: place, point: point))
      } else {
        omitted += 1
      }
    }
    self.placed = placed
    self.omitted = omitted
  }

  func draw(on canvas: Canvas) {
    let style = TextStyle.label.sized(7)
    for label in placed {
      let box = label.box
      if label.isFar {
        canvas.line([label.point, label.near], .absentHatch, width: 0.4)
      }
      canvas.text(label.text, at: Point(box.x, box.midY), style)
    }
  }
}
