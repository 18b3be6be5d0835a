public import Transformers

/// What can be wrong with what a sweep is asked.
public enum SweepError: Error, Equatable, CustomStringConvertible {
  /// A position that a text does not have, and what asks for it.
  case position(Int, count: Int, what: String)
  /// A row that the input does not have.
  case row(Int, count: Int)
  /// A head that a point does not have.
  case head(Int, point: HookPoint, count: Int)
  /// A place of the last axis that a point does not have.
  case unit(Int, point: HookPoint, count: Int)
  /// Heads of a point that has none, or the like.
  case part(String, point: HookPoint)
  /// An activation that does not fit where it is put.
  case shape(String, point: HookPoint, expected: String, found: [Int])
  /// A token that the model does not have, and what it was given as.
  case token(String, id: Int, vocabularySize: Int)
  /// A foil that is the answer.
  case foilIsAnswer
  /// A list with another count than what it belongs to.
  case count(String, expected: Int, found: Int)
  /// Results of a sweep that was stopped, asked for as if they were all.
  case partial(finished: Int, total: Int)
  /// Results that belong to another sweep.
  case otherSweep
  /// Two texts that have to be alike in length and are not.
  case unequal(clean: Int, corrupted: Int)
  /// An effect relative to a difference of nothing.
  case noDifference(String, value: Float)
  /// A metric that has no gradient.
  case notDifferentiable(String)
  /// Logits among other receivers.
  case logitsWithOthers
  /// A model whose head is more than a norm and an unembedding.
  case headIsNotLinear
  /// Nothing to do.
  case empty(String)

  /// One sentence: what was expected, what was found, what to do.
  public var description: String {
    switch self {
    case .position(let position, let count, let what):
      "\(what) is \(position), and the text has \(count) tokens, 0 to \(count - 1); "
        + "choose one of them"
    case .row(let row, let count):
      "there is no row \(row): the input has \(count), 0 to \(count - 1)"
    case .head(let head, let point, let count):
      "there is no head \(head) at \(point): it has \(count), 0 to \(count - 1)"
    case .unit(let unit, let point, let count):
      "there is no place \(unit) at \(point): its last axis has \(count), 0 to \(count - 1)"
    case .part(let what, let point): "\(point) has no \(what); choose another point"
    case .shape(let what, let point, let expected, let found):
      "\(what) at \(point) has the shape \(found), and \(expected) is needed"
    case .token(let what, let id, let size):
      "\(what) is token \(id), and the model has \(size) tokens, 0 to \(size - 1); "
        + "choose one of them"
    case .foilIsAnswer:
      "an answer and its foil are the same token: a difference needs two; choose another foil"
    case .count(let what, let expected, let found):
      "expected \(expected) \(what), one for each row, or one for all; found \(found)"
    case .partial(let finished, let total):
      "the sweep was stopped after \(finished) of \(total) runs; resume it, or read what is "
        + "finished as such"
    case .otherSweep:
      "the results to resume from belong to another sweep: other texts, changes, metric or model"
    case .unequal(let clean, let corrupted):
      "the clean text has \(clean) tokens and the corrupted one \(corrupted): patching puts one "
        + "position in the place of the same position; make them alike in length"
    case .noDifference(let metric, let value):
      "the \(metric) of the clean and the corrupted run is the same, \(value): an effect would be "
        + "divided by nothing; choose texts that the model tells apart"
    case .notDifferentiable(let metric):
      "the metric \(metric) has no gradient; take a logit, a logit difference, a probability, its "
        + "logarithm or a divergence"
    case .logitsWithOthers:
      "the logits are a receiver of their own: what reaches them directly and what heads and MLPs "
        + "make of it are two questions; ask them one by one"
    case .headIsNotLinear:
      "this model's head has a layer of its own with an activation before the unembedding: a logit "
        + "is no sum over what wrote the residual stream; take a model without one"
    case .empty(let what): "there are no \(what); give at least one"
    }
  }
}
