import Interpretability
import Laboratory
import Tensors
import Tokenizers
import Transformers

/// A model with a text, whose predictions are to be explained.
struct AttributionRun {
  let model: Transformer
  let modelName: String
  let input: ModelInput
  /// The token that each row of the logits predicts: of an encoder alone the token in its place, and
  /// for the last row of a decoder alone its own best guess.
  let predicted: [Int]
  let sourceTokens: [String]
  /// What a decoder reads, where there is one.
  let readTokens: [String]?
  let predictedTokens: [String]
  private let tokenizer: Tokenizer

  init(of loaded: LoadedModel, source: String, target: String?) throws {
    let prepared = try PreparedInput(source: source, target: target, for: loaded)
    model = loaded.model
    modelName = loaded.shortName
    input = prepared.input
    try input.checkSize(for: model.configuration, keepsEverything: true)
    // A text was encoded, so there is a tokenizer.
    tokenizer = loaded.tokenizer!
    if model.configuration.decoder == nil {
      predicted = input.tokens[0]
    } else if model.configuration.isEncoderDecoder {
      predicted = prepared.predicts
    } else {
      predicted = prepared.predicts + [try model.run(input).logits.argmax().last!]
    }
    sourceTokens = try tokenizer.tokens(input.tokens[0])
    readTokens = try input.decoderTokens.map { [tokenizer] in try tokenizer.tokens($0[0]) }
    predictedTokens = try tokenizer.tokens(predicted)
  }

  /// Whether the text itself is what is predicted, each token from those before it.
  private var isContinued: Bool {
    model.configuration.decoder != nil && !model.configuration.isEncoderDecoder
  }

  /// The row of the logits that predicts a token of the target.
  func place(of text: String) throws -> Int {
    let leading = isContinued ? [sourceTokens[0]] : []
    let place = try headlight.place(
      of: text, among: leading + predictedTokens, called: "position")
    guard place >= leading.count else {
      throw CommandError(
        "position 0 is the first token of the text, which nothing predicts; choose a later one")
    }
    return place - leading.count
  }

  /// A token's id, from its form, its form with the mark for a space, or the id itself.
  func id(of text: String, option: String) throws(CommandError) -> Int {
    for form in [text, "▁" + text, "Ġ" + text] {
      if let id = tokenizer.id(of: form) { return id }
    }
    if let id = Int(text), (0..<model.configuration.vocabularySize).contains(id) { return id }
    throw CommandError(
      "\(option) is “\(text)”, which is no token of \(modelName); give one token as its vocabulary "
        + "spells it, or an id")
  }

  func target(
    at row: Int, token: String?, foil: String?, measure: AttributionTarget.Measure
  ) throws -> AttributionTarget {
    AttributionTarget(
      try token.map { try id(of: $0, option: "--token") } ?? predicted[row], at: row,
      against: try foil.map { try id(of: $0, option: "--foil") }, measure: measure)
  }

  func prediction(_ target: AttributionTarget) throws -> ExplainedPrediction {
    try ExplainedPrediction(model, input, target: target, includesDecoder: true)
  }

  func sentence(
    by method: AttributionMethod, measure: AttributionTarget.Measure, settings: AttributionSettings
  ) throws -> SentenceAttribution {
    try attributeSentence(
      model, input, predicted: predicted, by: method, measure: measure, settings: settings)
  }

  /// A token as a figure names it.
  func name(_ id: Int) -> String { (tokenizer.token(id) ?? "\(id)").word }

  /// Deletion and insertion by the scores, and by random ones.
  struct Curves {
    let deletion, insertion: PerturbationCurve
    let randomDeletions, randomInsertions: [PerturbationCurve]
  }

  /// - Parameter settings: Its baseline stands in the place of what is deleted.
  func curves(
    _ prediction: ExplainedPrediction, scores: TokenScores, settings: AttributionSettings
  ) throws -> Curves {
    let random = (0..<20).map { prediction.randomScores(seed: settings.seed &+ $0).source }
    let baseline = settings.baseline
    return Curves(
      deletion: try prediction.deletionCurve(scores.source, replacing: baseline),
      insertion: try prediction.insertionCurve(scores.source, replacing: baseline),
      randomDeletions: try random.map { try prediction.deletionCurve($0, replacing: baseline) },
      randomInsertions: try random.map { try prediction.insertionCurve($0, replacing: baseline) })
  }
}
