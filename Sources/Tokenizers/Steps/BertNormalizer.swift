/// What BERT does to a text before splitting it.
struct BertNormalizer: Sendable {
  private let cleansText: Bool
  private let separatesChineseCharacters: Bool
  private let stripsAccents: Bool
  private let lowercases: Bool

  init(_ part: Part) throws(TokenizerError) {
    cleansText = try part.boolean("clean_text", default: true)
    separatesChineseCharacters = try part.boolean("handle_chinese_chars", default: true)
    lowercases = try part.boolean("lowercase", default: true)
    stripsAccents = try part.boolean("strip_accents", default: lowercases)
  }

  func apply(to bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    if cleansText { bytes = Self.cleaned(bytes) }
    if separatesChineseCharacters { bytes = Self.separatingChineseCharacters(bytes) }
    if stripsAccents {
      bytes = Self.without(.accent, NormalForm.canonicalDecomposition.apply(to: bytes))
    }
    return lowercases ? Self.lowercased(bytes) : bytes
  }

  /// Without controls, and with every white space a plain one.
  private static func cleaned(_ bytes: [UInt8]) -> [UInt8] {
    bytes.rewritingScalars { byte in
      (0x09...0x0A).contains(byte) || byte == 0x0D
        ? 0x20 : byte < 0x20 || byte == 0x7F ? nil : byte
    } other: { scalar, result in
      let classes = scalar.classes
      // U+0085 is both, and goes.
      guard !classes.contains(.control) else { return }
      result += classes.contains(.space) ? UTF8.encode(" ")! : UTF8.encode(scalar)!
    }
  }

  private static func separatingChineseCharacters(_ bytes: [UInt8]) -> [UInt8] {
    bytes.rewritingScalars(ascii: \.self) { scalar, result in
      let isChinese = isChinese(scalar)
      if isChinese { result.append(0x20) }
      result += UTF8.encode(scalar)!
      if isChinese { result.append(0x20) }
    }
  }

  /// The blocks BERT's authors chose; the library leaves out U+2B820 to U+2B91F.
  private static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F,
      0x2B740...0x2B81F, 0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }

  /// Without the scalars of a class that ASCII has no part in.
  static func without(_ kind: ScalarClass, _ bytes: [UInt8]) -> [UInt8] {
    bytes.rewritingScalars(ascii: \.self) { scalar, result in
      if !scalar.classes.contains(kind) { result += UTF8.encode(scalar)! }
    }
  }

  /// Scalar by scalar, so that a final sigma stays the plain one as in the library.
  static func lowercased(_ bytes: [UInt8]) -> [UInt8] {
    bytes.rewritingScalars { byte in
      (0x41...0x5A).contains(byte) ? byte + 0x20 : byte
    } other: { scalar, result in
      result += scalar.properties.lowercaseMapping.utf8
    }
  }
}
