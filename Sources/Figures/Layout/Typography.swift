/// The one type scale of all figures, in points.
package enum Typography {
  package static let title = 11.0
  package static let axis = 9.0
  package static let label = 8.0
  /// Labels shrink to this size when room is short; then the canvas grows.
  package static let minimum = 6.0
  /// The distance of baselines at which lines of text do not touch, as a multiple of the size.
  package static let lineHeight = 1.2
}

/// How a piece of text looks.
package struct TextStyle: Equatable, Sendable {
  package var size: Double
  package var bold: Bool
  package var colour: Colour

  package init(size: Double, bold: Bool = false, colour: Colour = .ink) {
    self.size = size
    self.bold = bold
    self.colour = colour
  }

  package static let title = TextStyle(size: Typography.title, bold: true)
  static let axis = TextStyle(size: Typography.axis)
  package static let label = TextStyle(size: Typography.label)
  static let note = TextStyle(size: Typography.label, colour: .mutedInk)

  func sized(_ size: Double) -> TextStyle {
    TextStyle(size: size, bold: bold, colour: colour)
  }

  /// How wide a text is in this style, in points.
  package func width(of text: String) -> Double {
    FontMetrics.shared.width(of: text, bold: bold) * size
  }

  /// The height of a line in this style, in points.
  var height: Double { size * Typography.lineHeight }
}

/// Which point of a text is placed.
package enum HorizontalAnchor: Sendable { case start, middle, end }
