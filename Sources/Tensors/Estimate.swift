/// A measured value with the interval in which it would fall on other samples.
public struct Estimate: Codable, Sendable, Hashable {
  /// The value on all data.
  public var value: Double
  /// The lower end of the interval.
  public var lower: Double
  /// The upper end of the interval.
  public var upper: Double

  /// A value and its interval.
  public init(value: Double, lower: Double, upper: Double) {
    self.value = value
    self.lower = lower
    self.upper = upper
  }
}
