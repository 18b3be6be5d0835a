public import Answering
package import Tensors
import Transformers

/// How the methods of Sheet 8 are asked.
public enum SuppressionAsks: AskList {
  /// What a student promises.
  public typealias Answers = any SuppressionAnswers

  /// One a method, in the sheet's order.
  public static let all = [
    EncodedAsk(suppressionRanks),
    EncodedAsk(effectiveEmbedding),
    EncodedAsk(attentionRanks),
    EncodedAsk(steps),
    EncodedAsk(survey),
    EncodedAsk(lossChanges),
    EncodedAsk(example),
    EncodedAsk(kept),
    EncodedAsk(recovered),
    EncodedAsk(repair),
    EncodedAsk(startCosines),
    EncodedAsk(startAttention),
    EncodedAsk(queryParts),
    EncodedAsk(antiInduction),
    EncodedAsk(correlation),
    EncodedAsk(isANegativeHeadBad),
  ]

  package static let suppressionRanks = Ask("suppressionRanks") {
    (answers: Answers, head: HeadMatrices) in try answers.suppressionRanks(of: head)
  }
  package static let effectiveEmbedding = Ask("effectiveEmbedding") {
    (answers: Answers, question: EmbeddedHead) in
    try answers.effectiveEmbedding(of: try question.model.made())
  }
  package static let attentionRanks = Ask("attentionRanks") {
    (answers: Answers, question: EmbeddedHead) in
    let model = try question.model.made()
    var head = HeadMatrices(of: question.head, in: model)
    if let tokens = question.tokens {
      head = head.restricted(to: tokens, embedding: head.embedding.gathering(tokens))
    }
    return try answers.attentionRanks(of: head, embedding: question.embedding)
  }
  package static let steps = Ask("steps") { (answers: Answers, question: HeadOnTexts) in
    let model = try question.model.made()
    let matrices = HeadMatrices(of: question.head, in: model)
    return try question.texts.map {
      try answers.steps(of: question.head, matrices, on: $0, in: model)
    }
  }
  package static let survey = Ask("survey") { (answers: Answers, question: HeadOnTexts) in
    let model = try question.model.made()
    return try answers.survey(
      of: question.texts, in: model, unembedding: HeadMatrices.unembedding(of: model))
  }
  package static let lossChanges = Ask("lossChanges") {
    (answers: Answers, question: HeadOnTexts) in
    try answers.lossChanges(
      without: question.head, on: question.texts, in: try question.model.made())
  }
  package static let example = Ask("example") { (answers: Answers, question: ReplacedHead) in
    let model = try question.model.made()
    return try answers.example(
      question.texts[0], at: question.position, of: question.head,
      HeadMatrices(of: question.head, in: model), replacement: question.replacement, in: model)
  }
  package static let kept = Ask("kept") { (answers: Answers, question: KeptHead) in
    try answers.kept(
      of: question.head, on: question.text, keys: question.keys,
      unembeddings: question.unembeddings)
  }
  package static let recovered = Ask("recovered") { (answers: Answers, question: KeptHead) in
    try answers.recovered(
      kept: question.kept, ablated: question.ablated, model: question.model)
  }
  package static let repair = Ask("repair") { (answers: Answers, question: ReplacedHead) in
    let model = try question.model.made()
    return try answers.repair(
      of: question.head, replacement: question.replacement, on: question.texts, in: model,
      unembedding: HeadMatrices.unembedding(of: model))
  }
  package static let startCosines = Ask("startCosines") {
    (answers: Answers, question: StartOfTexts) in
    let model = try question.model.made()
    return try answers.startCosines(
      of: question.head, HeadMatrices(of: question.head, in: model), on: question.texts,
      in: model)
  }
  package static let startAttention = Ask("startAttention") {
    (answers: Answers, question: StartOfTexts) in
    try answers.startAttention(
      of: question.head, on: question.texts[0], token: question.token,
      position: question.position, in: try question.model.made())
  }
  package static let queryParts = Ask("queryParts") { (answers: Answers, question: AskedKey) in
    let model = try question.model.made()
    return try answers.queryParts(
      of: question.head, HeadMatrices(of: question.head, in: model), on: question.text,
      at: question.position, prediction: question.prediction, in: model)
  }
  package static let antiInduction = Ask("antiInduction") {
    (answers: Answers, question: HeadsOfModels) in
    let model = try question.model.made()
    return try answers.antiInduction(
      on: question.halves, start: model.configuration.startToken, in: model,
      unembedding: HeadMatrices.unembedding(of: model))
  }
  package static let correlation = Ask("correlation") {
    (answers: Answers, question: HeadsOfModels) in
    try answers.correlation(over: question.models)
  }
  package static let isANegativeHeadBad = Ask(inWords: "isANegativeHeadBad") {
    (answers: Answers) in try answers.isANegativeHeadBad()
  }
}
