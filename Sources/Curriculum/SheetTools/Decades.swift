package import Figures
import Foundation

/// A logarithmic axis, as places 0, 1, 2 … at powers of ten with their labels.
package struct Decades: Sendable {
  private let lowest: Int
  private let highest: Int

  /// An axis from one power of ten to another.
  package init(from lowest: Int, to highest: Int) {
    self.lowest = lowest
    self.highest = highest
  }

  /// Where a value stands; one below the lowest power stands there.
  package func place(of value: Double) -> Double {
    max(log10(max(value, .leastNormalMagnitude)), Double(lowest)) - Double(lowest)
  }

  /// The axis under a title.
  package func axis(_ title: String, unit: String? = nil) -> Axis {
    Axis(
      title, unit: unit, range: 0...Double(highest - lowest),
      labels: (lowest...highest).map { power in
        power < 0
          ? String(format: "%.\(-power)f", pow(10, Double(power)))
          : String(format: "%.0f", pow(10, Double(power)))
      })
  }
}
