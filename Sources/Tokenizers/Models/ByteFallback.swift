/// Tokens that stand for single bytes, `<0x00>` to `<0xFF>`.
enum ByteFallback {
  /// The token of every byte.
  static let tokens: [String] = (0...255).map { byte in
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x\(byte < 16 ? "0" : "")\(digits)>"
  }

  /// Joins runs of such tokens into the text their bytes spell; bytes that spell no text become one
  /// replacement character each.
  static func decode(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var bytes: [UInt8] = []
    func flush() {
      guard !bytes.isEmpty else { return }
      if Scalars.areValid(bytes) {
        result.append(bytes)
      } else {
        result += Array(repeating: Array("\u{FFFD}".utf8), count: bytes.count)
      }
      bytes = []
    }
    for token in tokens {
      if let byte = byte(of: token) {
        bytes.append(byte)
      } else {
        flush()
        result.append(token)
      }
    }
    flush()
    return result
  }

  /// The byte that such a token stands for, or nil for any other token.
  static func byte(of token: [UInt8]) -> UInt8? {
    guard token.count == 6, token.starts(with: "<0x".utf8), token[5] == UInt8(ascii: ">") else {
      return nil
    }
    return UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
  }
}
