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

  /// Replaces the spaces of a span and splits it before every one of them.
  func split(_ span: Span) -> [Span] {
    var span = span
    span.bytes = TextPattern.replace(
      TextPattern.occurrences(of: [0x20], in: span.bytes), in: span.bytes, with: replacement)
    let wanted = scheme == .always || scheme == .first && span.beginsText
    if wanted, !span.bytes.isEmpty, !span.bytes.starts(with: replacement) {
      span.bytes = replacement + span.bytes
    }
    guard splits else { return [span] }
    let marks = TextPattern.occurrences(of: replacement, in: span.bytes).map(\.lowerBound)
    let cuts = [0] + marks + [span.bytes.count]
    return span.parts(zip(cuts, cuts.dropFirst()).map { $0..<$1 })
  }

  /// A token as text; the first one loses the space that encoding added.
  func decode(_ token: [UInt8], isFirst: Bool) -> [UInt8] {
    TextPattern.replace(
      TextPattern.occurrences(of: replacement, in: token), in: token,
      with: isFirst && scheme != .never ? [] : [0x20])
  }
}
