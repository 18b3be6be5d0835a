import Foundation

/// What `Replace` looks for: a literal text or a regular expression.
enum TextPattern: Sendable {
  case literal([UInt8])
  case expression(NSRegularExpression)

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
    guard let compiled = try? NSRegularExpression(pattern: text) else {
      throw .malformed(
        part: expression.place, expected: "a regular expression", found: "\"\(text)\"")
    }
    self = .expression(compiled)
  }

  /// The ranges of bytes that match, from left to right and apart from each other.
  func matches(in bytes: [UInt8]) -> [Range<Int>] {
    switch self {
    case .literal(let literal): Self.occurrences(of: literal, in: bytes)
    case .expression(let expression): Self.matches(of: expression, in: bytes)
    }
  }

  /// The bytes with every match replaced by the content.
  func replace(in bytes: [UInt8], with content: [UInt8]) -> [UInt8] {
    Self.replace(matches(in: bytes), in: bytes, with: content)
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

  static func occurrences(of literal: [UInt8], in bytes: [UInt8]) -> [Range<Int>] {
    guard let first = literal.first else { return [] }
    var results: [Range<Int>] = []
    var position = 0
    while position + literal.count <= bytes.count {
      if bytes[position] == first, bytes[position...].starts(with: literal) {
        results.append(position..<(position + literal.count))
        position += literal.count
      } else {
        position += 1
      }
    }
    return results
  }

  private static func matches(
    of expression: NSRegularExpression, in bytes: [UInt8]
  ) -> [Range<Int>] {
    let text = String(decoding: bytes, as: UTF8.self)
    var position = (utf16: 0, utf8: 0)
    /// Foundation counts in UTF-16 units; the ranges ascend, so one walk converts them all.
    var units = Scalars(bytes)
    func bytePosition(_ target: Int) -> Int {
      while position.utf16 < target, let next = units.next() {
        position.utf16 += next.range.count == 4 ? 2 : 1
        position.utf8 = next.range.upperBound
      }
      return position.utf8
    }
    let whole = NSRange(location: 0, length: text.utf16.count)
    return expression.matches(in: text, range: whole).map { match in
      let start = bytePosition(match.range.location)
      return start..<bytePosition(match.range.location + match.range.length)
    }
  }
}
