/// A colour scale laid over a range of values.
struct ValueScale {
  let scale: ColourScale
  let lower: Double
  let upper: Double

  /// - Parameter range: what the ends of the scale stand for; nil for what the values need.
  init(_ scale: ColourScale, range: ClosedRange<Double>?, values: [Float]) {
    self.scale = scale
    let finite = values.lazy.filter(\.isFinite).map { Double($0) }
    switch (scale, range) {
    case (.sequential, let range?):
      (lower, upper) = (range.lowerBound, range.upperBound)
    case (.sequential, nil):
      let smallest = min(finite.min() ?? 0, 0)
      let largest = finite.max() ?? 1
      (lower, upper) = (smallest, largest > smallest ? largest : smallest + 1)
    case (.diverging, let range?):
      let reach = max(abs(range.lowerBound), abs(range.upperBound))
      (lower, upper) = (-reach, reach)
    case (.diverging, nil):
      let reach = finite.map { abs($0) }.max() ?? 0
      (lower, upper) = reach > 0 ? (-reach, reach) : (-1, 1)
    }
  }

  /// The colour of a value, or nil when it is none: not a number, or infinite.
  func colour(for value: Double) -> Colour? {
    guard value.isFinite else { return nil }
    let fraction = (value - lower) / (upper - lower)
    return scale.colour(at: scale == .sequential ? fraction : 2 * fraction - 1)
  }

  /// Black or white, whichever is read more easily on a colour.
  static func ink(on colour: Colour) -> Colour {
    OKLab(colour).lightness > 0.62 ? .ink : .white
  }

  /// - Throws: ``FigureError`` for a range that is empty or not finite.
  static func check(_ range: ClosedRange<Double>?, of what: String) throws {
    guard let range else { return }
    let isUsable =
      range.lowerBound.isFinite && range.upperBound.isFinite && range.lowerBound < range.upperBound
    guard isUsable else {
      throw FigureError(
        "The range of \(what) must go from one finite number to a larger one, "
          + "not from \(range.lowerBound) to \(range.upperBound).")
    }
  }
}
