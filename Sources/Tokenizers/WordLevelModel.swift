/// One id a word; a word that is not in the vocabulary is the unknown token.
struct WordLevelModel: Sendable {
  /// The word of every id, nil where the file leaves a gap.
  let words: [String?]
  /// How many words there are.
  let count: Int
  let trie: ByteTrie
  private let unknown: Int

  init(_ part: Part) throws(TokenizerError) {
    let vocabulary = try part.required("vocab")
    guard case .object(let members) = vocabulary.json else {
      throw vocabulary.mismatch("an object")
    }
    guard !members.isEmpty else { throw .unusableModel(reason: "its vocabulary is empty") }
    var named: [(id: Int, word: String)] = []
    var trie = ByteTrie()
    for (word, id) in members {
      let id = try Part(json: id, place: "\(vocabulary.place).\(word)").count()
      guard id < 1 << 24 else {
        throw .unusableModel(reason: "the id \(id) of \"\(word)\" is larger than \(1 << 24)")
      }
      named.append((id, word))
      trie.insert(word.utf8, id: id)
    }
    let size = (named.map(\.id).max() ?? 0) + 1
    var words = [String?](repeating: nil, count: size)
    for (id, word) in named { words[id] = word }
    let token = try part.required("unk_token").text()
    guard let unknown = trie.id(of: token.utf8) else {
      throw .unusableModel(reason: "its unknown token \"\(token)\" is not in its vocabulary")
    }
    self.words = words
    self.trie = trie
    self.unknown = unknown
    count = members.count
  }

  /// The id of a word.
  func encode(_ word: [UInt8], into ids: inout [Int]) {
    ids.append(trie.id(of: word) ?? unknown)
  }
}
