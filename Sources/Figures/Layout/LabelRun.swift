/// The labels along one axis: how large, how slanted, and how much room they take.
struct LabelRun {
  /// The gap between an axis and its labels.
  static let gap = 3.0
  /// The distance of neighbours below which not even the smallest labels fit.
  static let minimumPitch = Typography.minimum * Typography.lineHeight

  enum Slant { case level, oblique, upright }

  let texts: [String]
  let positions: [Double]
  let style: TextStyle
  let slant: Slant
  /// The gap to a horizontal axis.
  var columnGap = gap

  /// Labels of a vertical axis, level and ending at it.
  static func rows(
    _ labels: [String], at positions: [Double], pitch: Double, maximumWidth: Double = 110,
    colour: Colour = .ink
  ) -> LabelRun {
    let size = max(Typography.minimum, min(Typography.label, pitch / Typography.lineHeight))
    let style = TextStyle(size: size, colour: colour)
    let texts = labels.map { VisibleText.token($0, style: style, maximumWidth: maximumWidth) }
    return LabelRun(texts: texts, positions: positions, style: style, slant: .level)
  }

  /// Labels of a horizontal axis: level where they fit, else at 45°, else upright.
  static func columns(
    _ labels: [String], at positions: [Double], pitch: Double, maximumLength: Double = 110
  ) -> LabelRun {
    let style = TextStyle.label
    let texts = labels.map { VisibleText.token($0, style: style, maximumWidth: maximumLength) }
    let widest = texts.map { style.width(of: $0) }.max() ?? 0
    if widest + 4 <= pitch || labels.count == 1 {
      return LabelRun(texts: texts, positions: positions, style: style, slant: .level)
    }
    if pitch * 0.5.squareRoot() >= style.height {
      return LabelRun(texts: texts, positions: positions, style: style, slant: .oblique)
    }
    let size = max(Typography.minimum, min(Typography.label, pitch / Typography.lineHeight))
    let small = style.sized(size)
    return LabelRun(
      texts: labels.map { VisibleText.token($0, style: small, maximumWidth: maximumLength) },
      positions: positions, style: small, slant: .upright)
  }

  private var widest: Double { texts.map { style.width(of: $0) }.max() ?? 0 }

  /// How far the labels reach away from a vertical axis.
  var rowDepth: Double { texts.isEmpty ? 0 : widest + Self.gap + 1 }

  /// How far the labels reach away from a horizontal axis.
  var columnDepth: Double {
    if texts.isEmpty { return 0 }
    switch slant {
    case .level: return columnGap + style.height
    case .oblique: return columnGap + (widest + style.height) * 0.5.squareRoot()
    case .upright: return columnGap + widest + 1
    }
  }

  /// How far the labels of a horizontal axis reach to the left of its start, at least 0.
  var overhangBefore: Double {
    zip(texts, positions).map { text, position in
      switch slant {
      case .level: style.width(of: text) / 2 - position
      case .oblique: (style.width(of: text) + style.height / 2) * 0.5.squareRoot() - position
      case .upright: style.height / 2 - position
      }
    }.reduce(0, max)
  }

  /// How far they reach to the right of an end at this length, at least 0.
  func overhang(after length: Double) -> Double {
    zip(texts, positions).map { text, position in
      let reach = slant == .level ? style.width(of: text) / 2 : style.height / 2
      return position + reach - length
    }.reduce(0, max)
  }

  /// Draws below a horizontal axis that starts at a point.
  func drawColumns(on canvas: Canvas, from origin: Point) {
    for (text, position) in zip(texts, positions) {
      let x = origin.x + position
      switch slant {
      case .level:
        canvas.text(
          text, at: Point(x, origin.y + columnGap + style.height / 2), style, anchor: .middle)
      case .oblique:
        let reach = style.height / 2 * 0.5.squareRoot()
        canvas.text(
          text, at: Point(x, origin.y + columnGap + reach), style, anchor: .end, angle: -45)
      case .upright:
        canvas.text(text, at: Point(x, origin.y + columnGap), style, anchor: .end, angle: -90)
      }
    }
  }

  /// Draws to the left of a vertical axis that starts at a point.
  func drawRows(on canvas: Canvas, from origin: Point) {
    for (text, position) in zip(texts, positions) {
      canvas.text(
        text, at: Point(origin.x - Self.gap, origin.y + position), style, anchor: .end)
    }
  }
}
