/// Turns tokens back into text.
indirect enum TokenDecoder: Sendable {
  case metaspace(Metaspace)
  /// GPT-2's visible characters become the bytes they stand for.
  case byteLevel
  /// Joins the pieces within words, which begin with a prefix; cleans up around punctuation.
  case wordPiece(prefix: [UInt8], cleansUp: Bool)
  /// A suffix marks the ends of words.
  case bytePair(suffix: [UInt8])
  /// Joins runs of `<0xNN>` into the text their bytes spell.
  case byteFallback
  /// Joins all tokens into one.
  case fuse
  /// Removes a character from the ends of every token, so many times at most.
  case strip(Unicode.Scalar, start: Int, stop: Int)
  case replace(TextPattern, [UInt8])
  case classification(ConnectionistDecoder)
  case sequence([TokenDecoder])

  init(_ part: Part) throws(TokenizerError) {
    let name = try part.required("type").text()
    switch name {
    case "Metaspace": self = .metaspace(try Metaspace(part))
    case "ByteLevel": self = .byteLevel
    case "WordPiece":
      self = .wordPiece(
        prefix: Array(try part.optional("prefix")?.text().utf8 ?? "##".utf8),
        cleansUp: try part.boolean("cleanup", default: true))
    case "BPEDecoder":
      self = .bytePair(suffix: Array(try part.optional("suffix")?.text().utf8 ?? "</w>".utf8))
    case "ByteFallback": self = .byteFallback
    case "Fuse": self = .fuse
    case "Strip":
      self = .strip(
        try part.required("content").scalar(), start: try part.required("start").count(),
        stop: try part.required("stop").count())
    case "Replace":
      self = .replace(
        try TextPattern(part.required("pattern")), Array(try part.required("content").text().utf8))
    case "CTC": self = .classification(try ConnectionistDecoder(part))
    case "Sequence":
      self = .sequence(try part.map("decoders") { part throws(TokenizerError) in try Self(part) })
    default:
      throw .unsupported(
        part: part.place, name: name,
        supported: [
          "Metaspace", "ByteLevel", "WordPiece", "BPEDecoder", "ByteFallback", "Fuse", "Strip",
          "Replace", "CTC", "Sequence",
        ])
    }
  }

  /// How many times longer it can make a text.
  var growth: Double {
    switch self {
    case .replace(let pattern, let content): pattern.growth(replacedBy: content)
    case .byteLevel: 3
    case .sequence(let steps): steps.reduce(1) { $0 * $1.growth }
    default: 1
    }
  }

  func decode(_ tokens: [[UInt8]]) throws(TokenizerError) -> [[UInt8]] {
    switch self {
    case .metaspace(let metaspace):
      tokens.enumerated().map { metaspace.decode($1, isFirst: $0 == 0) }
    case .byteLevel: [Self.repaired(tokens.flatMap(ByteAlphabet.decode))]
    case .wordPiece(let prefix, let cleansUp):
      tokens.enumerated().map {
        Self.wordPiece($1, isFirst: $0 == 0, prefix: prefix, cleansUp: cleansUp)
      }
    case .bytePair(let suffix):
      tokens.enumerated().map {
        suffix.isEmpty
          ? $1
          : Literal(bytes: suffix)
            .replace(in: $1, with: $0 == tokens.count - 1 ? [] : [0x20])
      }
    case .byteFallback: ByteFallback.decode(tokens)
    case .fuse: [tokens.flatMap(\.self)]
    case .strip(let scalar, let start, let stop):
      tokens.map { Self.strip(Array(String(scalar).utf8), from: $0, start: start, stop: stop) }
    case .replace(let pattern, let content):
      try tokens.map { token throws(TokenizerError) in
        try pattern.replace(in: token, with: content)
      }
    case .classification(let decoder): decoder.decode(tokens)
    case .sequence(let steps):
      try Self.decode(tokens, by: steps)
    }
  }

  private static func decode(
    _ tokens: [[UInt8]], by steps: [TokenDecoder]
  ) throws(TokenizerError) -> [[UInt8]] {
    var tokens = tokens
    for step in steps { tokens = try step.decode(tokens) }
    return tokens
  }

  /// UTF-8 again, with replacement characters where it is not.
  private static func repaired(_ bytes: [UInt8]) -> [UInt8] {
    Array(String(decoding: bytes, as: UTF8.self).utf8)
  }

  private static func wordPiece(
    _ token: [UInt8], isFirst: Bool, prefix: [UInt8], cleansUp: Bool
  ) -> [UInt8] {
    var token = token
    if !isFirst {
      token = token.starts(with: prefix) ? Array(token.dropFirst(prefix.count)) : [0x20] + token
    }
    return cleansUp ? cleanedUp(token) : token
  }

  /// Without the spaces that tokens leave around punctuation.
  static func cleanedUp(_ token: [UInt8]) -> [UInt8] {
    cleanups.reduce(token) { $1.pattern.replace(in: $0, with: $1.content) }
  }

  private static let cleanups: [(pattern: Literal, content: [UInt8])] = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
    (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ].map { (Literal(bytes: Array($0.utf8)), Array($1.utf8)) }

  private static func strip(
    _ scalar: [UInt8], from token: [UInt8], start: Int, stop: Int
  ) -> [UInt8] {
    var rest = token[...]
    for _ in 0..<start where rest.starts(with: scalar) { rest = rest.dropFirst(scalar.count) }
    for _ in 0..<stop where rest.suffix(scalar.count).elementsEqual(scalar) {
      rest = rest.dropLast(scalar.count)
    }
    return Array(rest)
  }
}
