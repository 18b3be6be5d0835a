/// Probabilities as letters, three for a number, five significant digits each.
///
/// So much is needed where what is left of a row beside its first token is shared out again. What is
/// below a millionth is 0. The letters mean nothing in HTML or JSON.
enum AttentionCode {
  static let letters = (UInt8(33)...126).filter { !#""&'<>\"#.utf8.contains($0) }

  /// 1, 0.1, … 0.000001.
  private static let powers = [1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6]

  /// Appends the letters of a number from 0 to 1.001.
  static func append(_ value: Float, to bytes: inout [UInt8]) {
    let code = code(Double(value))
    let base = letters.count
    bytes.append(letters[code / (base * base)])
    bytes.append(letters[code / base % base])
    bytes.append(letters[code % base])
  }

  /// 0 for 0; else one more than the digits from 10000 on, and 90000 for each place behind the first.
  private static func code(_ value: Double) -> Int {
    guard var place = powers.firstIndex(where: { value >= $0 }) else { return 0 }
    var digits = Int((value / powers[place] * 10_000).rounded())
    if digits == 100_000 { (digits, place) = (10_000, place - 1) }
    return 1 + digits - 10_000 + 90_000 * place
  }
}
