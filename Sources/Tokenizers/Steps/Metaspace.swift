/// Spaces made visible: SentencePiece writes `▁` for a space, so that words carry their own.
struct Metaspace: Sendable {
  /// Where a missing space before the first word is added.
  enum Scheme: Sendable {
    case always, first, never
  }

  let replacement: [UInt8]
  let scheme: Scheme
  let splits: Bool

  init(_ part: Part) throws(TokenizerError) {
    replacement = Array(String(try part.required("replacement").scalar()).utf8)
    splits = try part.boolean("split", default: true)
    guard let scheme = part.optional("prepend_scheme") else {
      self.scheme = try part.boolean("add_prefix_space", default: true) ? .always : .never
      return
    }
    switch try scheme.text() {
    case "always": self.scheme = .always
    case "first": self.scheme = .first
    case "never": self.scheme = .never
    case let other:
      throw .malformed(
        part: scheme.place, expected: "always, first or never", found: "\"\(other)\"")
    }
  }

  /// Replaces the spaces of every piece and splits it before every one of them.
  func apply(to text: inout PreparedText) {
    text.rewrite { bytes, piece, result in
      let wanted = scheme == .always || scheme == .first && piece.beginsText
      if wanted, bytes[piece.start] != 0x20, !begins(bytes, at: piece.start, to: piece.end) {
        result += replacement
      }
      for position in piece.start..<piece.end {
        if bytes[position] == 0x20 {
          result += replacement
        } else {
          result.append(bytes[position])
        }
      }
    }
    if splits { text.split(Literal(bytes: replacement), .mergedWithNext, inverted: false) }
  }

  private func begins(_ bytes: borrowing Span<UInt8>, at start: Int, to end: Int) -> Bool {
    guard end - start >= replacement.count else { return false }
    for index in replacement.indices where bytes[start + index] != replacement[index] {
      return false
    }
    return true
  }

  /// A token as text; the first one loses the space that encoding added.
  func decode(_ token: [UInt8], isFirst: Bool) -> [UInt8] {
    Literal(bytes: replacement)
      .replace(in: token, with: isFirst && scheme != .never ? [] : [0x20])
  }
}
