/// What can be wrong with what a model is given.
public enum TransformerError: Error, Equatable, CustomStringConvertible {
  /// A token id that the embedding has no row for.
  case tokenOutOfRange(id: Int, vocabularySize: Int)
  /// A sequence with more tokens than there are positions.
  case tooLong(length: Int, maximum: Int)
  /// No tokens at all.
  case emptyInput(String)
  /// Rows of a batch that differ in length.
  case ragged(String, expected: Int, found: Int)
  /// A token type that the model has no embedding for.
  case tokenTypeOutOfRange(Int, count: Int)
  /// Logits, or a text, asked of a model without a head.
  case noHead
  /// A text asked of a model without a decoder.
  case noDecoder
  /// Decoder tokens for a model without a decoder, or none for one that needs them.
  case targets(expected: Bool)
  /// A point that this model does not have.
  case unknownPoint(String, nearest: [String])
  /// A point that the model has, and that this run did not pass.
  case neverFired(HookPoint)
  /// A point that was not captured.
  case notCaptured(HookPoint, captured: Int)
  /// Two things that belong together and differ in number.
  case mismatch(String, expected: Int, found: Int)
  /// A head that the layer does not have.
  case headOutOfRange(Int, count: Int)
  /// An intervention that returned another shape than it was given.
  case interventionShape(HookPoint, expected: [Int], found: [Int])

  /// One sentence: what was expected, what was found, what to do.
  public var description: String {
    switch self {
    case .tokenOutOfRange(let id, let size):
      "the token id \(id) is out of range: the model has \(size) tokens, 0 to \(size - 1); "
        + "was the text tokenised for another model?"
    case .tooLong(let length, let maximum):
      "the text has \(length) tokens and the model has positions for \(maximum); shorten it"
    case .emptyInput(let what): "\(what) is empty; give at least one token"
    case .ragged(let what, let expected, let found):
      "the rows of \(what) differ in length: expected \(expected) as in the first, found \(found); "
        + "pad them and pass a mask"
    case .tokenTypeOutOfRange(_, count: 0):
      "this model knows no token types; leave them out"
    case .tokenTypeOutOfRange(let type, let count):
      "there is no token type \(type): the model has \(count), 0 to \(count - 1)"
    case .noHead:
      "this model has no language-model head, and so no logits; read its output or its trace"
    case .noDecoder: "this model has no decoder, and so cannot write text; choose one that has"
    case .targets(true): "this model has a decoder of its own: give decoder tokens too"
    case .targets(false):
      "this model has a single stack: decoder tokens have no place in it; leave them out"
    case .unknownPoint(let name, let nearest):
      "the model has no hook point “\(name)”"
        + (nearest.isEmpty ? "" : "; the nearest are \(nearest.joined(separator: ", "))")
    case .neverFired(let point):
      "the hook at \(point) never fired: this run does not pass that point; choose another"
    case .mismatch(let what, let expected, let found):
      "expected \(expected) \(what), found \(found); give one for each"
    case .headOutOfRange(let head, let count):
      "there is no head \(head): the layer has \(count) heads, 0 to \(count - 1)"
    case .notCaptured(let point, let captured):
      "\(point) was not captured (\(captured) points were); add it to what the run captures"
    case .interventionShape(let point, let expected, let found):
      "the intervention at \(point) returned the shape \(found) where \(expected) is needed; "
        + "return a tensor of the shape it was given"
    }
  }
}
