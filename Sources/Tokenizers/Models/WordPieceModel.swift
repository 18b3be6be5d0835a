/// The longest known beginning of a word, then of what is left of it, and so on.
///
/// Schuster and Nakajima, "Japanese and Korean Voice Search" (2012). Pieces within a word are
/// listed with a prefix, `##`. A word that cannot be put together, or is too long, is unknown.
struct WordPieceModel: Sendable {
  let vocabulary: Vocabulary
  private let trie: ByteTrie
  /// Where in the trie the pieces within a word begin; nil if there are none.
  private let continuation: Int32?
  private let unknown: UnknownToken
  private let longest: Int

  init(_ part: Part) throws(TokenizerError) {
    vocabulary = try Vocabulary(part.required("vocab"))
    unknown = UnknownToken(
      try part.optional("unk_token")?.text() ?? "[UNK]", in: vocabulary)
    longest = try part.optional("max_input_chars_per_word")?.count() ?? 100
    let prefix = try part.optional("continuing_subword_prefix")?.text() ?? "##"
    var trie = ByteTrie()
    for (word, id) in vocabulary.ids.members { trie.insert(word, id: id) }
    self.trie = trie
    continuation = prefix.utf8.reduce(ByteTrie.root as Int32?) { node, byte in
      node.flatMap { trie.child(of: $0, by: byte) }
    }
  }

  func encode(
    _ word: borrowing Span<UInt8>, into ids: inout [Int]
  ) throws(TokenizerError) {
    let before = ids.count
    var start = 0
    var fits = word.count <= longest || scalarCount(word) <= longest
    while fits, start < word.count {
      var node = start == 0 ? ByteTrie.root : continuation
      var best: (end: Int, id: Int)?
      var position = start
      while position < word.count, let current = node {
        node = trie.child(of: current, by: word[position])
        position += 1
        if let node, let id = trie.id(at: node) { best = (position, id) }
      }
      if let best {
        ids.append(best.id)
        start = best.end
      } else {
        fits = false
      }
    }
    if !fits {
      ids.removeLast(ids.count - before)
      ids.append(try unknown.id(for: word))
    }
  }

  private func scalarCount(_ word: borrowing Span<UInt8>) -> Int {
    var count = 0
    for index in 0..<word.count where word[index] & 0xC0 != 0x80 { count += 1 }
    return count
  }
}
