public import Answering
package import Tensors
package import Transformers

/// How the methods of Sheet 7 are asked.
public enum IdiomsAsks: AskList {
  /// What a student promises.
  public typealias Answers = any IdiomsAnswers

  /// One a method, in the sheet's order.
  public static let all = [
    EncodedAsk(spanPositions),
    EncodedAsk(caged),
    EncodedAsk(idiomScore),
    EncodedAsk(literalScore),
    EncodedAsk(agreement),
    EncodedAsk(attribution),
    EncodedAsk(cost),
    EncodedAsk(interplay),
    EncodedAsk(completes),
    EncodedAsk(exchangedWord),
    EncodedAsk(exchangedStates),
    EncodedAsk(likeness),
    EncodedAsk(silhouettes),
    EncodedAsk(foresight),
    EncodedAsk(quality),
    EncodedAsk(whatTheTitleMaySay),
  ]

  package static let spanPositions = Ask("spanPositions") {
    (answers: Answers, sentence: TaggedSentence) in try answers.spanPositions(of: sentence)
  }
  /// Requests follow one another on one cage; between them it may be damaged.
  package static let caged = Ask("caged") { (answers: Answers, script: CageScript) in
    let models = try script.models.mapValues { try $0.made() }
    var cage: [String: Tensor] = [:]
    var log: [CageReading] = []
    for step in script.steps {
      if step.damages {
        // A file that a full disk cut off in the middle.
        for (name, tensor) in cage where tensor.rank >= 2 && tensor.shape[1] > 1 {
          let cut = tensor.slice(axis: 1, 0..<(tensor.shape[1] - 1))
          // A single head's lacks a query too, so that either axis tells.
          cage[name] = tensor.rank == 2 ? cut.slice(0..<max(cut.shape[0] - 1, 1)) : cut
        }
      }
      var runs: [[Int]] = []
      let found = try answers.caged(step.tokens, of: step.model, in: &cage) { tokens in
        runs.append(tokens)
        return try models[step.model]!.run(
          ModelInput(tokens), capturing: [.pattern(.blocks, 1)]
        ).trace[.pattern(.blocks, 1)][at: 0]
      }
      log.append(CageReading(values: found, runs: runs))
    }
    return log
  }
  package static let idiomScore = Ask("idiomScore") { (answers: Answers, head: HeadOnSentence) in
    try answers.idiomScore(of: head)
  }
  /// No score is an empty list.
  package static let literalScore = Ask("literalScore") {
    (answers: Answers, question: ScoreQuestion) in
    try answers.literalScore(of: question.head).map { [$0] } ?? []
  }
  package static let agreement = Ask("agreement") { (answers: Answers, question: ScoreQuestion) in
    try answers.agreement(of: question.formal, with: question.literal)
  }
  package static let attribution = Ask("attribution") { (answers: Answers, parts: LogitParts) in
    try answers.attribution(of: parts)
  }
  package static let cost = Ask("cost") { (answers: Answers, question: HeadQuestion) in
    try answers.cost(
      of: question.heads[0], by: question.kind, on: question.sentences,
      in: try question.model.made())
  }
  package static let interplay = Ask("interplay") { (answers: Answers, question: HeadQuestion) in
    try answers.interplay(
      of: question.heads, on: question.sentences, in: try question.model.made())
  }
  package static let completes = Ask("completes") {
    (answers: Answers, question: SentencesOfModel) in
    try answers.completes(question.sentences, in: try question.model.made())
  }
  /// Both questions of 7.9 are about two sentences, in turn: those that share a beginning, and two
  /// readings.
  package static let exchangedWord = Ask("exchangedWord") {
    (answers: Answers, question: SentencesOfModel) in
    try answers.exchangedWord(
      in: question.sentences[0], for: question.sentences[1], in: try question.model.made())
  }
  package static let exchangedStates = Ask("exchangedStates") {
    (answers: Answers, question: SentencesOfModel) in
    try answers.exchangedStates(
      in: question.sentences[0], from: question.sentences[2], in: try question.model.made())
  }
  package static let likeness = Ask("likeness") { (answers: Answers, question: KindsOfPatterns) in
    try answers.likeness(of: question.patterns, kinds: question.kinds)
  }
  package static let silhouettes = Ask("silhouettes") {
    (answers: Answers, question: KindsOfPatterns) in
    try answers.silhouettes(of: question.points, clusters: question.clusters)
  }
  package static let foresight = Ask("foresight") {
    (answers: Answers, question: ForecastQuestion) in
    try answers.foresight(of: question.score, for: question.effect)
  }
  package static let quality = Ask("quality") { (answers: Answers, question: ForecastQuestion) in
    try answers.quality(
      without: question.count, by: question.scores, on: question.sentences,
      in: try question.model.made())
  }
  package static let whatTheTitleMaySay = Ask(inWords: "whatTheTitleMaySay") { (answers: Answers) in
    try answers.whatTheTitleMaySay()
  }
}

/// Requests to a cage, one after another.
package struct CageScript: Codable, Sendable {
  package struct Step: Codable, Sendable {
    package var tokens: [Int]
    package var model: String
    /// Whether everything in the cage loses its last query before.
    package var damages: Bool

    package init(_ tokens: [Int], _ model: String, damages: Bool = false) {
      (self.tokens, self.model, self.damages) = (tokens, model, damages)
    }
  }

  package var models: [String: IdiomsModel]
  package var steps: [Step]

  package init(models: [String: IdiomsModel], steps: [Step]) {
    (self.models, self.steps) = (models, steps)
  }
}

/// What came of a request, and what was run for it.
package struct CageReading: Codable, Sendable {
  package var values: Tensor
  package var runs: [[Int]]

  package init(values: Tensor, runs: [[Int]]) { (self.values, self.runs) = (values, runs) }
}

/// A head on a sentence, and scores on two sets of sentences.
package struct ScoreQuestion: Codable, Sendable {
  package var head: HeadOnSentence
  package var formal: Tensor
  package var literal: Tensor

  package init(head: HeadOnSentence, formal: Tensor, literal: Tensor) {
    (self.head, self.formal, self.literal) = (head, formal, literal)
  }
}

/// Heads to take away.
package struct HeadQuestion: Codable, Sendable {
  package var model: IdiomsModel
  package var heads: [HeadPlace]
  package var kind: Replacement
  package var sentences: [[Int]]

  package init(
    model: IdiomsModel, heads: [HeadPlace], kind: Replacement = .zero, sentences: [[Int]]
  ) {
    (self.model, self.heads, self.kind, self.sentences) = (model, heads, kind, sentences)
  }
}

/// Sentences with spans, and who reads them.
package struct SentencesOfModel: Codable, Sendable {
  package var model: IdiomsModel
  package var sentences: [IdiomSentence]

  package init(model: IdiomsModel, sentences: [IdiomSentence]) {
    (self.model, self.sentences) = (model, sentences)
  }
}

/// Patterns of sentences of some kinds, and points in clusters.
package struct KindsOfPatterns: Codable, Sendable {
  package var patterns: [Tensor]
  package var kinds: [Int]
  package var points: Tensor
  package var clusters: [Int]

  package init(patterns: [Tensor], kinds: [Int], points: Tensor, clusters: [Int]) {
    (self.patterns, self.kinds, self.points, self.clusters) = (patterns, kinds, points, clusters)
  }
}

/// A score and an effect of the same heads, and scores to choose heads by.
package struct ForecastQuestion: Codable, Sendable {
  package var score: [Double]
  package var effect: [Double]
  package var count: Int
  package var scores: Tensor
  package var sentences: [[Int]]
  package var model: IdiomsModel

  package init(
    score: [Double], effect: [Double], count: Int, scores: Tensor, sentences: [[Int]],
    model: IdiomsModel
  ) {
    (self.score, self.effect, self.count) = (score, effect, count)
    (self.scores, self.sentences, self.model) = (scores, sentences, model)
  }
}
