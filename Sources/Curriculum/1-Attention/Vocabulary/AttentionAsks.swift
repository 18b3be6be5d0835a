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
    EncodedAsk(weights),
    EncodedAsk(attention),
    EncodedAsk(origin),
    EncodedAsk(rows),
    EncodedAsk(labelling),
    EncodedAsk(alignment),
    EncodedAsk(swapScores),
    EncodedAsk(headScores),
    EncodedAsk(evenScores),
    EncodedAsk(rollout),
    EncodedAsk(entropy),
    EncodedAsk(capitalAttention),
    EncodedAsk(headEffects),
    EncodedAsk(correlation),
    EncodedAsk(whatAttentionShows),
    EncodedAsk(whatToCheck),
    EncodedAsk(patternsSeen),
  ]

  package static let modelShape = Ask("modelShape") { (answers: Answers, model: ShownModel) in
    try answers.modelShape(from: model.shapes)
  }
  package static let weights = Ask("weights") { (answers: Answers, model: ShownModel) in
    try answers.weights(of: model.weighed, hasGate: model.hasGate)
  }
  package static let attention = Ask("attention") { (answers: Answers, head: AttentionHead) in
    try answers.attention(of: head)
  }
  package static let origin = Ask("origin") { (answers: Answers, maps: [Tensor]) in
    try maps.map { try answers.origin(of: $0) }
  }
  package static let rows = Ask("rows") { (answers: Answers, question: RowsAndPictures) in
    try question.targets.map { try answers.rows(producing: $0.target, startToken: $0.startToken) }
  }
  package static let labelling = Ask("labelling") { (answers: Answers, question: RowsAndPictures) in
    try question.pictures.map { try answers.labelling(of: $0) }
  }
  package static let alignment = Ask("alignment") { (answers: Answers, sentences: [AttendedPair]) in
    try sentences.map { try answers.alignment(of: $0.pair, cross: $0.cross) }
  }
  package static let swapScores = Ask("swapScores") {
    (answers: Answers, examples: [AdjectiveExample]) in
    try answers.swapScores(over: examples)
  }
  package static let headScores = Ask("headScores") { (answers: Answers, texts: [ReadText]) in
    try answers.headScores(over: texts)
  }
  package static let evenScores = Ask("evenScores") { (answers: Answers, texts: [ReadText]) in
    try answers.evenScores(over: texts)
  }
  package static let rollout = Ask("rollout") { (answers: Answers, patterns: LayerPatterns) in
    try answers.rollout(of: patterns.layers)
  }
  package static let entropy = Ask("entropy") { (answers: Answers, patterns: LayerPatterns) in
    try answers.entropy(of: patterns.pattern)
  }
  /// The guess comes before the measurement.
  package static let capitalAttention = Ask("capitalAttention") {
    (answers: Answers, sets: CapitalSets) in
    let guess = try answers.capitalPrediction()
    do {
      return GuessAndMeasure(
        guess: guess, measured: try answers.capitalAttention(over: sets.measured),
        made: try answers.capitalAttention(over: sets.made))
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
  package static let patternsSeen = Ask(inWords: "patternsSeen") { (answers: Answers) in
    try answers.patternsSeen()
  }
}

/// The shapes that a run of one model shows, and another model to be weighed.
package struct ShownModel: Codable, Sendable {
  package var shapes: [String: [Int]]
  package var weighed: ModelShape
  package var hasGate: Bool

  package init(shapes: [String: [Int]], weighed: ModelShape, hasGate: Bool) {
    self.shapes = shapes
    self.weighed = weighed
    self.hasGate = hasGate
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

/// Targets whose rows are to be named, and pictures whose rows have names.
package struct RowsAndPictures: Codable, Sendable {
  package var targets: [TargetRows]
  package var pictures: [LabelledMap]

  package init(targets: [TargetRows], pictures: [LabelledMap]) {
    self.targets = targets
    self.pictures = pictures
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
  package var guess: CapitalGuess
  package var measured: CapitalAttention?
  package var made: CapitalAttention?

  package init(
    guess: CapitalGuess, measured: CapitalAttention? = nil, made: CapitalAttention? = nil
  ) {
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
