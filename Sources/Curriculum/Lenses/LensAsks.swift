import Coursework
import Tensors
import Transformers

/// How the methods of Sheet 5 are asked.
enum LensAsks {
  typealias Answers = any LensAnswers

  static let logitLens = Ask("logitLens") { (answers: Answers, text: TextOfModel) in
    try answers.logitLens(of: text.tokens, in: try text.model.made())
  }
  static let logits = Ask("logits") { (answers: Answers, kept: StatesOfModel) in
    try answers.logits(of: kept.states, in: try kept.model.made())
  }
  static let precision = Ask("precision") { (answers: Answers, logits: Tensor) in
    try answers.precision(of: logits)
  }
  static let surprisal = Ask("surprisal") { (answers: Answers, logits: Tensor) in
    try answers.surprisal(of: logits)
  }
  /// Texts are cut with one seed, again with it, and with another.
  static let trimmed = Ask("trimmed") { (answers: Answers, question: TextsToTrim) in
    try [question.seeds[0], question.seeds[0], question.seeds[1]].map {
      try answers.trimmed(question.texts, minimum: question.minimum, seed: $0)
    }
  }
  static let lastStates = Ask("lastStates") { (answers: Answers, question: PromptsOfModel) in
    try answers.lastStates(
      of: question.prompts, padding: question.padding, in: try question.model.made())
  }
  static let tunedLens = Ask("tunedLens") { (answers: Answers, question: StatesToTuneOn) in
    try answers.tunedLens(
      on: question.states, of: try question.model.made(), seed: question.seed)
  }
  static let patched = Ask("patched") { (answers: Answers, patch: PatchOfModel) in
    try answers.patched(
      source: patch.source, map: patch.map, target: patch.target, in: try patch.model.made())
  }
  static let tokenIdentity = Ask("tokenIdentity") { (answers: Answers, question: PromptedPlace) in
    try answers.tokenIdentity(
      of: question.source, prompt: question.prompt, in: try question.model.made())
  }
  static let futureLens = Ask("futureLens") { (answers: Answers, question: StatesToLookAhead) in
    try answers.futureLens(on: question.texts, distance: question.distance)
  }
  static let whatALensShows = Ask(inWords: "whatALensShows") { (answers: Answers) in
    try answers.whatALensShows()
  }
}

/// A text and the model that reads it.
struct TextOfModel: Codable, Sendable {
  var model: LensModel
  var tokens: [Int]
}

/// States somebody kept, and the model they come from.
struct StatesOfModel: Codable, Sendable {
  var model: LensModel
  var states: ResidualStates
}

/// Texts to cut, and two seeds.
struct TextsToTrim: Codable, Sendable {
  var texts: [[Int]]
  var minimum: Int
  var seeds: [UInt64]
}

/// Prompts for one batch.
struct PromptsOfModel: Codable, Sendable {
  var model: LensModel
  var prompts: [[Int]]
  var padding: Int
}

/// States to train on, and where random numbers come from.
struct StatesToTuneOn: Codable, Sendable {
  var model: LensModel
  var states: ResidualStates
  var seed: UInt64
}

/// A Patchscope to run.
struct PatchOfModel: Codable, Sendable {
  var model: LensModel
  var source: PatchPlace
  var map: AffineMap?
  var target: PatchPlace
}

/// A place in a text, and a prompt.
struct PromptedPlace: Codable, Sendable {
  var model: LensModel
  var source: PatchPlace
  var prompt: [Int]
}

/// The states of some texts, and how far to look ahead.
struct StatesToLookAhead: Codable, Sendable {
  var model: LensModel
  var texts: [ResidualStates]
  var distance: Int
}
