public import Answering
package import Tensors
import Transformers

/// How the methods of Sheet 6 are asked.
public enum PatchscopesAsks: AskList {
  /// What a student promises.
  public typealias Answers = any PatchscopesAnswers

  /// One a method, in the sheet's order.
  public static let all = [
    EncodedAsk(effects),
    EncodedAsk(causalTrace),
    EncodedAsk(windowTrace),
    EncodedAsk(knockout),
    EncodedAsk(logits),
    EncodedAsk(tracingScope),
    EncodedAsk(knockoutScope),
    EncodedAsk(relation),
    EncodedAsk(objects),
    EncodedAsk(extracted),
    EncodedAsk(advantage),
    EncodedAsk(descriptions),
    EncodedAsk(stitches),
    EncodedAsk(explained),
    EncodedAsk(hops),
    EncodedAsk(tally),
    EncodedAsk(softPrompt),
    EncodedAsk(whatPatchesShow),
  ]

  package static let effects = Ask("effects") { (answers: Answers, question: ContrastOfModel) in
    try answers.effects(
      of: question.contrast, question.direction, in: try question.model.made())
  }
  package static let causalTrace = Ask("causalTrace") { (answers: Answers, question: FactToTrace) in
    let model = try question.model.made()
    return try answers.causalTrace(
      of: question.fact, draws: question.noise, embedding: model.embedding, in: model)
  }
  package static let windowTrace = Ask("windowTrace") { (answers: Answers, question: FactToTrace) in
    try answers.windowTrace(
      of: question.fact, noise: question.noise, part: question.part, window: question.window,
      in: try question.model.made())
  }
  package static let knockout = Ask("knockout") { (answers: Answers, question: CutOfModel) in
    try answers.knockout(
      of: question.tokens, answer: question.answer, from: question.query, to: question.keys,
      window: question.window, in: try question.model.made())
  }
  package static let logits = Ask("logits") { (answers: Answers, question: ScopeOfModels) in
    try answers.logits(
      of: question.scope, from: try question.model.made(), into: try question.target.made())
  }
  package static let tracingScope = Ask("tracingScope") {
    (answers: Answers, question: ScopeOfModels) in
    try answers.tracingScope(
      of: question.fact, noise: question.noise, position: question.position, layer: question.layer)
  }
  package static let knockoutScope = Ask("knockoutScope") {
    (answers: Answers, question: ScopeOfModels) in
    try answers.knockoutScope(
      of: question.fact.tokens, keys: question.keys, blocks: question.blocks)
  }
  package static let relation = Ask("relation") { (answers: Answers, question: RelationOfModel) in
    try answers.relation(
      of: question.prompts, layer: question.layer, in: try question.model.made())
  }
  package static let objects = Ask("objects") { (answers: Answers, question: RelationOfModel) in
    try answers.objects(
      by: question.relation, of: question.states, beta: question.beta,
      in: try question.model.made())
  }
  package static let extracted = Ask("extracted") { (answers: Answers, question: Extraction) in
    try answers.extracted(
      from: question.sources, by: question.prompt, choices: question.choices,
      in: try question.model.made())
  }
  package static let advantage = Ask("advantage") { (answers: Answers, question: Extraction) in
    try answers.advantage(of: question.first, over: question.second, seed: question.seed)
  }
  package static let descriptions = Ask("descriptions") {
    (answers: Answers, question: EntityToDescribe) in
    try answers.descriptions(
      of: question.entity, after: question.filler, prompt: question.prompt,
      placeholder: question.placeholder, count: question.count, in: try question.model.made())
  }
  package static let stitches = Ask("stitches") { (answers: Answers, question: ModelsToStitch) in
    try answers.stitches(from: question.from, to: question.to)
  }
  package static let explained = Ask("explained") { (answers: Answers, question: ModelsToStitch) in
    try answers.explained(
      question.source, in: try question.model.made(), through: question.stitches,
      by: question.prompt, in: try question.target.made())
  }
  package static let hops = Ask("answers") { (answers: Answers, question: HopsOfModel) in
    let model = try question.model.made()
    return try question.hops.map {
      try answers.answers(
        to: $0, layer: question.layer, targetLayer: question.targetLayer, in: model)
    }
  }
  package static let tally = Ask("tally") { (answers: Answers, question: HopsOfModel) in
    try answers.tally(of: question.answers, truths: question.truths)
  }
  package static let softPrompt = Ask("softPrompt") {
    (answers: Answers, question: StatesToPrompt) in
    try answers.softPrompt(
      for: question.states, layer: question.layer, targets: question.targets,
      length: question.length, in: try question.model.made(), seed: question.seed)
  }
  package static let whatPatchesShow = Ask(inWords: "whatPatchesShow") { (answers: Answers) in
    try answers.whatPatchesShow()
  }
}
