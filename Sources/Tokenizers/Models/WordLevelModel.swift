/// One id a word; a word that is not in the vocabulary is the unknown token.
struct WordLevelModel: Sendable {
  let vocabulary: Vocabulary
  private let unknown: UnknownToken

  init(_ part: Part) throws(TokenizerError) {
    vocabulary = try Vocabulary(part.required("vocab"))
    unknown = UnknownToken(
      try part.optional("unk_token")?.text() ?? "<unk>", in: vocabulary)
  }

  /// The id of a word.
  func encode(
    _ word: borrowing Span<UInt8>, into ids: inout [Int]
  ) throws(TokenizerError) {
    if let id = vocabulary.ids.value(of: word) {
      ids.append(id)
    } else {
      ids.append(try unknown.id(for: word))
    }
  }
}
