import Coursework
import Tensors
import Transformers

/// How the methods of Sheet 3 are asked.
enum GradientsAsks {
  typealias Answers = any GradientsAnswers

  static let gradientByHand = Ask("gradientByHand") {
    (answers: Answers, question: ClassifiedInput) in
    try answers.gradientByHand(of: question.model, at: question.input, target: question.target)
  }
  static let slope = Ask("slope") { (answers: Answers, question: NumberCoordinates) in
    let number = try question.number.number()
    return try question.places.map {
      try answers.slope(of: number, position: $0.position, column: $0.column)
    }
  }
  static let saliency = Ask("saliency") { (answers: Answers, question: NumberCoordinates) in
    try answers.saliency(of: question.number.number())
  }
  static let inputTimesGradient = Ask("inputTimesGradient") {
    (answers: Answers, question: NumberAndPieces) in
    try answers.inputTimesGradient(of: question.number.number())
  }
  static let wordScores = Ask("wordScores") { (answers: Answers, question: NumberAndPieces) in
    try answers.wordScores(question.scores, words: question.words)
  }
  static let integratedGradients = Ask("integratedGradients") {
    (answers: Answers, question: BaselinePath) in
    try answers.integratedGradients(
      of: question.number.number(), from: question.baseline, steps: question.steps)
  }
  static let completenessGap = Ask("completenessGap") {
    (answers: Answers, question: BaselinePath) in
    try answers.completenessGap(
      of: question.scores, for: question.number.number(), from: question.baseline)
  }
  static let baseline = Ask("baseline") { (answers: Answers, question: BaselineChoices) in
    try answers.baseline(
      for: question.number.number().embeddings, filler: question.filler, keeping: question.kept)
  }
  static let reports = Ask("reports") { (answers: Answers, question: BaselineChoices) in
    try answers.reports(
      on: question.number.number(), from: question.baselines, steps: question.steps)
  }
  static let contrast = Ask("contrast") { (answers: Answers, question: TargetAndFoil) in
    try answers.contrast(
      in: question.row.row(), target: question.target, foil: question.foil,
      from: question.baseline, steps: question.steps)
  }
  static let gradientMaps = Ask("gradientMaps") { (answers: Answers, question: TracedPrediction) in
    try answers.gradientMaps(
      of: question.model.model(), input: question.input,
      target: question.prediction.target.token, position: question.prediction.target.position)
  }
  static let deletionCurve = Ask("deletionCurve") { (answers: Answers, question: DeletionScores) in
    try answers.deletionCurve(
      of: question.number.number(), by: question.scores, baseline: question.baseline)
  }
  static let area = Ask("area") { (answers: Answers, question: DeletionScores) in
    try answers.area(under: question.curve)
  }
  static let rankCorrelation = Ask("rankCorrelation") {
    (answers: Answers, question: ScoresToRank) in
    try question.pairs.map { try answers.rankCorrelation($0.x, $0.y) }
  }
  static let mostFaithful = Ask("mostFaithful") { (answers: Answers, question: ScoresToRank) in
    try question.sets.map { try answers.mostFaithful(among: $0) }
  }
  static let whatAnAttributionSays = Ask(inWords: "whatAnAttributionSays") {
    (answers: Answers) in
    try answers.whatAnAttributionSays()
  }
  static let whichMethod = Ask(inWords: "whichMethod") { (answers: Answers) in
    try answers.whichMethod()
  }
}

/// A model, an input and the class that is explained.
struct ClassifiedInput: Codable, Sendable {
  var model: OneLayerModel
  var input: [Double]
  var target: Int
}

/// A number, and where its slope is wanted.
struct NumberCoordinates: Codable, Sendable {
  var number: NumberSource
  var places: [EmbeddingCoordinate]
}

/// A coordinate of an embedding.
struct EmbeddingCoordinate: Codable, Sendable {
  var position: Int
  var column: Int
}

/// A number, and scores of pieces, which need not be its own, with their words.
struct NumberAndPieces: Codable, Sendable {
  var number: NumberSource
  var scores: [Float]
  var words: [Int?]
}

/// A number, and the way to it from a baseline.
struct BaselinePath: Codable, Sendable {
  var number: NumberSource
  /// `[position, width]`.
  var baseline: Tensor
  var steps: Int
  /// Scores whose gap is asked for; they need not be integrated gradients.
  var scores: [Float]
}

/// A number and several baselines, and what one more baseline is to be made of.
struct BaselineChoices: Codable, Sendable {
  var number: NumberSource
  /// `[width]`.
  var filler: Tensor
  var kept: [Int]
  /// `[position, width]` each.
  var baselines: [Tensor]
  var steps: Int
}

/// A token and the one that might have been, in a row of logits.
struct TargetAndFoil: Codable, Sendable {
  var row: RowSource
  var target: Int
  var foil: Int
  /// `[position, width]`.
  var baseline: Tensor
  var steps: Int
}

/// A model, and the prediction whose gradients are traced through it.
struct TracedPrediction: Codable, Sendable {
  var model: TracedModel
  var prediction: TranslatorPrediction

  var input: ModelInput { ModelInput(prediction.source, decoderTokens: prediction.decoder) }
}

/// Whose gradients are traced.
enum TracedModel: Codable, Sendable {
  /// The translator.
  case translator
  /// A small model with random weights.
  case drawn(seed: UInt64, encoderLayers: Int, decoderLayers: Int, heads: Int)

  func model() throws -> Transformer {
    guard case .drawn(let seed, let encoderLayers, let decoderLayers, let heads) = self else {
      return try AttentionSheet.translator().model
    }
    func stack(_ layers: Int) -> TransformerConfiguration.Stack {
      TransformerConfiguration.Stack(
        layerCount: layers, headCount: heads, headWidth: 5, feedForwardWidth: 14)
    }
    var generator = SeededGenerator(seed: seed)
    return Transformer(
      configuration: .t5(
        vocabularySize: 20, width: 12, encoder: stack(encoderLayers),
        decoder: stack(decoderLayers), activation: .geluTanh, isGated: true,
        tiesEmbeddings: true), using: &generator)
  }
}

/// A number, and scores by which its pieces are taken away.
struct DeletionScores: Codable, Sendable {
  var number: NumberSource
  var scores: [Float]
  /// `[position, width]`.
  var baseline: Tensor
  /// A curve whose area is asked for, of values drawn at random.
  var curve: [Float]
}

/// Lists to correlate, and sets of sentences, in each of which a method is to be picked.
struct ScoresToRank: Codable, Sendable {
  var pairs: [ListPair]
  var sets: [[MethodScores]]
}
