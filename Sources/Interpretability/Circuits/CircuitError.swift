/// What can be wrong with what is asked of circuits.
public enum CircuitError: Error, Equatable, CustomStringConvertible {
  /// A model that is not a single stack that reads from left to right.
  case notADecoder
  /// A model whose norms stand behind its layers.
  case normsBehind
  /// A decoder with a learned bias on its scores.
  case relativeBias
  /// A model that computes no logits.
  case noHead
  /// An edge that a model does not have.
  case edge(CircuitEdge)
  /// Fewer pairs than are needed.
  case noPairs
  /// A pair whose texts differ in length, by its place from 0.
  case unequal(pair: Int, clean: Int, corrupted: Int)
  /// A token that the model does not have, by the pair's place from 0.
  case token(Int, pair: Int, vocabularySize: Int)
  /// A text without tokens.
  case emptyText(pair: Int)
  /// A pair whose answer is its foil.
  case foilIsAnswer(pair: Int)
  /// A text that is longer than the model reads.
  case tooLong(pair: Int, count: Int, limit: Int)
  /// A threshold that means nothing.
  case threshold(Double, String)
  /// A model that does not do the task.
  case notDone(metric: String, clean: Double)
  /// A clean and a corrupted metric that are the same.
  case noDifference(metric: String, value: Double)
  /// A metric that is not a number.
  case notANumber(metric: String)
  /// A divergence attributed where it has no gradient.
  case flatDivergence
  /// A search that is to be taken up and is another one.
  case otherSearch
  /// More memory than is allowed, in bytes.
  case memory(needed: Int, limit: Int)

  /// One sentence: what was expected, what was found, what to do.
  public var description: String {
    switch self {
    case .notADecoder:
      "circuits are found in models that are a decoder alone, such as GPT-2 and Llama; this one has "
        + "an encoder, whose components do not write to the stream that the logits are read from"
    case .normsBehind:
      "this model's norms stand behind its layers and normalise the residual stream itself, so that "
        + "what a component reads is no sum of what others wrote; take a model with norms before them"
    case .relativeBias:
      "circuits are not found in decoders with a learned bias on their attention scores; take one "
        + "with learned or rotary positions"
    case .noHead: "this model computes no logits, from which a circuit's metric is read"
    case .edge(let edge):
      "the model has no edge \(edge): write senders as embedding, 4.4 or mlp.3 and receivers as "
        + "7.1.q, 7.1.k, 7.1.v, mlp.5 or logits, the sender earlier than the receiver"
    case .noPairs: "there are no pairs of texts; give at least one"
    case .unequal(let pair, let clean, let corrupted):
      "pair \(pair + 1) has \(clean) clean tokens and \(corrupted) corrupted ones: what is replaced "
        + "is replaced position by position; make them alike in length"
    case .token(let token, let pair, let size):
      "pair \(pair + 1) has the token \(token), and the model has \(size), 0 to \(size - 1)"
    case .emptyText(let pair): "pair \(pair + 1) has a text without tokens"
    case .foilIsAnswer(let pair):
      "the answer and the foil of pair \(pair + 1) are the same token; choose another foil"
    case .tooLong(let pair, let count, let limit):
      "pair \(pair + 1) has \(count) tokens, and the model reads \(limit)"
    case .threshold(let value, let what): "the threshold is \(value), and \(what)"
    case .notDone(let metric, let clean):
      "the model's mean \(metric) on the clean texts is \(clean), not above 0: it does not do the "
        + "task, and a share of that cannot be kept; filter the pairs, or take another metric"
    case .noDifference(let metric, let value):
      "the mean \(metric) of clean and corrupted texts is the same, \(value): faithfulness would be "
        + "divided by nothing; choose pairs that the model tells apart"
    case .notANumber(let metric):
      "the \(metric) of the clean or the corrupted texts is not a number; look at the model's weights"
    case .flatDivergence:
      "the divergence from the clean run is least at the clean run and has no gradient there; "
        + "integrate gradients over several steps, or take the logit difference"
    case .otherSearch:
      "what is to be taken up belongs to another search: another model, task, method, threshold, "
        + "ablation or metric"
    case .memory(let needed, let limit):
      "what every component writes for these pairs takes \(needed >> 20) MB, and \(limit >> 20) MB "
        + "are allowed; take fewer or shorter pairs"
    }
  }
}
