/// How sure the values of a series are: a lower and an upper end for each.
public struct Interval: Sendable {
  /// The lower ends, on the axis of the values.
  public var lower: [Double]
  /// The upper ends, on the axis of the values.
  public var upper: [Double]

  /// Intervals by their ends.
  public init(lower: [Double], upper: [Double]) {
    self.lower = lower
    self.upper = upper
  }

  /// Intervals of the same reach below and above each value, such as a standard deviation.
  public init(around values: [Double], plusMinus: [Double]) {
    lower = zip(values, plusMinus).map { $0 - $1 }
    upper = zip(values, plusMinus).map { $0 + $1 }
  }

  /// - Throws: ``FigureError`` unless there is an interval for each value, the right way round.
  func check(count: Int, of what: String) throws {
    guard lower.count == count && upper.count == count else {
      throw FigureError(
        "\(what) has \(count) values, but \(lower.count) lower and \(upper.count) upper ends of "
          + "intervals; give one of each for every value.")
    }
    if let wrong = zip(lower, upper).first(where: {
      $0.isInfinite || $1.isInfinite || $0 > $1
    }) {
      throw FigureError(
        "\(what) has an interval from \(wrong.0) to \(wrong.1); both ends must be finite, "
          + "the lower one first.")
    }
  }

  /// Draws a vertical bar with caps.
  static func draw(
    on canvas: Canvas, from lower: Point, to upper: Point, _ colour: Colour, cap: Double = 2
  ) {
    canvas.line([lower, upper], colour, width: 0.8)
    for end in [lower, upper] {
      canvas.line([Point(end.x - cap, end.y), Point(end.x + cap, end.y)], colour, width: 0.8)
    }
  }
}
