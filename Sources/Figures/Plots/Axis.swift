import Foundation

/// One axis of a plot: what it measures, in which unit, over which range.
public struct Axis: Sendable, ExpressibleByStringLiteral {
  /// How values are spread along an axis.
  public enum Scale: Sendable {
    /// Equal differences are equally long.
    case linear
    /// Equal ratios are equally long; what is not above the range, 0 among it, stands at its foot.
    case logarithmic
  }

  /// What the axis measures.
  public var title: String
  /// The unit, set in parentheses after the title.
  public var unit: String?
  /// The range shown, or nil for what the data need.
  public var range: ClosedRange<Double>?
  /// Labels for the places 0, 1, 2, … of the axis instead of numbers, such as tokens or layers.
  public var labels: [String]?
  /// How values are spread along the axis; labelled places are always as far apart.
  public var scale = Scale.linear

  /// An axis.
  public init(
    _ title: String = "", unit: String? = nil, range: ClosedRange<Double>? = nil,
    labels: [String]? = nil, scale: Scale = .linear
  ) {
    self.title = title
    self.unit = unit
    self.range = range
    self.labels = labels
    self.scale = scale
  }

  /// An axis with a title alone.
  public init(stringLiteral title: String) { self.init(title) }

  /// The title with its unit.
  var caption: String { unit.map { title.isEmpty ? $0 : "\(title) (\($0))" } ?? title }

  /// - Throws: ``FigureError`` for a range that is empty or not finite.
  func check(of what: String) throws {
    try ValueScale.check(range, of: "the axis \"\(caption)\" of \(what)")
    if let labels, labels.isEmpty {
      throw FigureError("The axis \"\(caption)\" of \(what) has an empty list of labels.")
    }
    if scale == .logarithmic, let range, range.lowerBound <= 0 {
      throw FigureError(
        "The axis \"\(caption)\" of \(what) is logarithmic and begins at \(range.lowerBound); begin "
          + "above 0.")
    }
  }
}

/// An axis with its range, ticks and length settled.
struct ScaledAxis {
  let lower: Double
  let upper: Double
  let ticks: [Double]
  let labels: [String]
  let caption: String
  let isLabelled: Bool
  private let scale: Axis.Scale

  /// - Parameters:
  ///   - data: the values that have to be seen.
  ///   - includesZero: whether 0 has to be seen too, as for bars.
  ///   - ticks: about how many ticks there is room for.
  init(_ axis: Axis, data: [Double], includesZero: Bool = false, ticks count: Int) {
    caption = axis.caption
    isLabelled = axis.labels != nil
    if let labels = axis.labels {
      scale = .linear
      self.labels = labels
      ticks = labels.indices.map { Double($0) }
      lower = axis.range?.lowerBound ?? min(-0.5, data.min() ?? 0)
      upper = axis.range?.upperBound ?? max(Double(labels.count) - 0.5, data.max() ?? 0)
      return
    }
    scale = axis.scale
    if scale == .logarithmic {
      let decades = Decades(axis.range, data: data, about: count)
      (lower, upper, ticks) = (decades.lower, decades.upper, decades.ticks)
      labels = ticks.map { Numbers.fixed($0, decimals: max(0, -Decades.power(below: $0))) }
      return
    }
    if let range = axis.range {
      (lower, upper) = (range.lowerBound, range.upperBound)
      ticks = Numbers.ticks(from: lower, to: upper, about: count)
    } else {
      let (smallest, largest) = Self.extremes(of: data, includesZero: includesZero)
      // The ends are round numbers too.
      let step = Numbers.step(from: smallest, to: largest, about: count)
      lower = (smallest / step + 1e-9).rounded(.down) * step
      upper = (largest / step - 1e-9).rounded(.up) * step
      ticks = Numbers.ticks(from: lower, to: upper, by: step)
    }
    labels = Numbers.labels(for: ticks)
  }

  /// The smallest and the largest value, apart even when all are the same.
  private static func extremes(of data: [Double], includesZero: Bool) -> (Double, Double) {
    var smallest = data.min() ?? 0
    var largest = data.max() ?? 1
    if includesZero { (smallest, largest) = (min(smallest, 0), max(largest, 0)) }
    guard smallest == largest else { return (smallest, largest) }
    let room = smallest == 0 ? 1 : abs(smallest) * 0.1
    if !(includesZero && smallest == 0) { smallest -= room }
    largest += room
    return (smallest, largest)
  }

  /// Where a value stands, from 0 at the lower end to 1 at the upper.
  func fraction(_ value: Double) -> Double {
    switch scale {
    case .linear: (value - lower) / (upper - lower)
    case .logarithmic: log(max(value, lower) / lower) / log(upper / lower)
    }
  }
}

/// The ends and ticks of a logarithmic axis.
private struct Decades {
  let lower: Double
  let upper: Double
  let ticks: [Double]

  init(_ range: ClosedRange<Double>?, data: [Double], about count: Int) {
    let positive = data.filter { $0 > 0 }
    let smallest = range?.lowerBound ?? positive.min() ?? 1
    let largest = max(range?.upperBound ?? positive.max() ?? 10, smallest * 1.001)
    let powers = Self.power(below: smallest)...Self.power(below: largest) + 1
    // Within few decades 2 and 5 are named too; over very many not every power is.
    let digits: [Double] = powers.count - 1 <= max(1, count / 3) ? [1, 2, 5] : [1]
    let round = powers.flatMap { power in digits.map { $0 * pow(10, Double(power)) } }
    lower = range == nil ? round.last { $0 <= smallest * (1 + 1e-9) }! : smallest
    upper = range == nil ? round.first { $0 >= largest * (1 - 1e-9) }! : largest
    let (first, last) = (lower * (1 - 1e-9), upper * (1 + 1e-9))
    let shown = round.filter { first <= $0 && $0 <= last }
    let step = shown.count <= count + 1 ? 1 : (shown.count + count) / (count + 1)
    ticks = stride(from: 0, to: shown.count, by: digits.count > 1 ? 1 : step).map { shown[$0] }
  }

  /// The exponent of the greatest power of ten that is not above a value.
  static func power(below value: Double) -> Int { Int(floor(log10(value) + 1e-9)) }
}
