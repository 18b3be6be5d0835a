/// A set of scalars as a regular expression writes it: `a`, `\p{L}`, `[^\s\p{L}\p{N}]`.
struct ScalarSet: Equatable, Sendable {
  private(set) var ranges: [ClosedRange<UInt32>] = []
  var classes: ScalarClass = []
  var isInverted = false

  init(classes: ScalarClass = [], isInverted: Bool = false) {
    self.classes = classes
    self.isInverted = isInverted
  }

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    let found =
      !scalar.classes.isDisjoint(with: classes) || ranges.contains { $0.contains(scalar.value) }
    return found != isInverted
  }

  /// Adds what lies between two scalars, or within one.
  ///
  /// - Parameter ignoresCase: Whether the other case of ASCII letters comes with them, and the two
  ///   scalars beyond ASCII that fold to a letter: long s, and the Kelvin sign.
  mutating func insert(_ range: ClosedRange<UInt32>, ignoresCase: Bool) {
    ranges.append(range)
    guard ignoresCase else { return }
    for (letters, offset) in [(0x41...0x5A, 32), (0x61...0x7A, -32)] as [(ClosedRange<UInt32>, _)]
    where range.overlaps(letters) {
      let letters = range.clamped(to: letters)
      let shift = { (scalar: UInt32) in UInt32(Int(scalar) + offset) }
      ranges.append(shift(letters.lowerBound)...shift(letters.upperBound))
    }
    if contains("s") || contains("S") { ranges.append(0x17F...0x17F) }
    if contains("k") || contains("K") { ranges.append(0x212A...0x212A) }
  }
}
