import Foundation

/// How an integral from 0 to 1 becomes a sum: where it is looked at, and what each place counts.
public enum IntegrationRule: String, Sendable, Codable, CaseIterable {
  /// Gauss and Legendre's rule, exact for polynomials up to the degree 2n − 1; Captum's default.
  case gaussLegendre = "gauss-legendre"
  /// The left end of n equal steps: the baseline counts and the input does not.
  case left
  /// The right end of n equal steps, the rule of the original paper.
  case right
  /// The middle of n equal steps.
  case midpoint
  /// The ends of n − 1 equal steps, the outermost counting half.
  case trapezoid

  /// The fewest steps that make sense.
  public var fewestSteps: Int { self == .trapezoid ? 2 : 1 }

  /// Places between 0 and 1 and their weights, which sum to 1.
  ///
  /// - Precondition: there are at least ``fewestSteps``.
  public func nodes(_ steps: Int) -> [(place: Double, weight: Double)] {
    precondition(steps >= fewestSteps, "\(steps) steps are too few for the rule \(rawValue)")
    let n = Double(steps)
    switch self {
    case .gaussLegendre: return Self.gaussLegendreNodes(steps)
    case .left: return (0..<steps).map { (Double($0) / n, 1 / n) }
    case .right: return (1...steps).map { (Double($0) / n, 1 / n) }
    case .midpoint: return (0..<steps).map { ((Double($0) + 0.5) / n, 1 / n) }
    case .trapezoid:
      return (0..<steps).map {
        (Double($0) / (n - 1), ($0 == 0 || $0 == steps - 1 ? 0.5 : 1) / (n - 1))
      }
    }
  }

  /// The zeros of the Legendre polynomial of degree n, by Newton's method from Tricomi's estimate.
  private static func gaussLegendreNodes(_ n: Int) -> [(place: Double, weight: Double)] {
    (0..<n).map { index in
      var x = cos(.pi * (Double(n - 1 - index) + 0.75) / (Double(n) + 0.5))
      var slope = 1.0
      for _ in 0..<100 {
        var (before, value) = (1.0, x)
        for degree in stride(from: 2, through: n, by: 1) {
          let k = Double(degree)
          (before, value) = (value, ((2 * k - 1) * x * value - (k - 1) * before) / k)
        }
        slope = Double(n) * (x * value - before) / (x * x - 1)
        let step = value / slope
        x -= step
        if abs(step) < 1e-15 { break }
      }
      return ((x + 1) / 2, 1 / ((1 - x * x) * slope * slope))
    }
  }
}
