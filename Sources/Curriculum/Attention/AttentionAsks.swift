import Answering
import Coursework
import Tensors
import Transformers

/// How the methods of Sheet 1 are asked.
enum AttentionAsks {
  typealias Answers = any AttentionAnswers

  static let modelShape = Ask("modelShape") { (answers: Answers, shapes: [String: [Int]]) in
    try answers.modelShape(from: shapes)
  }
  static let attention = Ask("attention") { (answers: Answers, head: AttentionHead) in
    try answers.attention(of: head)
  }
  static let origin = Ask("origin") { (answers: Answers, maps: [Tensor]) in
    try maps.map { try answers.origin(of: $0) }
  }
  static let rows = Ask("rows") { (answers: Answers, targets: [TargetRows]) in
    try targets.map { try answers.rows(producing: $0.target, startToken: $0.startToken) }
  }
  static let alignment = Ask("alignment") { (answers: Answers, sentences: [AttendedPair]) in
    try sentences.map { try answers.alignment(of: $0.pair, cross: $0.cross) }
  }
  static let swapScores = Ask("swapScores") { (answers: Answers, examples: [AdjectiveExample]) in
    try answers.swapScores(over: examples)
  }
  static let headScores = Ask("headScores") { (answers: Answers, sequence: AttendedTokens) in
    try answers.headScores(of: sequence.pattern, tokens: sequence.tokens)
  }
  static let rollout = Ask("rollout") { (answers: Answers, patterns: LayerPatterns) in
    try answers.rollout(of: patterns.layers)
  }
  static let entropy = Ask("entropy") { (answers: Answers, patterns: LayerPatterns) in
    try answers.entropy(of: patterns.pattern)
  }
  /// The guess comes before the measurement.
  static let countryAttention = Ask("countryAttention") { (answers: Answers, sets: CapitalSets) in
    let guess = try answers.capitalPrediction()
    do {
      return GuessAndMeasure(
        guess: guess, measured: try answers.countryAttention(over: sets.measured),
        made: try answers.countryAttention(over: sets.made))
    } catch is Unanswered {
      return GuessAndMeasure(guess: guess)
    }
  }
  static let headEffects = Ask("headEffects") { (answers: Answers, question: KnockoutQuestion) in
    let model = try AttentionSheet.translator().model
    return try question.sentences.map {
      try answers.headEffects(in: model, input: $0.input, predicts: $0.predicts)
    }
  }
  static let correlation = Ask("correlation") { (answers: Answers, question: KnockoutQuestion) in
    try question.lists.map { try answers.correlation($0.x, $0.y) }
  }
  static let whatAttentionShows = Ask(inWords: "whatAttentionShows") { (answers: Answers) in
    try answers.whatAttentionShows()
  }
  static let whatToCheck = Ask(inWords: "whatToCheck") { (answers: Answers) in
    try answers.whatToCheck()
  }
}

/// A target whose rows are to be named.
struct TargetRows: Codable, Sendable {
  var target: [String]
  var startToken: String
}

/// A sentence, its translation, and how the one attends to the other.
struct AttendedPair: Codable, Sendable {
  var pair: PiecedPair
  /// `[head, targetPiece, sourcePiece]`.
  var cross: Tensor
}

/// Attention over a sequence, and the sequence.
struct AttendedTokens: Codable, Sendable {
  /// `[head, query, key]`.
  var pattern: Tensor
  var tokens: [Int]
}

/// Self-attention of several layers, and one more pattern to take the entropy of.
struct LayerPatterns: Codable, Sendable {
  /// One layer each, `[head, query, key]`.
  var layers: [Tensor]
  /// `[head, query, key]`; not always as many keys as queries.
  var pattern: Tensor
}

/// The model's own questions on capitals, and a few with attention made by hand.
struct CapitalSets: Codable, Sendable {
  var measured: [CapitalQuestion]
  var made: [CapitalQuestion]
}

/// A guess and what was measured, which is nil while the stub is untouched.
struct GuessAndMeasure: Codable, Sendable {
  var guess: String
  var measured: [Float]?
  var made: [Float]?
}

/// Sentences to knock heads out on, and lists to correlate.
struct KnockoutQuestion: Codable, Sendable {
  var sentences: [KnockoutSentence]
  var lists: [ListPair]
}

/// One sentence as token ids.
struct KnockoutSentence: Codable, Sendable {
  var source: [Int]
  var decoderTokens: [Int]
  var predicts: [Int]

  var input: ModelInput { ModelInput(source, decoderTokens: decoderTokens) }
}

/// Two lists of one length.
struct ListPair: Codable, Sendable {
  var x: [Float]
  var y: [Float]
}
