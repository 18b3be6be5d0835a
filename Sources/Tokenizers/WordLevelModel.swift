/// One id a word; a word that is not in the vocabulary is the unknown token.
struct WordLevelModel: Sendable {
  let vocabulary: Vocabulary
  private let unknown: Int

  init(_ part: Part) throws(TokenizerError) {
    vocabulary = try Vocabulary(part.required("vocab"))
    unknown = try vocabulary.unknown(part.required("unk_token").text())
  }

  /// The id of a word.
  func encode(_ word: borrowing Span<UInt8>, into ids: inout [Int]) {
    ids.append(vocabulary.ids.value(of: word) ?? unknown)
  }
}
