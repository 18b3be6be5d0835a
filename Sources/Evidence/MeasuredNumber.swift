import Foundation
import Interpretability
package import Tensors

/// A number that was measured, how sure it is, and over how many of what.
package struct MeasuredNumber: Codable, Sendable, Equatable {
  /// What it is of, in a few words.
  package var name: String
  /// The number and its interval of 95 %.
  package var estimate: Estimate
  /// How many independent things it was measured on.
  package var count: Int
  /// What these are, such as “people”: what the bootstrap draws.
  package var unit: String
  /// Whether it is a share, which is written in per cent.
  package var isShare: Bool

  /// The mean over things that are independent of one another, or over groups that are.
  static func mean(
    _ name: String, of values: [Double], groups: [Int]? = nil, _ unit: String,
    isShare: Bool = true
  ) throws -> MeasuredNumber {
    guard !values.isEmpty else { throw NotAsked("there are no \(unit) to measure “\(name)” on") }
    let groups = groups ?? Array(values.indices)
    return MeasuredNumber(
      name: name, estimate: Bootstrap().mean(of: values, groups: groups),
      count: Set(groups).count, unit: unit, isShare: isShare)
  }

  /// The share of things of which something is so.
  static func share(
    _ name: String, of hits: [Bool], groups: [Int]? = nil, _ unit: String
  ) throws -> MeasuredNumber {
    try mean(name, of: hits.map { $0 ? 1 : 0 }, groups: groups, unit)
  }

  /// The mean paired difference of two measures of the same things.
  static func difference(
    _ name: String, _ first: [Double], _ second: [Double], groups: [Int]? = nil, _ unit: String,
    isShare: Bool = true
  ) throws -> MeasuredNumber {
    try mean(
      name, of: zip(first, second).map(-), groups: groups, unit, isShare: isShare)
  }

  /// Anything else that is computed from things drawn with replacement.
  static func of(
    _ name: String, count: Int, _ unit: String, isShare: Bool = false,
    _ statistic: ([Int]) -> Double
  ) throws -> MeasuredNumber {
    guard count > 0 else { throw NotAsked("there are no \(unit) to measure “\(name)” on") }
    return MeasuredNumber(
      name: name,
      estimate: Bootstrap().estimate(
        of: statistic(Array(0..<count)), count: count, statistic),
      count: count, unit: unit, isShare: isShare)
  }

  /// The number with its interval.
  package var valueText: String {
    let ends = [estimate.lower, estimate.upper].map { Self.digits($0, isShare: isShare) }
    return "\(Self.digits(estimate.value, isShare: isShare))\(isShare ? " %" : "") "
      + "(\(ends[0]) to \(ends[1]))"
  }

  /// A number in the unit.
  static func text(_ value: Double, isShare: Bool) -> String {
    digits(value, isShare: isShare) + (isShare ? " %" : "")
  }

  private static func digits(_ value: Double, isShare: Bool) -> String {
    let text = String(format: isShare ? "%.1f" : "%.2f", isShare ? 100 * value : value)
    let isZero = text.allSatisfy { "-0.".contains($0) }
    return (isZero ? text.filter { $0 != "-" } : text).replacingOccurrences(of: "-", with: "−")
  }
}
