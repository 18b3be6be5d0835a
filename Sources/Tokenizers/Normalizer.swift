import Foundation

/// Rewrites a text before it is split.
indirect enum Normalizer: Sendable {
  case precompiled(Charsmap)
  case canonicalComposition
  case canonicalDecomposition
  case compatibilityComposition
  case compatibilityDecomposition
  case lowercase
  case strip(left: Bool, right: Bool)
  case prepend([UInt8])
  case replace(TextPattern, [UInt8])
  case sequence([Normalizer])

  init(_ part: Part) throws(TokenizerError) {
    let name = try part.required("type").text()
    switch name {
    case "Precompiled":
      let map = try part.required("precompiled_charsmap")
      guard let data = Data(base64Encoded: try map.text()) else {
        throw .malformed(part: map.place, expected: "base64", found: "other text")
      }
      self = .precompiled(try Charsmap(data, place: map.place))
    case "NFC": self = .canonicalComposition
    case "NFD": self = .canonicalDecomposition
    case "NFKC": self = .compatibilityComposition
    case "NFKD": self = .compatibilityDecomposition
    case "Lowercase": self = .lowercase
    case "Strip":
      self = .strip(
        left: try part.boolean("strip_left", default: true),
        right: try part.boolean("strip_right", default: true))
    case "Prepend": self = .prepend(Array(try part.required("prepend").text().utf8))
    case "Replace":
      self = .replace(
        try TextPattern(part.required("pattern")), Array(try part.required("content").text().utf8))
    case "Sequence":
      self = .sequence(
        try part.map("normalizers") { part throws(TokenizerError) in try Self(part) })
    default:
      throw .unsupported(
        part: part.place, name: name,
        supported: [
          "Precompiled", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Strip", "Prepend", "Replace",
          "Sequence",
        ])
    }
  }

  /// Normalises a span in place.
  func apply(to span: inout Span) {
    guard !span.bytes.isEmpty else { return }
    switch self {
    case .precompiled(let map): span.bytes = map.normalize(span.bytes)
    case .canonicalDecomposition: span.mapText(Self.canonicallyDecomposed)
    case .compatibilityDecomposition:
      span.mapText { Self.canonicallyDecomposed($0.decomposedStringWithCompatibilityMapping) }
    case .canonicalComposition:
      span.mapText { Self.canonicallyDecomposed($0).precomposedStringWithCanonicalMapping }
    case .compatibilityComposition:
      span.mapText {
        Self.canonicallyDecomposed($0.decomposedStringWithCompatibilityMapping)
          .precomposedStringWithCanonicalMapping
      }
    case .lowercase: span.bytes = Self.lowercased(span.bytes)
    case .strip(let left, let right): span.strip(left: left, right: right)
    case .prepend(let prefix): span.bytes = prefix + span.bytes
    case .replace(let pattern, let content):
      let matches = pattern.matches(in: span.bytes)
      if let first = matches.first, first.lowerBound == 0 {
        let single = Scalars.length(leadByte: span.bytes[0])
        if content.isEmpty || first.upperBound > single { span.beginsText = false }
      }
      span.bytes = TextPattern.replace(matches, in: span.bytes, with: content)
    case .sequence(let steps): for step in steps { step.apply(to: &span) }
    }
  }

  /// Decomposed twice: the first time Foundation leaves the marks that some characters decompose
  /// into out of their canonical order (U+0F81 after U+0733); the second time puts them right.
  private static func canonicallyDecomposed(_ text: String) -> String {
    text.decomposedStringWithCanonicalMapping.decomposedStringWithCanonicalMapping
  }

  /// Scalar by scalar, so that a final sigma stays the plain one as in the library.
  private static func lowercased(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for (scalar, _) in Scalars(bytes) {
      if scalar.isASCII {
        let byte = UInt8(scalar.value)
        result.append((0x41...0x5A).contains(byte) ? byte + 0x20 : byte)
      } else {
        result += scalar.properties.lowercaseMapping.utf8
      }
    }
    return result
  }
}
