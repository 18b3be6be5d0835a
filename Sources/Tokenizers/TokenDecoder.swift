/// Turns tokens back into text.
indirect enum TokenDecoder: Sendable {
  case metaspace(Metaspace)
  /// Joins runs of `<0xNN>` into the text their bytes spell.
  case byteFallback
  /// Joins all tokens into one.
  case fuse
  /// Removes a character from the ends of every token, so many times at most.
  case strip(Unicode.Scalar, start: Int, stop: Int)
  case replace(TextPattern, [UInt8])
  case sequence([TokenDecoder])

  init(_ part: Part) throws(TokenizerError) {
    let name = try part.required("type").text()
    switch name {
    case "Metaspace": self = .metaspace(try Metaspace(part))
    case "ByteFallback": self = .byteFallback
    case "Fuse": self = .fuse
    case "Strip":
      self = .strip(
        try part.required("content").scalar(), start: try part.required("start").count(),
        stop: try part.required("stop").count())
    case "Replace":
      self = .replace(
        try TextPattern(part.required("pattern")), Array(try part.required("content").text().utf8))
    case "Sequence":
      self = .sequence(try part.map("decoders") { part throws(TokenizerError) in try Self(part) })
    default:
      throw .unsupported(
        part: part.place, name: name,
        supported: ["Metaspace", "ByteFallback", "Fuse", "Strip", "Replace", "Sequence"])
    }
  }

  func decode(_ tokens: [[UInt8]]) -> [[UInt8]] {
    switch self {
    case .metaspace(let metaspace):
      tokens.enumerated().map { metaspace.decode($1, isFirst: $0 == 0) }
    case .byteFallback: Self.joiningBytes(tokens)
    case .fuse: [tokens.flatMap(\.self)]
    case .strip(let scalar, let start, let stop):
      tokens.map { Self.strip(Array(String(scalar).utf8), from: $0, start: start, stop: stop) }
    case .replace(let pattern, let content):
      tokens.map { pattern.replace(in: $0, with: content) }
    case .sequence(let steps): steps.reduce(tokens) { $1.decode($0) }
    }
  }

  /// Bytes that spell no text become one replacement character each.
  private static func joiningBytes(_ tokens: [[UInt8]]) -> [[UInt8]] {
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

  private static func byte(of token: [UInt8]) -> UInt8? {
    guard token.count == 6, token.starts(with: "<0x".utf8), token[5] == UInt8(ascii: ">") else {
      return nil
    }
    return UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
  }

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
