/// Turns one word into ids.
enum Model: Sendable {
  case unigram(UnigramModel)
  case wordLevel(WordLevelModel)

  init(_ part: Part) throws(TokenizerError) {
    switch try Self.name(of: part) {
    case "Unigram": self = .unigram(try UnigramModel(part))
    case "WordLevel": self = .wordLevel(try WordLevelModel(part))
    case let name:
      throw .unsupported(part: part.place, name: name, supported: ["Unigram", "WordLevel"])
    }
  }

  /// The model's type; files from before the library wrote it are told by their vocabulary.
  private static func name(of part: Part) throws(TokenizerError) -> String {
    if let type = part.optional("type") { return try type.text() }
    if case .array = try part.required("vocab").json { return "Unigram" }
    if part.optional("merges") != nil { return "BPE" }
    return part.optional("continuing_subword_prefix") == nil ? "WordLevel" : "WordPiece"
  }

  /// How many tokens the vocabulary lists: where the ids of added tokens begin.
  var count: Int {
    switch self {
    case .unigram(let model): model.pieces.count
    case .wordLevel(let model): model.count
    }
  }

  /// One more than the largest id.
  var idCount: Int {
    switch self {
    case .unigram(let model): model.pieces.count
    case .wordLevel(let model): model.words.count
    }
  }

  func encode(_ word: [UInt8], into ids: inout [Int]) {
    switch self {
    case .unigram(let model): model.encode(word, into: &ids)
    case .wordLevel(let model): model.encode(word, into: &ids)
    }
  }

  func id(of token: String) -> Int? {
    switch self {
    case .unigram(let model): model.trie.id(of: token.utf8)
    case .wordLevel(let model): model.trie.id(of: token.utf8)
    }
  }

  func token(_ id: Int) -> String? {
    guard id >= 0, id < idCount else { return nil }
    return switch self {
    case .unigram(let model): model.pieces[id]
    case .wordLevel(let model): model.words[id]
    }
  }
}
