/// What can go wrong with a `tokenizer.json` or with token ids: one sentence each.
public enum TokenizerError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file cannot be read.
  case unreadable(path: String, reason: String)
  /// The bytes are not JSON.
  case notJSON(reason: String)
  /// A part of the file is missing, or is of another kind than it should be.
  case malformed(part: String, expected: String, found: String)
  /// A component this package does not have.
  case unsupported(part: String, name: String, supported: [String])
  /// A regular expression this package cannot match exactly, and from which character on.
  case unsupportedExpression(part: String, String, place: Int, reason: String)
  /// The model's numbers contradict each other.
  case unusableModel(reason: String)
  /// A text that holds what the vocabulary does not, where the model has no unknown token.
  case unknownText(String, reason: String)
  /// An expression that takes too many steps on a text.
  case exhausted
  /// An id that names no token.
  case unknownID(Int, vocabularySize: Int)

  /// The error as a sentence.
  public var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "The tokenizer file \(path) cannot be read: \(reason)."
    case .notJSON(let reason):
      "The tokenizer file should be JSON, but \(reason)."
    case .malformed(let part, let expected, let found):
      "In the tokenizer file, \(part.shown) should be \(expected.shown), but it is \(found.shown)."
    case .unsupported(let part, let name, let supported):
      "In the tokenizer file, \(part.shown) is \(name.shown), which is not supported; "
        + "supported are \(supported.joined(separator: ", "))."
    case .unsupportedExpression(let part, let text, let place, let reason):
      "In the tokenizer file, \(part.shown) is \"\(text.shown)\", which cannot be taken: at "
        + "character \(place + 1), \(reason.shown)."
    case .unknownText(let text, let reason):
      "The text holds \"\(text.shown)\", which the tokenizer's vocabulary does not have, and "
        + "\(reason.shown)."
    case .exhausted:
      "An expression of the tokenizer takes too many steps on this text; a shorter text may pass."
    case .unusableModel(let reason):
      "The tokenizer's model cannot be used: \(reason.shown)."
    case .unknownID(let id, let size) where id >= 0 && id < size:
      "The id \(id) names no token: the vocabulary of \(size) ids has a gap there."
    case .unknownID(let id, let size):
      "The id \(id) is outside the vocabulary: ids go from 0 to \(size - 1)."
    }
  }
}

extension String {
  /// What a file says, fit for a line of a terminal: without controls, and not too long.
  fileprivate var shown: String {
    var result = ""
    for scalar in unicodeScalars.prefix(400) {
      result +=
        scalar.properties.generalCategory == .control
        ? scalar.escaped(asASCII: true) : String(scalar)
    }
    return unicodeScalars.dropFirst(400).isEmpty ? result : result + "…"
  }
}
