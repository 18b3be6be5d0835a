/// The place that a word or an index names.
///
/// - Parameters:
///   - text: A token with or without its mark, or a number from 0.
///   - tokens: What there is to choose from.
///   - kind: What a place is called in messages, such as "row".
/// - Throws: ``CommandError`` that lists the places when the word is none of them, or several.
func place(
  of text: String, among tokens: [String], called kind: String
) throws(CommandError) -> Int {
  let list = tokens.enumerated().map { "\($0.offset) \($0.element)" }.joined(separator: ", ")
  if let index = Int(text) {
    guard tokens.indices.contains(index) else {
      throw CommandError("there is no \(kind) \(index); the \(kind)s are: \(list)")
    }
    return index
  }
  let found = tokens.indices.filter { tokens[$0] == text || tokens[$0].word == text }
  guard found.count < 2 else {
    throw CommandError(
      "“\(text)” names the \(kind)s \(found.map(String.init).joined(separator: " and ")); give one "
        + "by its number")
  }
  guard let place = found.first else {
    throw CommandError("no \(kind) is “\(text)”; the \(kind)s are: \(list)")
  }
  return place
}

extension String {
  /// A piece without the mark that says that a space came before it.
  var word: String {
    guard let first, "▁Ġ ".contains(first) else { return self }
    return String(dropFirst())
  }
}
