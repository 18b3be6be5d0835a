/// Walks over the scalars of valid UTF-8.
enum Scalars {
  /// How many bytes a scalar takes whose first byte is known.
  @inline(__always)
  static func length(leadByte: UInt8) -> Int {
    leadByte < 0x80 ? 1 : leadByte < 0xE0 ? 2 : leadByte < 0xF0 ? 3 : 4
  }

  /// The scalar that begins at a position, and where the next one begins.
  @inline(__always)
  static func scalar(
    in bytes: borrowing Span<UInt8>, at position: Int
  ) -> (scalar: Unicode.Scalar, end: Int) {
    let lead = bytes[position]
    guard lead >= 0x80 else { return (Unicode.Scalar(lead), position + 1) }
    let end = min(position + length(leadByte: lead), bytes.count)
    var code = UInt32(lead) & (end - position == 2 ? 0x1F : end - position == 3 ? 0x0F : 0x07)
    for next in (position + 1)..<end { code = code << 6 | UInt32(bytes[next] & 0x3F) }
    return (Unicode.Scalar(code) ?? "\u{FFFD}", end)
  }

  /// Where the scalar begins that ends at a position.
  @inline(__always)
  static func start(in bytes: borrowing Span<UInt8>, endingAt position: Int) -> Int {
    var start = position - 1
    while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }

  /// Whether bytes from outside are UTF-8; everything else here relies on it.
  static func areValid(_ bytes: some Sequence<UInt8>) -> Bool {
    String(validating: bytes, as: UTF8.self) != nil
  }
}

extension Array<UInt8> {
  /// Rewrites the text scalar by scalar, ASCII through a shortcut.
  ///
  /// - Parameters:
  ///   - ascii: What becomes of an ASCII byte, or nil to leave it out.
  ///   - other: Appends what becomes of any other scalar.
  @inline(__always)
  func rewritingScalars(
    ascii: (UInt8) -> UInt8?, other: (Unicode.Scalar, inout [UInt8]) -> Void
  ) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var position = 0
    let bytes = span
    while position < bytes.count {
      if bytes[position] < 0x80 {
        if let byte = ascii(bytes[position]) { result.append(byte) }
        position += 1
      } else {
        let (scalar, end) = Scalars.scalar(in: bytes, at: position)
        position = end
        other(scalar, &result)
      }
    }
    return result
  }
}
