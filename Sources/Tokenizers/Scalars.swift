import Foundation

/// The scalars of valid UTF-8 bytes, each with the range of bytes it takes.
struct Scalars: Sequence, IteratorProtocol {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func next() -> (scalar: Unicode.Scalar, range: Range<Int>)? {
    guard position < bytes.count else { return nil }
    let start = position
    position = Swift.min(start + Self.length(leadByte: bytes[start]), bytes.count)
    return (Self.scalar(bytes[start..<position]), start..<position)
  }

  /// The scalar that ends where the bytes end, or nil if there are none.
  static func last(of bytes: ArraySlice<UInt8>) -> (scalar: Unicode.Scalar, length: Int)? {
    guard var start = bytes.indices.last else { return nil }
    while start > bytes.startIndex, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return (scalar(bytes[start...]), bytes.endIndex - start)
  }

  /// The scalar that begins where the bytes begin, or nil if there are none.
  static func first(of bytes: ArraySlice<UInt8>) -> (scalar: Unicode.Scalar, length: Int)? {
    guard let lead = bytes.first else { return nil }
    let length = Swift.min(length(leadByte: lead), bytes.count)
    return (scalar(bytes.prefix(length)), length)
  }

  /// Whether bytes from outside are UTF-8; everything else here relies on it.
  static func areValid(_ bytes: [UInt8]) -> Bool { String(bytes: bytes, encoding: .utf8) != nil }

  /// How many bytes a scalar takes whose first byte is known.
  @inline(__always)
  static func length(leadByte: UInt8) -> Int {
    leadByte < 0x80 ? 1 : leadByte < 0xE0 ? 2 : leadByte < 0xF0 ? 3 : 4
  }

  private static func scalar(_ bytes: ArraySlice<UInt8>) -> Unicode.Scalar {
    guard let lead = bytes.first, lead >= 0x80 else { return Unicode.Scalar(bytes.first ?? 0) }
    let mask: UInt8 = bytes.count == 2 ? 0x1F : bytes.count == 3 ? 0x0F : 0x07
    let code = bytes.dropFirst().reduce(UInt32(lead & mask)) { $0 << 6 | UInt32($1 & 0x3F) }
    return Unicode.Scalar(code) ?? "\u{FFFD}"
  }
}

extension Unicode.Scalar {
  /// Whether regular expressions count it as part of a word, `\w` (Unicode TS 18, annex C).
  var isWord: Bool {
    if isASCII { return properties.isAlphabetic || ("0"..."9").contains(self) || self == "_" }
    if properties.isAlphabetic || properties.isJoinControl { return true }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
      return true
    default:
      return false
    }
  }

  var isSpace: Bool { properties.isWhitespace }
}
