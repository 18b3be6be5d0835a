/// A set of scalars as sorted ranges that do not touch, with the operations of expressions' lists.
struct ScalarRanges: Equatable, Sendable {
  private(set) var ranges: [ClosedRange<UInt32>] = []
  /// A bit for every ASCII scalar.
  private var ascii: (low: UInt64, high: UInt64) = (0, 0)

  static func == (left: Self, right: Self) -> Bool { left.ranges == right.ranges }

  static let all = ScalarRanges([0...0x10FFFF])

  /// The union of ranges in any order.
  init(_ parts: [ClosedRange<UInt32>] = []) {
    for part in parts.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = ranges.last, part.lowerBound <= last.upperBound &+ 1 {
        ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, part.upperBound)
      } else {
        ranges.append(part)
      }
    }
    for code in UInt32(0)..<0x80 where isInRanges(code) {
      if code < 64 { ascii.low |= 1 << UInt64(code) } else { ascii.high |= 1 << UInt64(code - 64) }
    }
  }

  /// The scalars of a table's runs: alternately how many to skip and how many to take, base 36.
  init(runs: String) {
    var (end, skips): (UInt32, Bool) = (0, true)
    var parts: [ClosedRange<UInt32>] = []
    for number in runs.utf8.split(separator: UInt8(ascii: " ")) {
      let count = number.reduce(0) { $0 * 36 + UInt32($1 < 0x3A ? $1 - 0x30 : $1 - 0x57) }
      if !skips { parts.append(end...(end + count - 1)) }
      end += count
      skips.toggle()
    }
    self.init(parts)
  }

  @inline(__always)
  func contains(ascii byte: UInt8) -> Bool {
    byte < 64 ? ascii.low >> UInt64(byte) & 1 == 1 : ascii.high >> UInt64(byte - 64) & 1 == 1
  }

  @inline(__always)
  func contains(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x80 ? contains(ascii: UInt8(scalar.value)) : isInRanges(scalar.value)
  }

  private func isInRanges(_ code: UInt32) -> Bool {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < code { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].lowerBound <= code
  }

  func union(_ other: ScalarRanges) -> ScalarRanges { ScalarRanges(ranges + other.ranges) }

  var inverted: ScalarRanges {
    var gaps: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges {
      if next < range.lowerBound { gaps.append(next...(range.lowerBound - 1)) }
      next = range.upperBound + 1
    }
    if next <= 0x10FFFF { gaps.append(next...0x10FFFF) }
    return ScalarRanges(gaps)
  }

  func intersection(_ other: ScalarRanges) -> ScalarRanges {
    inverted.union(other.inverted).inverted
  }

  /// With every scalar that differs from one of these in case alone.
  var ignoringCase: ScalarRanges {
    var added: [ClosedRange<UInt32>] = []
    for variants in Self.caseVariants where variants.contains(where: isInRanges) {
      added += variants.map { $0...$0 }
    }
    return ScalarRanges(ranges + added)
  }

  /// The scalars that fold to one, wherever there are two or more.
  private static let caseVariants: [[UInt32]] = {
    func single(_ text: String) -> Unicode.Scalar? {
      text.unicodeScalars.count == 1 ? text.unicodeScalars.first : nil
    }
    var variants: [UInt32: [UInt32]] = [:]
    for code in UInt32(0)..<0x20000 {
      guard let scalar = Unicode.Scalar(code),
        scalar.properties.changesWhenCaseMapped || scalar.properties.isLowercase
          || scalar.properties.isUppercase
      else { continue }
      // A Turkish i without its dot is written I in capitals, but is no other way to write i.
      if code == 0x131 { continue }
      let upper = single(scalar.properties.uppercaseMapping) ?? scalar
      let folded = single(upper.properties.lowercaseMapping) ?? upper
      variants[folded.value, default: []].append(code)
    }
    return variants.values.filter { $0.count > 1 }
  }()
}
