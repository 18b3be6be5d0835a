/// A column of a table that shows a number for each row, as a bar and as digits.
struct BarColumn {
  let title: String
  let width: Double
  private let values: [Double]
  private let labels: [String]
  private let isSigned: Bool
  private let labelWidth: Double
  private static let barWidth = 52.0

  init(_ title: String, _ values: [Double], isSigned: Bool) {
    self.title = title
    self.values = values
    self.isSigned = isSigned
    labels = values.map { Numbers.fixed($0, decimals: 2) }
    labelWidth = labels.map { TextStyle.label.width(of: $0) }.max() ?? 0
    width = max(labelWidth + 5 + Self.barWidth, TextStyle.axis.width(of: title))
  }

  /// Draws the digits and then the bars, from a top left corner.
  func draw(on canvas: Canvas, at corner: Point, pitch: Double) {
    let style = TextStyle.label.sized(
      max(Typography.minimum, min(Typography.label, pitch / Typography.lineHeight)))
    let finite = values.filter(\.isFinite)
    let lower = isSigned ? min(0, finite.min() ?? 0) : 0
    let upper = max(isSigned ? 0 : 1, finite.max() ?? 0)
    let span = upper > lower ? upper - lower : 1
    let start = corner.x + labelWidth + 5
    let zero = start - lower / span * Self.barWidth
    let height = Double(values.count) * pitch
    for (row, value) in values.enumerated() {
      let y = corner.y + (Double(row) + 0.5) * pitch
      canvas.text(labels[row], at: Point(corner.x + labelWidth, y), style, anchor: .end)
      guard value.isFinite && value != 0 else { continue }
      let length = value / span * Self.barWidth
      let thickness = min(pitch - 2, 8)
      canvas.fill(
        Box(
          x: min(zero, zero + length), y: y - thickness / 2, width: abs(length), height: thickness),
        isSigned
          ? ColourScale.diverging.colour(at: value < 0 ? -0.75 : 0.75)
          : ColourScale.sequential.colour(at: 0.8))
    }
    canvas.line([Point(zero, corner.y), Point(zero, corner.y + height)], .mutedInk, width: 0.5)
  }
}
