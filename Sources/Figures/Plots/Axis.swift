/// One axis of a plot: what it measures, in which unit, over which range.
public struct Axis: Sendable, ExpressibleByStringLiteral {
  /// What the axis measures.
  public var title: String
  /// The unit, set in parentheses after the title.
  public var unit: String?
  /// The range shown, or nil for what the data need.
  public var range: ClosedRange<Double>?
  /// Labels for the places 0, 1, 2, … of the axis instead of numbers, such as tokens or layers.
  public var labels: [String]?

  /// An axis.
  public init(
    _ title: String = "", unit: String? = nil, range: ClosedRange<Double>? = nil,
    labels: [String]? = nil
  ) {
    self.title = title
    self.unit = unit
    self.range = range
    self.labels = labels
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

  /// - Parameters:
  ///   - data: the values that have to be seen.
  ///   - includesZero: whether 0 has to be seen too, as for bars.
  ///   - ticks: about how many ticks there is room for.
  init(_ axis: Axis, data: [Double], includesZero: Bool = false, ticks count: Int) {
    caption = axis.caption
    isLabelled = axis.labels != nil
    if let labels = axis.labels {
      self.labels = labels
      ticks = labels.indices.map { Double($0) }
      lower = axis.range?.lowerBound ?? min(-0.5, data.min() ?? 0)
      upper = axis.range?.upperBound ?? max(Double(labels.count) - 0.5, data.max() ?? 0)
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

  func fraction(_ value: Double) -> Double { (value - lower) / (upper - lower) }
}
