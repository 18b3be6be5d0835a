import Files

/// Words and their ids, as most models list them: an object of ids by word.
struct Vocabulary: Sendable {
  /// The word of every id, nil where the file leaves a gap.
  let words: [String?]
  let ids: WordTable

  init(_ part: Part) throws(TokenizerError) {
    guard case .object(let members) = part.json else { throw part.mismatch("an object") }
    // A few ids may be missing, but not so many that the list would outgrow the file.
    let limit = members.count * 8 + 65_536
    var ids = WordTable(capacity: members.count)
    var words = [String?](repeating: nil, count: members.count)
    for (word, id) in members {
      let id = try Part(json: id, place: "\(part.place).\(word)").count()
      guard id < limit else {
        throw .unusableModel(
          reason: "the id \(id) of \"\(word)\" is out of proportion to a vocabulary of "
            + "\(members.count) tokens")
      }
      while words.count <= id { words.append(nil) }
      words[id] = word
      ids.insert(Array(word.utf8), value: id)
    }
    while let last = words.last, last == nil { words.removeLast() }
    self.words = words
    self.ids = ids
  }

  /// How many words there are.
  var count: Int { ids.count }
}
