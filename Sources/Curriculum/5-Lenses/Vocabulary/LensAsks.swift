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
    EncodedAsk(prompts),
    EncodedAsk(lastStates),
    EncodedAsk(translator),
    EncodedAsk(patched),
    EncodedAsk(tokenIdentity),
    EncodedAsk(recipe),
    EncodedAsk(whatALensShows),
  ]

  package static let logitLens = Ask("logitLens") { (answers: Answers, text: TextOfModel) in
    try answers.logitLens(of: text.tokens, in: try text.model.made())
  }
  package static let logits = Ask("logits") { (answers: Answers, kept: StatesOfModel) in
    try answers.logits(of: kept.states, in: try kept.model.made())
  }
  package static let precision = Ask("precision") { (answers: Answers, question: LensOverTexts) in
    try answers.precision(of: question.logits, next: question.next)
  }
  package static let surprisal = Ask("surprisal") { (answers: Answers, logits: Tensor) in
    try answers.surprisal(of: logits)
  }
  /// Prompts are drawn with one seed, again with it, and with another.
  package static let prompts = Ask("prompts") { (answers: Answers, question: TextsToSplit) in
    try [question.seeds[0], question.seeds[0], question.seeds[1]].map {
      try answers.prompts(from: question.texts, count: question.count, seed: $0)
    }
  }
  package static let lastStates = Ask("lastStates") {
    (answers: Answers, question: PromptsOfModel) in
    try answers.lastStates(
      of: question.prompts, padding: question.padding, in: try question.model.made())
  }
  package static let translator = Ask("translator") {
    (answers: Answers, question: StatesToTuneOn) in
    try answers.translator(
      from: question.states.values[at: 0], to: question.states.values[at: 1],
      of: try question.model.made(), seed: question.seed)
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
  package static let recipe = Ask("recipe") { (answers: Answers, question: LensOfPlace) in
    try answers.recipe(for: question.lens, of: question.source, in: try question.model.made())
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

/// Logits of a lens, and what the texts go on with.
package struct LensOverTexts: Codable, Sendable {
  package var logits: Tensor
  package var next: [Int]

  package init(logits: Tensor, next: [Int]) {
    self.logits = logits
    self.next = next
  }
}

/// Texts to draw prompts from, and two seeds.
package struct TextsToSplit: Codable, Sendable {
  package var texts: [[Int]]
  package var count: Int
  package var seeds: [UInt64]

  package init(texts: [[Int]], count: Int, seeds: [UInt64]) {
    self.texts = texts
    self.count = count
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

/// States to train on, of a layer and of the last one, and where random numbers come from.
package struct StatesToTuneOn: Codable, Sendable {
  package var model: LensModel
  /// Two layers.
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

/// A lens, and the place of the state that it reads.
package struct LensOfPlace: Codable, Sendable {
  package var model: LensModel
  package var lens: NamedLens
  package var source: PatchPlace

  package init(model: LensModel, lens: NamedLens, source: PatchPlace) {
    self.model = model
    self.lens = lens
    self.source = source
  }
}
