import Files

/// What `Replace` and `Split` look for: a literal text or a regular expression.
enum TextPattern: Sendable {
  case literal([UInt8])
  case expression(Expression)
  case pattern(Pattern)

  init(_ part: Part) throws(TokenizerError) {
    if let literal = part.optional("String") {
      self = .literal(Array(try literal.text().utf8))
      if case .literal([]) = self {
        throw .malformed(part: literal.place, expected: "a text to look for", found: "empty")
      }
      return
    }
    guard let expression = part.optional("Regex") else {
      throw .malformed(part: part.place, expected: "a String or a Regex", found: part.json.kind)
    }
    let text = try expression.text()
    if let quick = Expression(text) {
      self = .expression(quick)
      return
    }
    do throws(PatternError) {
      self = .pattern(try Pattern(text))
    } catch {
      throw .unsupportedExpression(
        part: expression.place, text, place: error.place, reason: error.reason)
    }
  }

  /// How many times longer a text can get when this is replaced in it.
  func growth(replacedBy content: [UInt8]) -> Double {
    switch self {
    case .literal(let literal): max(1, Double(content.count) / Double(literal.count))
    case .expression: max(1, Double(content.count))
    case .pattern(let pattern):
      max(1, Double(content.count)) + (pattern.canBeEmpty ? Double(content.count) : 0)
    }
  }

  /// The ranges of bytes that match, from left to right and apart from each other.
  func matches(in bytes: [UInt8]) throws(TokenizerError) -> [Range<Int>] {
    switch self {
    case .literal(let literal): Self.all(Literal(bytes: literal), in: bytes)
    case .expression(let expression): Self.all(expression, in: bytes)
    case .pattern(let pattern): try pattern.matches(in: bytes.span, from: 0, to: bytes.count)
    }
  }

  fileprivate static func all(_ separator: some Separator, in bytes: [UInt8]) -> [Range<Int>] {
    var results: [Range<Int>] = []
    var position = 0
    while let (start, end) = separator.match(in: bytes.span, from: position, to: bytes.count) {
      results.append(start..<end)
      position = end
    }
    return results
  }

  /// The bytes with every match replaced by the content.
  func replace(
    in bytes: [UInt8], with content: [UInt8]
  ) throws(TokenizerError) -> [UInt8] {
    Self.replace(try matches(in: bytes), in: bytes, with: content)
  }

  static func replace(
    _ matches: [Range<Int>], in bytes: [UInt8], with content: [UInt8]
  ) -> [UInt8] {
    guard !matches.isEmpty else { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var end = 0
    for match in matches {
      result += bytes[end..<match.lowerBound]
      result += content
      end = match.upperBound
    }
    return result + bytes[end...]
  }
}

/// A text that is looked for as it stands.
struct Literal: Separator {
  let bytes: [UInt8]

  /// The bytes with every match replaced by the content.
  func replace(in text: [UInt8], with content: [UInt8]) -> [UInt8] {
    TextPattern.replace(TextPattern.all(self, in: text), in: text, with: content)
  }

  func match(in text: borrowing Span<UInt8>, from start: Int, to end: Int) -> (Int, Int)? {
    guard let first = bytes.first, end - start >= bytes.count else { return nil }
    for position in start...(end - bytes.count) where text[position] == first {
      if bytes.indices.allSatisfy({ text[position + $0] == bytes[$0] }) {
        return (position, position + bytes.count)
      }
    }
    return nil
  }
}
