import Interpretability
import Laboratory
import Models
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
  private let loaded: LoadedModel
  /// What ``predicted`` says.
  private let predictedText: String

  init(
    of loaded: LoadedModel, source: String, target: String?, startToken: Bool? = nil
  ) throws {
    let prepared = try PreparedInput(
      source: source, target: target, startToken: startToken, for: loaded)
    model = loaded.model
    modelName = loaded.title
    input = prepared.input
    try input.checkSize(for: model.configuration, keepsEverything: true)
    self.loaded = loaded
    if model.configuration.decoder == nil {
      predicted = input.tokens[0]
    } else if model.configuration.isEncoderDecoder {
      predicted = prepared.predicts
    } else {
      predicted = prepared.predicts + [try model.run(input).logits.argmax().last!]
    }
    sourceTokens = loaded.labels(of: input.tokens[0])
    readTokens = input.decoderTokens.map { loaded.labels(of: $0[0]) }
    predictedTokens = loaded.labels(of: predicted)
    predictedText =
      try target
      ?? (model.configuration.isEncoderDecoder
        ? loaded.tokenizer!.decode(predicted, skippingSpecialTokens: true) : source)
  }

  /// Whether the text itself is what is predicted, each token from those before it.
  private var isContinued: Bool {
    model.configuration.decoder != nil && !model.configuration.isEncoderDecoder
  }

  /// The number of a predicted token, as a position is given, by the row of the logits that predicts it.
  func position(ofRow row: Int) -> Int { row + (isContinued ? 1 : 0) }

  /// The token that the predicting row reads last.
  func lastRead(atRow row: Int) -> String { (readTokens ?? sourceTokens)[row] }

  /// The row of the logits that predicts a token of the target.
  func place(of text: String) throws -> Int {
    let leading = isContinued ? [input.tokens[0][0]] : []
    let ids = leading + predicted
    let place = try headlight.place(
      of: text, among: loaded.labels(of: ids),
      in: WordPlaces(text: predictedText, ids: ids, tokenizer: loaded.tokenizer!),
      called: "position")
    guard place >= leading.count else {
      throw CommandError(
        "position 0 is the first token of the text, which nothing predicts; choose a later one")
    }
    return place - leading.count
  }

  /// The id of the token that an option names.
  func id(of name: TokenName, option: String) throws(CommandError) -> Int {
    try TokenNames(of: loaded).id(of: name, option: option)
  }

  func target(
    at row: Int, token: TokenName?, foil: TokenName?, measure: AttributionTarget.Measure
  ) throws -> AttributionTarget {
    let names = [token.map { ("--token", $0) }, foil.map { ("--foil", $0) }].compactMap(\.self)
    let (ids, remarks) = try TokenNames(of: loaded).resolve(
      names, beside: token == nil && foil != nil ? predicted[row] : nil)
    remarks.forEach(note)
    return AttributionTarget(
      token == nil ? predicted[row] : ids[0], at: row, against: foil.map { _ in ids.last! },
      measure: measure)
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

  /// What is explained as a figure names it: without the spaces before the words, unless it is a space
  /// that tells them apart.
  func names(of target: AttributionTarget) -> (token: String, foil: String?) {
    loaded.names(target.token, against: target.foil)
  }

  /// What is explained, in one phrase.
  func contrast(of target: AttributionTarget) -> String {
    loaded.contrast(target.token, against: target.foil)
  }

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
    var finished = 0
    func counted(_ curve: () throws -> PerturbationCurve) rethrows -> PerturbationCurve {
      defer {
        finished += 1
        settings.progress?(finished, 2 * random.count + 2)
      }
      return try curve()
    }
    return Curves(
      deletion: try counted {
        try prediction.deletionCurve(scores.source, replacing: baseline)
      },
      insertion: try counted {
        try prediction.insertionCurve(scores.source, replacing: baseline)
      },
      randomDeletions: try random.map { scores in
        try counted { try prediction.deletionCurve(scores, replacing: baseline) }
      },
      randomInsertions: try random.map { scores in
        try counted { try prediction.insertionCurve(scores, replacing: baseline) }
      })
  }
}
