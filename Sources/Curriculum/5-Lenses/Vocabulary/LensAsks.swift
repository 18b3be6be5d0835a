public import Answering
package import Tensors
package import Transformers

/// How the methods of Sheet 5 are asked.
public enum LensAsks: AskList {
  /// What a student promises.
  public typealias Answers = any LensAnswers

  /// One a method, in the sheet's order.
  public static let all = [
    EncodedAsk(logitLens),
    EncodedAsk(logits),
    EncodedAsk(precision),
    EncodedAsk(surprisal),
    EncodedAsk(trimmed),
    EncodedAsk(lastStates),
    EncodedAsk(tunedLens),
    EncodedAsk(patched),
    EncodedAsk(tokenIdentity),
    EncodedAsk(futureLens),
    EncodedAsk(whatALensShows),
  ]

  package static let logitLens = Ask("logitLens") { (answers: Answers, text: TextOfModel) in
    try answers.logitLens(of: text.tokens, in: try text.model.made())
  }
  package static let logits = Ask("logits") { (answers: Answers, kept: StatesOfModel) in
    try answers.logits(of: kept.states, in: try kept.model.made())
  }
  package static let precision = Ask("precision") { (answers: Answers, logits: Tensor) in
    try answers.precision(of: logits)
  }
  package static let surprisal = Ask("surprisal") { (answers: Answers, logits: Tensor) in
    try answers.surprisal(of: logits)
  }
  /// Texts are cut with one seed, again with it, and with another.
  package static let trimmed = Ask("trimmed") { (answers: Answers, question: TextsToTrim) in
    try [question.seeds[0], question.seeds[0], question.seeds[1]].map {
      try answers.trimmed(question.texts, minimum: question.minimum, seed: $0)
    }
  }
  package static let lastStates = Ask("lastStates") {
    (answers: Answers, question: PromptsOfModel) in
    try answers.lastStates(
      of: question.prompts, padding: question.padding, in: try question.model.made())
  }
  package static let tunedLens = Ask("tunedLens") { (answers: Answers, question: StatesToTuneOn) in
    try answers.tunedLens(
      on: question.states, of: try question.model.made(), seed: question.seed)
  }
  package static let patched = Ask("patched") { (answers: Answers, patch: PatchOfModel) in
    try answers.patched(
      source: patch.source, map: patch.map, target: patch.target, in: try patch.model.made())
  }
  package static let tokenIdentity = Ask("tokenIdentity") {
    (answers: Answers, question: PromptedPlace) in
    try answers.tokenIdentity(
      of: question.source, prompt: question.prompt, in: try question.model.made())
  }
  package static let futureLens = Ask("futureLens") {
    (answers: Answers, question: StatesToLookAhead) in
    try answers.futureLens(on: question.texts, distance: question.distance)
  }
  package static let whatALensShows = Ask(inWords: "whatALensShows") { (answers: Answers) in
    try answers.whatALensShows()
  }
}

/// A text and the model that reads it.
package struct TextOfModel: Codable, Sendable {
  package var model: LensModel
  package var tokens: [Int]

  package init(model: LensModel, tokens: [Int]) {
    self.model = model
    self.tokens = tokens
  }
}

/// States somebody kept, and the model they come from.
package struct StatesOfModel: Codable, Sendable {
  package var model: LensModel
  package var states: ResidualStates

  package init(model: LensModel, states: ResidualStates) {
    self.model = model
    self.states = states
  }
}

/// Texts to cut, and two seeds.
package struct TextsToTrim: Codable, Sendable {
  package var texts: [[Int]]
  package var minimum: Int
  package var seeds: [UInt64]

  package init(texts: [[Int]], minimum: Int, seeds: [UInt64]) {
    self.texts = texts
    self.minimum = minimum
    self.seeds = seeds
  }
}

/// Prompts for one batch.
package struct PromptsOfModel: Codable, Sendable {
  package var model: LensModel
  package var prompts: [[Int]]
  package var padding: Int

  package init(model: LensModel, prompts: [[Int]], padding: Int) {
    self.model = model
    self.prompts = prompts
    self.padding = padding
  }
}

/// States to train on, and where random numbers come from.
package struct StatesToTuneOn: Codable, Sendable {
  package var model: LensModel
  package var states: ResidualStates
  package var seed: UInt64

  package init(model: LensModel, states: ResidualStates, seed: UInt64) {
    self.model = model
    self.states = states
    self.seed = seed
  }
}

/// A Patchscope to run.
package struct PatchOfModel: Codable, Sendable {
  package var model: LensModel
  package var source: PatchPlace
  package var map: AffineMap?
  package var target: PatchPlace

  package init(model: LensModel, source: PatchPlace, map: AffineMap? = nil, target: PatchPlace) {
    self.model = model
    self.source = source
    self.map = map
    self.target = target
  }
}

/// A place in a text, and a prompt.
package struct PromptedPlace: Codable, Sendable {
  package var model: LensModel
  package var source: PatchPlace
  package var prompt: [Int]

  package init(model: LensModel, source: PatchPlace, prompt: [Int]) {
    self.model = model
    self.source = source
    self.prompt = prompt
  }
}

/// The states of some texts, and how far to look ahead.
package struct StatesToLookAhead: Codable, Sendable {
  package var model: LensModel
  package var texts: [ResidualStates]
  package var distance: Int

  package init(model: LensModel, texts: [ResidualStates], distance: Int) {
    self.model = model
    self.texts = texts
    self.distance = distance
  }
}
