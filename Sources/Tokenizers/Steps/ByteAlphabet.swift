/// GPT-2's alphabet: a visible character for every byte.
///
/// Bytes that print, `!` to `~` and two stretches of Latin-1, stand for themselves; the others take
/// the characters from U+0100 on, in order.
enum ByteAlphabet {
  /// The scalar of every byte.
  static let scalars: [UInt16] = {
    var next: UInt16 = 0x100
    return (0...255).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return UInt16(byte)
      default:
        next += 1
        return next - 1
      }
    }
  }()

  /// The byte of every scalar below U+0144, or -1.
  private static let bytes: [Int16] = {
    var bytes = [Int16](repeating: -1, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar)] = Int16(byte) }
    return bytes
  }()

  /// Appends the characters of the bytes in a range.
  static func encode(
    _ text: borrowing Span<UInt8>, _ range: Range<Int>, into result: inout [UInt8]
  ) {
    let scalars = scalars.span
    for index in range {
      let scalar = scalars[Int(text[index])]
      if scalar < 0x80 {
        result.append(UInt8(truncatingIfNeeded: scalar))
      } else {
        result.append(UInt8(truncatingIfNeeded: scalar >> 6 | 0xC0))
        result.append(UInt8(truncatingIfNeeded: scalar & 0x3F | 0x80))
      }
    }
  }

  /// A text as the alphabet writes it.
  static func form(of text: String) -> String {
    String(
      decoding: text.utf8.flatMap { String(Unicode.Scalar(scalars[Int($0)])!).utf8 },
      as: UTF8.self)
  }

  /// The bytes that a token stands for; its own if it holds any character outside the alphabet.
  static func decode(_ token: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(token.count)
    var position = 0
    while position < token.count {
      let (scalar, end) = Scalars.scalar(in: token.span, at: position)
      guard scalar.value < bytes.count, bytes[Int(scalar.value)] >= 0 else { return token }
      result.append(UInt8(bytes[Int(scalar.value)]))
      position = end
    }
    return result
  }
}
