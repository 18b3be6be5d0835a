/// A stretch of the text on its way to ids: UTF-8 bytes, or an added token's id.
struct Span {
  var bytes: [UInt8]
  /// Whether its first character is the text's first; `Metaspace` asks under the scheme `first`.
  var beginsText: Bool
  /// The id of the added token it is, or nil for text.
  var id: Int?

  init(_ bytes: some Sequence<UInt8>, beginsText: Bool, id: Int? = nil) {
    self.bytes = Array(bytes)
    self.beginsText = beginsText
    self.id = id
  }

  /// The parts of it in these ranges, leaving out empty ones.
  func parts(_ ranges: [Range<Int>]) -> [Span] {
    ranges.compactMap { range in
      range.isEmpty
        ? nil : Span(bytes[range], beginsText: beginsText && range.lowerBound == 0)
    }
  }

  mutating func mapText(_ transform: (String) -> String) {
    bytes = Array(transform(String(decoding: bytes, as: UTF8.self)).utf8)
  }

  /// Removes white space at the ends.
  mutating func strip(left: Bool, right: Bool) {
    var range = bytes[...]
    while right, let last = Scalars.last(of: range), last.scalar.isSpace {
      range = range.dropLast(last.length)
    }
    while left, let first = Scalars.first(of: range), first.scalar.isSpace {
      range = range.dropFirst(first.length)
      beginsText = false
    }
    bytes = Array(range)
  }
}
