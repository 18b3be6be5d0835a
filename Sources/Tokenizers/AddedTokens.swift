/// A token found in the text before the model sees it, such as `</s>`.
struct AddedToken: Sendable {
  let content: String
  let isSpecial: Bool
  /// Takes the white space on its left, or on its right, with it.
  let stripsLeft: Bool
  let stripsRight: Bool
  /// Looked for in the normalised text, in its own normalised form.
  let isNormalized: Bool
  /// Found only where no word character touches it.
  let isSingleWord: Bool

  init(_ part: Part) throws(TokenizerError) {
    content = try part.required("content").text()
    isSpecial = try part.boolean("special", default: false)
    stripsLeft = try part.boolean("lstrip", default: false)
    stripsRight = try part.boolean("rstrip", default: false)
    isNormalized = try part.boolean("normalized", default: !isSpecial)
    isSingleWord = try part.boolean("single_word", default: false)
  }
}

/// The added tokens of a tokenizer, and where a text holds them.
struct AddedTokens: Sendable {
  /// The tokens by id, with the form they have in text: normalised where they are.
  private(set) var byID: [Int: (token: AddedToken, form: String)] = [:]
  private var ids = ByteTrie()
  private var specialForms = ByteTrie()
  private var exact = ByteTrie()
  private var normalized = ByteTrie()

  /// Numbers the tokens as the library does.
  ///
  /// A token of the model keeps the model's id, any other takes the next free one; the ids in the
  /// file are not looked at.
  init(_ tokens: [AddedToken], model: Model, normalizer: Normalizer?) {
    var nextID = model.count
    for token in tokens where !token.content.isEmpty {
      let id: Int
      if let known = ids.id(of: token.content.utf8) ?? model.id(of: token.content) {
        id = known
      } else {
        id = nextID
        nextID += 1
      }
      var span = Span(token.content.utf8, beginsText: true)
      if token.isNormalized { normalizer?.apply(to: &span) }
      ids.insert(token.content.utf8, id: id)
      if token.isSpecial { specialForms.insert(token.content.utf8, id: id) }
      byID[id] = (token, String(decoding: span.bytes, as: UTF8.self))
    }
    for (id, entry) in byID where !entry.form.isEmpty {
      if entry.token.isNormalized {
        normalized.insert(entry.form.utf8, id: id)
      } else {
        exact.insert(entry.form.utf8, id: id)
      }
    }
  }

  func id(of content: String) -> Int? { ids.id(of: content.utf8) }

  /// Whether a token, as decoding sees it, is a special one.
  func isSpecial(_ form: String) -> Bool { specialForms.id(of: form.utf8) != nil }

  /// Cuts out the tokens that are matched against the text as it was given.
  func splitExact(_ span: Span) -> [Span] { split(span, by: exact) }

  /// Cuts out the tokens that are matched against the normalised text.
  func splitNormalized(_ span: Span) -> [Span] { split(span, by: normalized) }

  /// Leftmost, then longest match first.
  private func split(_ span: Span, by trie: ByteTrie) -> [Span] {
    guard !trie.isEmpty else { return span.bytes.isEmpty ? [] : [span] }
    let bytes = span.bytes
    var spans: [Span] = []
    var taken = 0
    var position = 0
    while position < bytes.count {
      guard let match = trie.longestMatch(in: bytes, from: position),
        let token = byID[match.id]?.token
      else {
        position += 1
        continue
      }
      var range = position..<match.end
      position = match.end
      if token.isSingleWord, Self.touchesWord(range, in: bytes) { continue }
      if token.stripsLeft {
        while let last = Scalars.last(of: bytes[min(taken, range.lowerBound)..<range.lowerBound]),
          last.scalar.isSpace
        {
          range = (range.lowerBound - last.length)..<range.upperBound
        }
      }
      if token.stripsRight {
        while let first = Scalars.first(of: bytes[range.upperBound...]), first.scalar.isSpace {
          range = range.lowerBound..<(range.upperBound + first.length)
        }
      }
      if taken < range.lowerBound { spans += span.parts([taken..<range.lowerBound]) }
      spans.append(Span([], beginsText: false, id: match.id))
      taken = range.upperBound
    }
    if taken < bytes.count { spans += span.parts([taken..<bytes.count]) }
    return spans
  }

  private static func touchesWord(_ range: Range<Int>, in bytes: [UInt8]) -> Bool {
    Scalars.last(of: bytes[..<range.lowerBound])?.scalar.isWord ?? false
      || Scalars.first(of: bytes[range.upperBound...])?.scalar.isWord ?? false
  }
}
