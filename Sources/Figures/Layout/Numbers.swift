import Foundation

/// Numbers as they are printed in figures, in every locale alike.
package enum Numbers {
  /// A number with at most this many decimals, and a true minus sign.
  package static func fixed(_ value: Double, decimals: Int) -> String {
    if value.isNaN { return "–" }
    if value.isInfinite { return value < 0 ? "−∞" : "∞" }
    if value != 0 && (abs(value) >= 1e6 || abs(value) < 0.5 * pow(10, -Double(max(decimals, 4)))) {
      return short(String(format: "%.2g", value))
    }
    let text = String(format: "%.\(max(decimals, 0))f", value)
    // A small negative number that rounds to nothing has no sign.
    let isZero = text.allSatisfy { "-0.".contains($0) }
    return isZero
      ? text.replacingOccurrences(of: "-", with: "")
      : text.replacingOccurrences(of: "-", with: "−")
  }

  /// A number with four significant digits, for a list that is read and not drawn: “no value” where it
  /// is none.
  static func significant(_ value: Double) -> String {
    if value.isNaN { return "no value" }
    if value.isInfinite || value == 0 { return fixed(value, decimals: 0) }
    let size = abs(value)
    guard size >= 1e-4, size < 1e6 else { return short(String(format: "%.3e", value)) }
    return short(String(format: "%.\(min(max(0, 3 - Int(floor(log10(size)))), 6))f", value))
  }

  /// About as many round numbers as asked that cover a range, 1, 2 or 5 times a power of ten apart.
  package static func ticks(from lower: Double, to upper: Double, about count: Int) -> [Double] {
    ticks(from: lower, to: upper, by: step(from: lower, to: upper, about: count))
  }

  /// All multiples of a step in a range.
  static func ticks(from lower: Double, to upper: Double, by step: Double) -> [Double] {
    let first = (lower / step - 1e-9).rounded(.up)
    let last = (upper / step + 1e-9).rounded(.down)
    guard first <= last else { return [] }
    return (0...Int(last - first)).map { (first + Double($0)) * step }
  }

  /// The round number nearest to a range's share: 1, 2 or 5 times a power of ten.
  static func step(from lower: Double, to upper: Double, about count: Int) -> Double {
    let rough = (upper - lower) / Double(max(count, 1))
    let power = pow(10, floor(log10(rough)))
    let multiple = rough / power
    return power * (multiple < 1.5 ? 1 : multiple < 3 ? 2 : multiple < 7 ? 5 : 10)
  }

  /// The numbers of ticks, with the fewest decimals that tell them apart.
  package static func labels(for ticks: [Double]) -> [String] {
    let span = zip(ticks, ticks.dropFirst()).map { abs($1 - $0) }.min() ?? abs(ticks.first ?? 1)
    let largest = ticks.map { abs($0) }.max() ?? 0
    if largest >= 1e6 || (largest > 0 && largest < 1e-3) {
      return ticks.map {
        $0 == 0 ? "0" : short(String(format: "%.3g", $0))
      }
    }
    let decimals = (0...8).first { places in
      let unit = pow(10, -Double(places))
      return ticks.allSatisfy {
        abs($0 / unit - ($0 / unit).rounded()) < 1e-4 * max(span / unit, 1e-3)
      }
    }
    return ticks.map { fixed($0, decimals: decimals ?? 8) }
  }

  /// `1.5e+06` as `1.5e6`, with a true minus sign.
  private static func short(_ text: String) -> String {
    text.replacingOccurrences(of: "e+0", with: "e").replacingOccurrences(of: "e+", with: "e")
      .replacingOccurrences(of: "e-0", with: "e−").replacingOccurrences(of: "-", with: "−")
  }
}
