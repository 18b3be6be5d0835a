/// Correlations in Double, and what they are made of.
package enum DoubleCorrelation {
  /// The mean product of standard scores; 0 without spread.
  package static func pearson(_ x: [Double], _ y: [Double]) -> Double {
    let (x, y) = (standardScores(x), standardScores(y))
    return zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } / Double(max(x.count, 1))
  }

  /// The cosine of the angle between two vectors; NaN where one is zero.
  package static func cosine(_ x: [Double], _ y: [Double]) -> Double {
    func product(_ x: [Double], _ y: [Double]) -> Double {
      zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
    }
    return product(x, y) / (product(x, x) * product(y, y)).squareRoot()
  }

  /// Ranks from 1.
  ///
  /// - Parameter shared: What becomes of the ranks that equal values take up together.
  package static func ranks(
    _ values: [Double], shared: ([Double]) -> Double = mean
  ) -> [Double] {
    values.map { value in
      let (smaller, equal) = (values.count { $0 < value }, values.count { $0 == value })
      return shared((0..<equal).map { Double(smaller + 1 + $0) })
    }
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
