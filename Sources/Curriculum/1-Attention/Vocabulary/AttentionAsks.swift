public import Answering
import Models
package import Tensors
package import Transformers

/// How the methods of Sheet 1 are asked.
public enum AttentionAsks: AskList {
  /// What a student promises.
  public typealias Answers = any AttentionAnswers

  /// One a method, in the sheet's order.
  public static let all = [
    EncodedAsk(modelShape),
    EncodedAsk(attention),
    EncodedAsk(origin),
    EncodedAsk(rows),
    EncodedAsk(alignment),
    EncodedAsk(swapScores),
    EncodedAsk(headScores),
    EncodedAsk(rollout),
    EncodedAsk(entropy),
    EncodedAsk(countryAttention),
    EncodedAsk(headEffects),
    EncodedAsk(correlation),
    EncodedAsk(whatAttentionShows),
    EncodedAsk(whatToCheck),
  ]

  package static let modelShape = Ask("modelShape") { (answers: Answers, shapes: [String: [Int]]) in
    try answers.modelShape(from: shapes)
  }
  package static let attention = Ask("attention") { (answers: Answers, head: AttentionHead) in
    try answers.attention(of: head)
  }
  package static let origin = Ask("origin") { (answers: Answers, maps: [Tensor]) in
    try maps.map { try answers.origin(of: $0) }
  }
  package static let rows = Ask("rows") { (answers: Answers, targets: [TargetRows]) in
    try targets.map { try answers.rows(producing: $0.target, startToken: $0.startToken) }
  }
  package static let alignment = Ask("alignment") { (answers: Answers, sentences: [AttendedPair]) in
    try sentences.map { try answers.alignment(of: $0.pair, cross: $0.cross) }
  }
  package static let swapScores = Ask("swapScores") {
    (answers: Answers, examples: [AdjectiveExample]) in
    try answers.swapScores(over: examples)
  }
  package static let headScores = Ask("headScores") {
    (answers: Answers, sequence: AttendedTokens) in
    try answers.headScores(of: sequence.pattern, tokens: sequence.tokens)
  }
  package static let rollout = Ask("rollout") { (answers: Answers, patterns: LayerPatterns) in
    try answers.rollout(of: patterns.layers)
  }
  package static let entropy = Ask("entropy") { (answers: Answers, patterns: LayerPatterns) in
    try answers.entropy(of: patterns.pattern)
  }
  /// The guess comes before the measurement.
  package static let countryAttention = Ask("countryAttention") {
    (answers: Answers, sets: CapitalSets) in
    let guess = try answers.capitalPrediction()
    do {
      return GuessAndMeasure(
        guess: guess, measured: try answers.countryAttention(over: sets.measured),
        made: try answers.countryAttention(over: sets.made))
    } catch is Unanswered {
      return GuessAndMeasure(guess: guess)
    }
  }
  package static let headEffects = Ask("headEffects") {
    (answers: Answers, question: KnockoutQuestion) in
    let model = try LoadedModel.kept(question.model).model
    return try question.sentences.map {
      try answers.headEffects(in: model, input: $0.input, predicts: $0.predicts)
    }
  }
  package static let correlation = Ask("correlation") {
    (answers: Answers, question: KnockoutQuestion) in
    try question.lists.map { try answers.correlation($0.x, $0.y) }
  }
  package static let whatAttentionShows = Ask(inWords: "whatAttentionShows") { (answers: Answers) in
    try answers.whatAttentionShows()
  }
  package static let whatToCheck = Ask(inWords: "whatToCheck") { (answers: Answers) in
    try answers.whatToCheck()
  }
}

/// A target whose rows are to be named.
package struct TargetRows: Codable, Sendable {
  package var target: [String]
  package var startToken: String

  package init(target: [String], startToken: String) {
    self.target = target
    self.startToken = startToken
  }
}

/// A sentence, its translation, and how the one attends to the other.
package struct AttendedPair: Codable, Sendable {
  package var pair: PiecedPair
  /// `[head, targetPiece, sourcePiece]`.
  package var cross: Tensor

  package init(pair: PiecedPair, cross: Tensor) {
    self.pair = pair
    self.cross = cross
  }
}

/// Attention over a sequence, and the sequence.
package struct AttendedTokens: Codable, Sendable {
  /// `[head, query, key]`.
  package var pattern: Tensor
  package var tokens: [Int]

  package init(pattern: Tensor, tokens: [Int]) {
    self.pattern = pattern
    self.tokens = tokens
  }
}

/// Self-attention of several layers, and one more pattern to take the entropy of.
package struct LayerPatterns: Codable, Sendable {
  /// One layer each, `[head, query, key]`.
  package var layers: [Tensor]
  /// `[head, query, key]`; not always as many keys as queries.
  package var pattern: Tensor

  package init(layers: [Tensor], pattern: Tensor) {
    self.layers = layers
    self.pattern = pattern
  }
}

/// The model's own questions on capitals, and a few with attention made by hand.
package struct CapitalSets: Codable, Sendable {
  package var measured: [CapitalQuestion]
  package var made: [CapitalQuestion]

  package init(measured: [CapitalQuestion], made: [CapitalQuestion]) {
    self.measured = measured
    self.made = made
  }
}

/// A guess and what was measured, which is nil while the stub is untouched.
package struct GuessAndMeasure: Codable, Sendable {
  package var guess: String
  package var measured: [Float]?
  package var made: [Float]?

  package init(guess: String, measured: [Float]? = nil, made: [Float]? = nil) {
    self.guess = guess
    self.measured = measured
    self.made = made
  }
}

/// Sentences to knock heads out on, and lists to correlate.
package struct KnockoutQuestion: Codable, Sendable {
  /// What a `--model` value names.
  package var model: String
  package var sentences: [KnockoutSentence]
  package var lists: [ListPair]

  package init(
    model: String = EmbeddedModel.translator.name, sentences: [KnockoutSentence], lists: [ListPair]
  ) {
    self.model = model
    self.sentences = sentences
    self.lists = lists
  }
}

/// One sentence as token ids.
package struct KnockoutSentence: Codable, Sendable {
  package var source: [Int]
  package var decoderTokens: [Int]
  package var predicts: [Int]

  package var input: ModelInput { ModelInput(source, decoderTokens: decoderTokens) }

  package init(source: [Int], decoderTokens: [Int], predicts: [Int]) {
    self.source = source
    self.decoderTokens = decoderTokens
    self.predicts = predicts
  }
}

/// Two lists of one length.
package struct ListPair: Codable, Sendable {
  package var x: [Float]
  package var y: [Float]

  package init(x: [Float], y: [Float]) {
    self.x = x
    self.y = y
  }
}
