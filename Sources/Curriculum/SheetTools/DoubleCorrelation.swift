/// Pearson's correlation in Double, and what it is made of.
package enum DoubleCorrelation {
  /// The mean product of standard scores; 0 without spread.
  package static func pearson(_ x: [Double], _ y: [Double]) -> Double {
    let (x, y) = (standardScores(x), standardScores(y))
    return zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } / Double(max(x.count, 1))
  }

  /// The mean; 0 of nothing.
  package static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(max(values.count, 1))
  }

  /// The standard deviation of the values themselves.
  package static func deviation(_ values: [Double]) -> Double {
    let centre = mean(values)
    return mean(values.map { ($0 - centre) * ($0 - centre) }).squareRoot()
  }

  /// Distances from the mean in deviations; zeros without spread.
  package static func standardScores(_ values: [Double]) -> [Double] {
    let (centre, spread) = (mean(values), deviation(values))
    return values.map { spread > 0 ? ($0 - centre) / spread : 0 }
  }
}
