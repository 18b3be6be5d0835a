import Foundation

/// A stretch of text that a normalizer rewrites.
struct NormalizedText {
  var bytes: [UInt8]
  /// Whether its first character comes from the text's first.
  var beginsText: Bool
}

/// Rewrites a text before it is split.
indirect enum Normalizer: Sendable {
  case precompiled(Charsmap)
  case form(NormalForm)
  case bert(BertNormalizer)
  case lowercase
  case stripAccents
  case strip(left: Bool, right: Bool)
  case prepend([UInt8])
  case replace(TextPattern, [UInt8])
  case byteLevel
  /// What SentencePiece's `nmt` rules do to controls and white space.
  case nmt
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
    case "NFC": self = .form(.canonicalComposition)
    case "NFD": self = .form(.canonicalDecomposition)
    case "NFKC": self = .form(.compatibilityComposition)
    case "NFKD": self = .form(.compatibilityDecomposition)
    case "BertNormalizer": self = .bert(try BertNormalizer(part))
    case "Lowercase": self = .lowercase
    case "StripAccents": self = .stripAccents
    case "Strip":
      self = .strip(
        left: try part.boolean("strip_left", default: true),
        right: try part.boolean("strip_right", default: true))
    case "Prepend": self = .prepend(Array(try part.required("prepend").text().utf8))
    case "Replace":
      self = .replace(
        try TextPattern(part.required("pattern")), Array(try part.required("content").text().utf8))
    case "ByteLevel": self = .byteLevel
    case "Nmt": self = .nmt
    case "Sequence":
      self = .sequence(
        try part.map("normalizers") { part throws(TokenizerError) in try Self(part) })
    default:
      throw .unsupported(
        part: part.place, name: name,
        supported: [
          "Precompiled", "NFC", "NFD", "NFKC", "NFKD", "BertNormalizer", "Lowercase",
          "StripAccents", "Strip", "Prepend", "Replace", "ByteLevel", "Nmt",
          "Sequence",
        ])
    }
  }

  /// How many times longer it can make a text, beyond what normal forms do.
  var growth: Double {
    switch self {
    case .replace(let pattern, let content): pattern.growth(replacedBy: content)
    case .byteLevel: 2
    case .sequence(let steps): steps.reduce(1) { $0 * $1.growth }
    default: 1
    }
  }

  /// Normalises a text in place.
  func apply(to text: inout NormalizedText) throws(TokenizerError) {
    guard !text.bytes.isEmpty else { return }
    switch self {
    case .precompiled(let map): text.bytes = map.normalize(text.bytes)
    case .form(let form): text.bytes = form.apply(to: text.bytes)
    case .bert(let normalizer): text.bytes = normalizer.apply(to: text.bytes)
    case .lowercase: text.bytes = BertNormalizer.lowercased(text.bytes)
    case .stripAccents: text.bytes = BertNormalizer.without(.combining, text.bytes)
    case .strip(let left, let right): text.strip(left: left, right: right)
    case .prepend(let prefix): text.bytes = prefix + text.bytes
    case .replace(let pattern, let content):
      let matches = try pattern.matches(in: text.bytes)
      if let first = matches.first, first.lowerBound == 0, !first.isEmpty {
        let single = Scalars.length(leadByte: text.bytes[0])
        if content.isEmpty || first.upperBound > single { text.beginsText = false }
      }
      text.bytes = TextPattern.replace(matches, in: text.bytes, with: content)
    case .byteLevel:
      var result: [UInt8] = []
      ByteAlphabet.encode(text.bytes.span, 0..<text.bytes.count, into: &result)
      text.bytes = result
    case .nmt: text.applyNmt()
    case .sequence(let steps): for step in steps { try step.apply(to: &text) }
    }
  }
}

extension NormalizedText {
  /// Removes white space at the ends.
  mutating func strip(left: Bool, right: Bool) {
    var (start, end) = (0, bytes.count)
    while right, start < end {
      let last = Scalars.start(in: bytes.span, endingAt: end)
      guard Scalars.scalar(in: bytes.span, at: last).scalar.isSpace else { break }
      end = last
    }
    while left, start < end {
      let (scalar, next) = Scalars.scalar(in: bytes.span, at: start)
      guard scalar.isSpace else { break }
      start = next
      beginsText = false
    }
    bytes = Array(bytes[start..<end])
  }

  /// Drops controls, and makes white space and zero-width characters plain spaces.
  mutating func applyNmt() {
    let first = bytes.first.map { Self.nmtKeeps(Unicode.Scalar($0)) } ?? true
    if !first { beginsText = false }
    bytes = bytes.rewritingScalars { byte in
      switch byte {
      case 0x09, 0x0A, 0x0C, 0x0D: 0x20
      default: Self.nmtKeeps(Unicode.Scalar(byte)) ? byte : nil
      }
    } other: { scalar, result in
      switch scalar.value {
      case 0x8F, 0x9F: break
      case 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD: result.append(0x20)
      default: result += UTF8.encode(scalar)!
      }
    }
  }

  private static func nmtKeeps(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: false
    default: true
    }
  }
}
