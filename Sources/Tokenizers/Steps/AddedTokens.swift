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
  private var exact = Finder()
  private var normalized = Finder()

  /// Tokens to look for, and the bytes they begin with.
  private struct Finder {
    var trie = ByteTrie()
    var begins = [Bool](repeating: false, count: 256)

    mutating func insert(_ form: String, id: Int) {
      guard let first = form.utf8.first else { return }
      begins[Int(first)] = true
      trie.insert(form.utf8, id: id)
    }
  }

  /// Numbers the tokens as the library does.
  ///
  /// A token of the model keeps the model's id, any other takes the next free one; the ids in the
  /// file are not looked at.
  ///
  /// - Parameter splitsSpecial: Whether special tokens in a text are text, and not looked for.
  init(
    _ tokens: [AddedToken], model: Model, normalizer: Normalizer?, splitsSpecial: Bool = false
  ) throws(TokenizerError) {
    var nextID = model.count
    for token in tokens where !token.content.isEmpty {
      let id: Int
      if let known = ids.id(of: token.content.utf8) ?? model.id(of: token.content) {
        id = known
      } else {
        id = nextID
        nextID += 1
      }
      var form = NormalizedText(bytes: Array(token.content.utf8), beginsText: true)
      if token.isNormalized { try normalizer?.apply(to: &form) }
      ids.insert(token.content.utf8, id: id)
      if token.isSpecial { specialForms.insert(token.content.utf8, id: id) }
      byID[id] = (token, String(decoding: form.bytes, as: UTF8.self))
    }
    for (id, entry) in byID where !(splitsSpecial && entry.token.isSpecial) {
      if entry.token.isNormalized {
        normalized.insert(entry.form, id: id)
      } else {
        exact.insert(entry.form, id: id)
      }
    }
  }

  func id(of content: String) -> Int? { ids.id(of: content.utf8) }

  /// Whether a token, as decoding sees it, is a special one.
  func isSpecial(_ form: String) -> Bool { specialForms.id(of: form.utf8) != nil }

  /// Cuts out the tokens that are matched against the text as it was given.
  func splitExact(_ bytes: [UInt8]) -> [Piece] { split(bytes, beginsText: true, by: exact) }

  /// Cuts out the tokens that are matched against the normalised text.
  func splitNormalized(_ text: NormalizedText) -> [Piece] {
    split(text.bytes, beginsText: text.beginsText, by: normalized)
  }

  /// Leftmost, then longest match first.
  private func split(_ text: [UInt8], beginsText: Bool, by finder: Finder) -> [Piece] {
    let bytes = text.span
    let begins = finder.begins
    var pieces: [Piece] = []
    var taken = 0
    func add(to end: Int) {
      guard taken < end else { return }
      pieces.append(Piece(taken, end, beginsText: beginsText && taken == 0))
    }
    var position = finder.trie.isEmpty ? bytes.count : 0
    while position < bytes.count {
      guard begins[Int(bytes[position])],
        let match = finder.trie.longestMatch(in: bytes, from: position),
        let token = byID[match.id]?.token
      else {
        position += 1
        continue
      }
      var (start, end) = (position, match.end)
      position = match.end
      if token.isSingleWord, Self.touchesWord(start, end, in: bytes) { continue }
      while token.stripsLeft, start > taken {
        let last = Scalars.start(in: bytes, endingAt: start)
        guard Scalars.scalar(in: bytes, at: last).scalar.isSpace else { break }
        start = max(last, taken)
      }
      while token.stripsRight, end < bytes.count {
        let (scalar, next) = Scalars.scalar(in: bytes, at: end)
        guard scalar.isSpace else { break }
        end = next
      }
      add(to: start)
      pieces.append(Piece(start, end, beginsText: false, id: match.id))
      taken = end
    }
    add(to: bytes.count)
    return pieces
  }

  private static func touchesWord(
    _ start: Int, _ end: Int, in bytes: borrowing Span<UInt8>
  ) -> Bool {
    start > 0
      && Scalars.scalar(in: bytes, at: Scalars.start(in: bytes, endingAt: start)).scalar.isWord
      || end < bytes.count && Scalars.scalar(in: bytes, at: end).scalar.isWord
  }
}
