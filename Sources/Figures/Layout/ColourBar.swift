import Foundation

/// What the colours stand for: a strip of the scale with numbers and a unit.
struct ColourBar {
  static let thickness = 9.0
  let scale: ValueScale
  let ticks: [Double]
  let labels: [String]
  let title: TextBlock
  let length: Double
  let isUpright: Bool

  init(_ scale: ValueScale, title: String, length: Double, isUpright: Bool = true) {
    self.scale = scale
    self.isUpright = isUpright
    self.length = length
    var count = max(2, Int(length / (isUpright ? 32 : 45)))
    var ticks = Numbers.ticks(from: scale.lower, to: scale.upper, about: count)
    while count > 1 && ticks.count > max(2, Int(length / 14)) {
      count -= 1
      ticks = Numbers.ticks(from: scale.lower, to: scale.upper, about: count)
    }
    // A single number tells where zero is, but not how far the colours reach: name both ends, as
    // far out as one digit allows.
    if ticks.count < 2 {
      let reach = max(abs(scale.lower), abs(scale.upper))
      let power = pow(10, floor(log10(reach)))
      let end = (reach / power + 1e-9).rounded(.down) * power
      ticks = [-end, 0, end].filter { scale.lower <= $0 && $0 <= scale.upper }
    }
    self.ticks = ticks
    labels = Numbers.labels(for: ticks)
    self.title = TextBlock(title, style: .axis, width: isUpright ? max(length, 90) : 300)
  }

  private var labelWidth: Double { labels.map { TextStyle.label.width(of: $0) }.max() ?? 0 }

  /// How wide the bar is with its numbers and title, when upright.
  var width: Double {
    Self.thickness + 4 + labelWidth + (title.lines.isEmpty ? 0 : 4 + title.height)
  }

  /// How high the bar is with its title and the numbers at its ends, when upright.
  var height: Double { max(length, title.width) + TextStyle.label.height }

  /// Draws the bar upright, its strip from a top left corner downwards.
  func draw(on canvas: Canvas, at corner: Point) {
    let box = Box(x: corner.x, y: corner.y, width: Self.thickness, height: length)
    strip(on: canvas, in: box)
    for (tick, label) in zip(ticks, labels) {
      let y = box.maxY - (tick - scale.lower) / (scale.upper - scale.lower) * length
      canvas.line([Point(box.maxX, y), Point(box.maxX + 2, y)], .mutedInk, width: 0.5)
      canvas.text(label, at: Point(box.maxX + 4, y), .label)
    }
    if !title.lines.isEmpty {
      title.drawUpwards(
        on: canvas,
        centredAt: Point(box.maxX + 4 + labelWidth + 4 + title.height / 2, box.midY))
    }
  }

  /// Draws the bar lying, its title above and its numbers below, from a top left corner.
  func drawLying(on canvas: Canvas, at corner: Point) {
    title.draw(on: canvas, at: corner)
    let box = Box(
      x: corner.x, y: corner.y + title.height + 2, width: length, height: Self.thickness)
    strip(on: canvas, in: box)
    for (tick, label) in zip(ticks, labels) {
      let x = box.x + (tick - scale.lower) / (scale.upper - scale.lower) * length
      canvas.line([Point(x, box.maxY), Point(x, box.maxY + 2)], .mutedInk, width: 0.5)
      canvas.text(
        label, at: Point(x, box.maxY + 2 + TextStyle.label.height / 2), .label, anchor: .middle)
    }
  }

  /// The height of a lying bar with title and numbers.
  var lyingHeight: Double { title.height + 4 + Self.thickness + TextStyle.label.height }

  private func strip(on canvas: Canvas, in box: Box) {
    let steps = 128
    for step in 0..<steps {
      let fraction = (Double(step) + 0.5) / Double(steps)
      let value = scale.lower + fraction * (scale.upper - scale.lower)
      let colour = scale.colour(for: value) ?? .absent
      let size = (isUpright ? box.height : box.width) / Double(steps)
      let start = Double(step) * size
      // Each step reaches under the next, so that no reader shows seams between them.
      let reach = step == steps - 1 ? size : 2 * size
      canvas.fill(
        isUpright
          ? Box(x: box.x, y: box.maxY - start - reach, width: box.width, height: reach)
          : Box(x: box.x + start, y: box.y, width: reach, height: box.height),
        colour, crisp: true)
    }
    canvas.stroke(box, .hairline, width: 0.5)
  }
}
