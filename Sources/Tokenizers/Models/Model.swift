import Files

/// Turns one word into ids.
enum Model: Sendable {
  case bytePair(BytePairModel)
  case unigram(UnigramModel)
  case wordLevel(WordLevelModel)
  case wordPiece(WordPieceModel)

  init(_ part: Part) throws(TokenizerError) {
    switch try Self.name(of: part) {
    case "BPE": self = .bytePair(try BytePairModel(part))
    case "Unigram": self = .unigram(try UnigramModel(part))
    case "WordLevel": self = .wordLevel(try WordLevelModel(part))
    case "WordPiece": self = .wordPiece(try WordPieceModel(part))
    case let name:
      throw .unsupported(
        part: part.place, name: name, supported: ["BPE", "Unigram", "WordLevel", "WordPiece"])
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
  var count: Int { vocabulary?.count ?? idCount }

  /// One more than the largest id.
  var idCount: Int {
    if case .unigram(let model) = self { return model.pieces.count }
    return vocabulary?.words.count ?? 0
  }

  private var vocabulary: Vocabulary? {
    switch self {
    case .bytePair(let model): model.vocabulary
    case .unigram: nil
    case .wordLevel(let model): model.vocabulary
    case .wordPiece(let model): model.vocabulary
    }
  }

  func encode(
    _ word: borrowing Span<UInt8>, into ids: inout [Int]
  ) throws(TokenizerError) {
    switch self {
    case .bytePair(let model): try model.encode(word, into: &ids)
    case .unigram(let model): try model.encode(word, into: &ids)
    case .wordLevel(let model): try model.encode(word, into: &ids)
    case .wordPiece(let model): try model.encode(word, into: &ids)
    }
  }

  func id(of token: String) -> Int? {
    if case .unigram(let model) = self { return model.trie.id(of: token.utf8) }
    return vocabulary?.ids[token]
  }

  func token(_ id: Int) -> String? {
    guard id >= 0, id < idCount else { return nil }
    if case .unigram(let model) = self { return model.pieces[id] }
    return vocabulary?.words[id]
  }
}
