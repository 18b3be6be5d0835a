import Answering
import Coursework
/// The place that a word or an index names.
///
/// - Parameters:
///   - text: A word of the text, which names the last of its tokens; a token with or without its
///     mark; or a number from 0, or from the end, where -1 is the last.
///   - tokens: The labels of what there is to choose from.
///   - words: The text that they are the tokens of, where it is known.
///   - kind: What a place is called in messages, such as "row".
/// - Throws: ``CommandError`` that lists the places when the word is none of them, or several.
func place(
  of text: String, among tokens: [String], in words: WordPlaces? = nil, called kind: String
) throws(CommandError) -> Int {
  func list() -> String {
    tokens.enumerated().map { "\($0) \(visible($1))" }.joined(separator: ", ")
  }
  if let index = Int(text) {
    let place = index < 0 ? index + tokens.count : index
    guard tokens.indices.contains(place) else {
      throw CommandError("there is no \(kind) \(index); the \(kind)s are: \(list())")
    }
    return place
  }
  var found = words?.lastTokens(of: text) ?? []
  if found.isEmpty {
    found = tokens.indices.filter { tokens[$0] == text || tokens[$0].word == text }
  }
  guard found.count < 2 else {
    throw CommandError(
      "“\(text)” names the \(kind)s \(found.map(String.init).joined(separator: " and ")); give one "
        + "by its number")
  }
  guard let place = found.first else {
    throw CommandError("no \(kind) is “\(text)”; the \(kind)s are: \(list())")
  }
  return place
}

extension String {
  /// A piece without the mark that says that a space came before it.
  var word: String {
    guard let first, "▁ ".contains(first), count > 1 else { return self }
    return String(dropFirst())
  }
}
