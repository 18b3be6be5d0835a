public import Answering
import Models
package import Tensors
package import Transformers

/// How the methods of Sheet 3 are asked.
public enum GradientsAsks: AskList {
  /// What a student promises.
  public typealias Answers = any GradientsAnswers

  /// One a method, in the sheet's order.
  public static let all = [
    EncodedAsk(gradientByHand),
    EncodedAsk(slope),
    EncodedAsk(saliency),
    EncodedAsk(inputTimesGradient),
    EncodedAsk(wordScores),
    EncodedAsk(integratedGradients),
    EncodedAsk(completenessGap),
    EncodedAsk(baseline),
    EncodedAsk(reports),
    EncodedAsk(contrast),
    EncodedAsk(gradientMaps),
    EncodedAsk(deletionCurve),
    EncodedAsk(area),
    EncodedAsk(rankCorrelation),
    EncodedAsk(mostFaithful),
    EncodedAsk(whatAnAttributionSays),
    EncodedAsk(whichMethod),
  ]

  package static let gradientByHand = Ask("gradientByHand") {
    (answers: Answers, question: ClassifiedInput) in
    try answers.gradientByHand(of: question.model, at: question.input, target: question.target)
  }
  package static let slope = Ask("slope") { (answers: Answers, question: NumberCoordinates) in
    let number = try question.number.number()
    return try question.places.map {
      try answers.slope(of: number, position: $0.position, column: $0.column)
    }
  }
  package static let saliency = Ask("saliency") { (answers: Answers, question: NumberCoordinates) in
    try answers.saliency(of: question.number.number())
  }
  package static let inputTimesGradient = Ask("inputTimesGradient") {
    (answers: Answers, question: NumberAndPieces) in
    try answers.inputTimesGradient(of: question.number.number())
  }
  package static let wordScores = Ask("wordScores") {
    (answers: Answers, question: NumberAndPieces) in
    try answers.wordScores(question.scores, words: question.words)
  }
  package static let integratedGradients = Ask("integratedGradients") {
    (answers: Answers, question: BaselinePath) in
    try answers.integratedGradients(
      of: question.number.number(), from: question.baseline, steps: question.steps)
  }
  package static let completenessGap = Ask("completenessGap") {
    (answers: Answers, question: BaselinePath) in
    try answers.completenessGap(
      of: question.scores, for: question.number.number(), from: question.baseline)
  }
  package static let baseline = Ask("baseline") { (answers: Answers, question: BaselineChoices) in
    try answers.baseline(
      for: question.number.number().embeddings, filler: question.filler, keeping: question.kept)
  }
  package static let reports = Ask("reports") { (answers: Answers, question: BaselineChoices) in
    try answers.reports(
      on: question.number.number(), from: question.baselines, steps: question.steps)
  }
  package static let contrast = Ask("contrast") { (answers: Answers, question: TargetAndFoil) in
    try answers.contrast(
      in: question.row.row(), target: question.target, foil: question.foil,
      from: question.baseline, steps: question.steps)
  }
  package static let gradientMaps = Ask("gradientMaps") {
    (answers: Answers, question: TracedPrediction) in
    try answers.gradientMaps(
      of: question.model.model(), input: question.input,
      target: question.prediction.target.token, position: question.prediction.target.position)
  }
  package static let deletionCurve = Ask("deletionCurve") {
    (answers: Answers, question: DeletionScores) in
    try answers.deletionCurve(
      of: question.number.number(), by: question.scores, baseline: question.baseline)
  }
  package static let area = Ask("area") { (answers: Answers, question: DeletionScores) in
    try answers.area(under: question.curve)
  }
  package static let rankCorrelation = Ask("rankCorrelation") {
    (answers: Answers, question: ScoresToRank) in
    try question.pairs.map { try answers.rankCorrelation($0.x, $0.y) }
  }
  package static let mostFaithful = Ask("mostFaithful") {
    (answers: Answers, question: ScoresToRank) in
    try question.sets.map { try answers.mostFaithful(among: $0) }
  }
  package static let whatAnAttributionSays = Ask(inWords: "whatAnAttributionSays") {
    (answers: Answers) in
    try answers.whatAnAttributionSays()
  }
  package static let whichMethod = Ask(inWords: "whichMethod") { (answers: Answers) in
    try answers.whichMethod()
  }
}

/// A model, an input and the class that is explained.
package struct ClassifiedInput: Codable, Sendable {
  package var model: OneLayerModel
  package var input: [Double]
  package var target: Int

  package init(model: OneLayerModel, input: [Double], target: Int) {
    self.model = model
    self.input = input
    self.target = target
  }
}

/// A number, and where its slope is wanted.
package struct NumberCoordinates: Codable, Sendable {
  package var number: NumberSource
  package var places: [EmbeddingCoordinate]

  package init(number: NumberSource, places: [EmbeddingCoordinate]) {
    self.number = number
    self.places = places
  }
}

/// A coordinate of an embedding.
package struct EmbeddingCoordinate: Codable, Sendable {
  package var position: Int
  package var column: Int

  package init(position: Int, column: Int) {
    self.position = position
    self.column = column
  }
}

/// A number, and scores of pieces, which need not be its own, with their words.
package struct NumberAndPieces: Codable, Sendable {
  package var number: NumberSource
  package var scores: [Float]
  package var words: [Int?]

  package init(number: NumberSource, scores: [Float], words: [Int?]) {
    self.number = number
    self.scores = scores
    self.words = words
  }
}

/// A number, and the way to it from a baseline.
package struct BaselinePath: Codable, Sendable {
  package var number: NumberSource
  /// `[position, width]`.
  package var baseline: Tensor
  package var steps: Int
  /// Scores whose gap is asked for; they need not be integrated gradients.
  package var scores: [Float]

  package init(number: NumberSource, baseline: Tensor, steps: Int, scores: [Float]) {
    self.number = number
    self.baseline = baseline
    self.steps = steps
    self.scores = scores
  }
}

/// A number and several baselines, and what one more baseline is to be made of.
package struct BaselineChoices: Codable, Sendable {
  package var number: NumberSource
  /// `[width]`.
  package var filler: Tensor
  package var kept: [Int]
  /// `[position, width]` each.
  package var baselines: [Tensor]
  package var steps: Int

  package init(number: NumberSource, filler: Tensor, kept: [Int], baselines: [Tensor], steps: Int) {
    self.number = number
    self.filler = filler
    self.kept = kept
    self.baselines = baselines
    self.steps = steps
  }
}

/// A token and the one that might have been, in a row of logits.
package struct TargetAndFoil: Codable, Sendable {
  package var row: RowSource
  package var target: Int
  package var foil: Int
  /// `[position, width]`.
  package var baseline: Tensor
  package var steps: Int

  package init(row: RowSource, target: Int, foil: Int, baseline: Tensor, steps: Int) {
    self.row = row
    self.target = target
    self.foil = foil
    self.baseline = baseline
    self.steps = steps
  }
}

/// A model, and the prediction whose gradients are traced through it.
package struct TracedPrediction: Codable, Sendable {
  package var model: TracedModel
  package var prediction: TranslatorPrediction

  package var input: ModelInput { ModelInput(prediction.source, decoderTokens: prediction.decoder) }

  package init(model: TracedModel, prediction: TranslatorPrediction) {
    self.model = model
    self.prediction = prediction
  }
}

/// Whose gradients are traced.
package enum TracedModel: Codable, Sendable {
  /// What a `--model` value names.
  case named(String)
  /// A small model with random weights.
  case drawn(seed: UInt64, encoderLayers: Int, decoderLayers: Int, heads: Int)

  package func model() throws -> Transformer {
    switch self {
    case .named(let value): return try LoadedModel.kept(value).model
    case .drawn(let seed, let encoderLayers, let decoderLayers, let heads):
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
}

/// A number, and scores by which its pieces are taken away.
package struct DeletionScores: Codable, Sendable {
  package var number: NumberSource
  package var scores: [Float]
  /// `[position, width]`.
  package var baseline: Tensor
  /// A curve whose area is asked for, of values drawn at random.
  package var curve: [Float]

  package init(number: NumberSource, scores: [Float], baseline: Tensor, curve: [Float]) {
    self.number = number
    self.scores = scores
    self.baseline = baseline
    self.curve = curve
  }
}

/// Two lists of one length.
package struct RankedLists: Codable, Sendable {
  package var x: [Float]
  package var y: [Float]

  package init(x: [Float], y: [Float]) {
    self.x = x
    self.y = y
  }
}

/// Lists to correlate, and sets of sentences, in each of which a method is to be picked.
package struct ScoresToRank: Codable, Sendable {
  package var pairs: [RankedLists]
  package var sets: [[MethodScores]]

  package init(pairs: [RankedLists], sets: [[MethodScores]]) {
    self.pairs = pairs
    self.sets = sets
  }
}
