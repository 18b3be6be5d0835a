import Tensors

/// What decides how a text goes on, beside the scores that a model gives.
///
/// The settings are those of a `generation_config.json`, with the meaning that `transformers` gives
/// them; a model without such a file has the defaults, which change nothing.
public struct GenerationSettings: Codable, Sendable, Equatable {
  /// Tokens that are never chosen (`suppress_tokens`).
  public var suppressedTokens: [Int] = []
  /// Tokens that are not the first that is written (`begin_suppress_tokens`).
  public var tokensSuppressedFirst: [Int] = []
  /// Sequences of tokens whose last is not chosen after the others (`bad_words_ids`).
  public var forbiddenSequences: [[Int]] = []
  /// What follows a single token (`forced_bos_token_id`): of an encoder–decoder the first that is
  /// written.
  public var forcedFirstToken: Int?
  /// One of what the last token is, when no end came before the limit (`forced_eos_token_id`).
  public var forcedLastTokens: [Int] = []
  /// What divides the scores of tokens that have been, or multiplies those that are negative.
  ///
  /// Keskar et al., "CTRL: A Conditional Transformer Language Model for Controllable Generation",
  /// 2019.
  public var repetitionPenalty: Float = 1
  /// How many tokens in a row do not come twice (`no_repeat_ngram_size`), or 0.
  public var unrepeatedLength = 0
  /// How many tokens there are, those read by the same stack counted, before an end may come.
  public var minimumLength = 0
  /// How many tokens are written before an end may come; it wins over the minimum length.
  public var minimumNewTokens: Int?
  /// How many tokens there are at most, those read by the same stack counted.
  public var maximumLength: Int?
  /// How many tokens are written at most; it wins over the maximum length.
  public var maximumNewTokens: Int?
  /// How many continuations are kept side by side (`num_beams`).
  public var beamWidth = 1
  /// The power of the length by which a beam's sum of log-probabilities is divided.
  public var lengthPenalty: Float = 1
  /// When a beam stops.
  public var beamEnd = BeamEnd.hopeless
  /// Whether scores that were changed are made log-probabilities again (`renormalize_logits`).
  public var renormalizesScores = false
  /// What a file asks for and is not done, by its names there.
  public var unsupported: [String] = []

  /// When a beam stops that has as many finished texts as it is wide (`early_stopping`).
  public enum BeamEnd: String, Codable, Sendable {
    /// At once (`true`).
    case full
    /// When the best unfinished text, at its own length, does not beat the worst of them (`false`).
    case hopeless
    /// When it would not beat it at the greatest length either (`"never"`).
    case impossible
  }

  /// The defaults.
  public init() {}

  /// How many tokens may be written after so many, or nil when nothing is said.
  public func limit(afterTokens count: Int) -> Int? {
    maximumNewTokens ?? maximumLength.map { max($0 - count, 0) }
  }

  /// Whether scores are ever changed.
  var changesScores: Bool {
    !suppressedTokens.isEmpty || !tokensSuppressedFirst.isEmpty || !forbiddenSequences.isEmpty
      || forcedFirstToken != nil || !forcedLastTokens.isEmpty || repetitionPenalty != 1
      || unrepeatedLength > 0 || minimumLength > 0 || minimumNewTokens != nil
  }

  /// A text at the moment its next token is chosen.
  struct Moment {
    /// What there is so far, without padding.
    var tokens: [Int]
    /// How many of these were written.
    var newCount: Int
    /// Whether the next token is the last for which there is room.
    var isLast: Bool
  }

  /// Changes the scores of a text's next token; the steps and their order are those of `transformers`.
  ///
  /// - Parameter scores: Logits in a greedy search, log-probabilities in a beam.
  func change(
    _ scores: UnsafeMutableBufferPointer<Float>, at moment: Moment, endTokens: [Int]
  ) {
    let tokens = moment.tokens
    func forbid(_ ids: some Sequence<Int>) {
      for id in ids { scores[id] = -.infinity }
    }
    func force(_ ids: [Int]) {
      scores.update(repeating: -.infinity)
      for id in ids { scores[id] = 0 }
    }
    if repetitionPenalty != 1 {
      for id in Set(tokens) {
        scores[id] =
          scores[id] < 0 ? scores[id] * repetitionPenalty : scores[id] / repetitionPenalty
      }
    }
    forbid(completions(of: tokens))
    for sequence in forbiddenSequences where !endTokens.contains(where: { sequence == [$0] }) {
      if let last = sequence.last, tokens.suffix(sequence.count - 1) == sequence.dropLast() {
        forbid([last])
      }
    }
    let isShort = minimumNewTokens.map { moment.newCount < $0 } ?? (tokens.count < minimumLength)
    if isShort { forbid(endTokens) }
    if let forcedFirstToken, tokens.count == 1 { force([forcedFirstToken]) }
    if !forcedLastTokens.isEmpty, moment.isLast { force(forcedLastTokens) }
    forbid(suppressedTokens)
    // What is forced first is passed over: the token after it counts as the first.
    let isForced = forcedFirstToken != nil && tokens.count - moment.newCount == 1
    if moment.newCount == (isForced ? 1 : 0) { forbid(tokensSuppressedFirst) }
  }

  /// The tokens that would complete a sequence that has been.
  private func completions(of tokens: [Int]) -> [Int] {
    guard unrepeatedLength > 0, tokens.count >= unrepeatedLength else { return [] }
    let last = unrepeatedLength - 1
    let end = tokens.suffix(last)
    return (last..<tokens.count).filter { tokens[($0 - last)..<$0] == end }.map { tokens[$0] }
  }
}
