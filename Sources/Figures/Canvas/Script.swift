/// What a letter asks of whoever draws it.
enum Script {
  /// Whether a letter stands by itself, from left to right.
  ///
  /// The others join their neighbours, stack, change places or run from right to left.
  static func standsAlone(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x300: return true
    // Hebrew, Arabic, Syriac, Thaana, N'Ko, the scripts of India and South-East Asia.
    case 0x590..<0x10A0, 0x1700..<0x18B0, 0x1900..<0x1C80, 0x1CD0..<0x1D00, 0xA800..<0xA840,
      0xA880..<0xAB30, 0xABC0..<0xAC00, 0xFB1D..<0xFE00, 0xFE70..<0xFEFF, 0x10800..<0x12000,
      0x1E800..<0x1F000:
      return false
    default: break
    }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: return false
    default: return true
    }
  }

  /// Whether the first letter of a text runs from right to left; tokens like `[CLS]` and `<s>` are no
  /// part of it.
  static func runsFromTheRight(_ tokens: [String]) -> Bool {
    let words = tokens.lazy.filter { !"[<".contains($0.prefix(1)) }
    for scalar in words.flatMap(\.unicodeScalars) {
      switch scalar.value {
      case 0x590..<0x900, 0xFB1D..<0xFE00, 0xFE70..<0xFEFF, 0x10800..<0x11000, 0x1E800..<0x1F000:
        return true
      default: if scalar.properties.isAlphabetic { return false }
      }
    }
    return false
  }

  /// A letter's number as Unicode writes it, `U+4E2D`.
  static func codePoint(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  /// The Debian package with a font for a letter.
  static func fontPackage(for scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 0x1100...0x11FF, 0x2E80...0x9FFF, 0xA960...0xA97F, 0xAC00...0xD7FF, 0xF900...0xFAFF,
      0xFE30...0xFE4F, 0xFF00...0xFFEF, 0x1B000...0x1B16F, 0x20000...0x3FFFF:
      return "fonts-noto-cjk"
    case 0x1F000...0x1FAFF where scalar.properties.isEmoji: return "fonts-noto-color-emoji"
    default: return "fonts-noto-core"
    }
  }
}
