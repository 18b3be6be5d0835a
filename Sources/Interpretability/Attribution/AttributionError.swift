/// What can be wrong with what an attribution is asked.
public enum AttributionError: Error, Equatable, CustomStringConvertible {
  /// Another number of texts than one.
  case batch(Int)
  /// A prediction that the sequence does not have.
  case positionOutOfRange(Int, count: Int)
  /// A token that the model does not have, and what it was given as.
  case tokenOutOfRange(String, id: Int, vocabularySize: Int)
  /// A foil that is the target.
  case foilIsTarget(Int)
  /// A baseline that does not fit the embeddings.
  case baselineShape(expected: [Int], found: [Int])
  /// A number that is NaN or infinite, and which.
  case notFinite(String)
  /// Fewer than are needed.
  case tooFew(String, least: Int, found: Int)
  /// A list with another count than what it belongs to.
  case count(String, expected: Int, found: Int)
  /// An amount that makes no sense.
  case amount(String, found: Double)

  /// One sentence: what was expected, what was found, what to do.
  public var description: String {
    switch self {
    case .batch(let count):
      "an attribution explains a prediction in one text, and the batch holds \(count); "
        + "explain them one by one"
    case .positionOutOfRange(let position, let count):
      "there is no prediction at position \(position): the model predicts at \(count) "
        + "position\(count == 1 ? "" : "s"), from 0 to \(count - 1); choose one of them"
    case .tokenOutOfRange(let what, let id, let size):
      "the \(what) is token \(id), and the model has \(size) tokens, 0 to \(size - 1); "
        + "choose one of them"
    case .foilIsTarget(let token):
      "the target and the foil are both token \(token): a contrast needs two different tokens; "
        + "choose another foil"
    case .baselineShape(let expected, let found):
      "the baseline has the shape \(found) and the embeddings have \(expected); "
        + "give it a row for every token"
    case .notFinite(let what):
      "\(what) is not a finite number, so nothing can be attributed; look for NaN or infinity in "
        + "the weights, the baseline and the interventions"
    case .tooFew(let what, let least, let found):
      "the number of \(what) is \(found), and must be at least \(least)"
    case .count(let what, let expected, let found):
      "expected \(expected) \(what), found \(found); give one for each"
    case .amount(let what, let found):
      "\(what) must be a finite number above 0, not \(found)"
    }
  }
}
