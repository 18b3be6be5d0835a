public import Answering
import Transformers

/// How the methods of Sheet 9 are asked.
public enum CircuitsAsks: AskList {
  /// What a student promises.
  public typealias Answers = any CircuitsAnswers

  /// One a method, in the sheet's order.
  public static let all = [
    EncodedAsk(selected), EncodedAsk(guessable), EncodedAsk(effects), EncodedAsk(meanAblated),
    EncodedAsk(pruned), EncodedAsk(faithfulness), EncodedAsk(worth),
    EncodedAsk(heardByTheLogits), EncodedAsk(heard), EncodedAsk(edges), EncodedAsk(prunedEdges),
    EncodedAsk(acdc), EncodedAsk(scores), EncodedAsk(copyAndNext), EncodedAsk(firstRightLayers),
    EncodedAsk(overlap), EncodedAsk(transfer), EncodedAsk(withoutShared),
    EncodedAsk(repairs), EncodedAsk(whatACircuitExplains),
  ]

  package static let selected = Ask("selected") {
    (answers: Answers, question: CandidatesOfModel) in
    try answers.selected(
      question.candidates, of: try question.model.made(), answer: question.least,
      runnerUp: question.most)
  }
  package static let guessable = Ask("guessable") {
    (answers: Answers, question: CandidatesOfModel) in
    try answers.guessable(question.alike)
  }
  package static let effects = Ask("effects") { (answers: Answers, question: PairOfModel) in
    try answers.effects(on: question.pair, of: try question.model.made())
  }
  package static let meanAblated = Ask("meanAblated") {
    (answers: Answers, question: NodeOfTask) in
    try answers.meanAblated(question.node, on: question.pairs, of: try question.model.made())
  }
  package static let pruned = Ask("pruned") { (answers: Answers, question: NodesToPrune) in
    try answers.pruned(question.order, keeping: question.share, by: try question.task.meter())
  }
  package static let faithfulness = Ask("faithfulness") {
    (answers: Answers, question: CircuitOfTask) in
    try answers.faithfulness(of: Set(question.circuit), by: try question.task.meter())
  }
  package static let worth = Ask("worth") { (answers: Answers, question: CircuitOfTask) in
    try answers.worth(of: question.circuit, by: try question.task.meter())
  }
  package static let heardByTheLogits = Ask("heardByTheLogits") {
    (answers: Answers, question: PathToLogits) in
    try answers.heardByTheLogits(
      from: question.sender, in: question.pair, of: try question.model.made(),
      mlpsAnswer: question.mlpsAnswer)
  }
  package static let heard = Ask("heard") { (answers: Answers, question: PathToReceiver) in
    try answers.heard(
      by: question.receiver, from: question.sender, in: question.pair,
      of: try question.model.made())
  }
  package static let edges = Ask("edges") { (answers: Answers, question: EdgesToPrune) in
    try answers.edges(among: Set(question.nodes))
  }
  package static let prunedEdges = Ask("prunedEdges") {
    (answers: Answers, question: EdgesToPrune) in
    try answers.prunedEdges(
      among: Set(question.nodes), keeping: question.share, by: try question.task.meter())
  }
  package static let acdc = Ask("acdc") { (answers: Answers, question: EdgesToDrop) in
    try answers.acdc(
      by: try question.task.meter(), measure: question.measure, threshold: question.threshold)
  }
  package static let scores = Ask("scores") { (answers: Answers, question: EdgesToScore) in
    try answers.scores(
      of: question.edges, on: question.pair, of: try question.model.made(), steps: question.steps)
  }
  package static let copyAndNext = Ask("copyAndNext") {
    (answers: Answers, question: HeadToRead) in
    try answers.copyAndNext(
      layer: question.layer, head: question.head, members: question.members,
      of: try question.model.made())
  }
  package static let firstRightLayers = Ask("firstRightLayers") {
    (answers: Answers, question: HeadToRead) in
    try answers.firstRightLayers(question.pairs, of: try question.model.made())
  }
  package static let overlap = Ask("overlap") {
    (answers: Answers, question: CircuitsToCompare) in
    try answers.overlap(
      of: Set(question.circuits[0]), and: Set(question.circuits[1]), among: question.count)
  }
  package static let transfer = Ask("transfer") {
    (answers: Answers, question: CircuitsToCompare) in
    try answers.transfer(
      of: question.circuits.map { Set($0) }, by: try question.tasks.map { try $0.meter() })
  }
  package static let withoutShared = Ask("withoutShared") {
    (answers: Answers, question: CircuitsToCompare) in
    try answers.withoutShared(
      question.circuits.map { Set($0) }, by: try question.tasks.map { try $0.meter() })
  }
  package static let repairs = Ask("repairs") { (answers: Answers, question: CircuitsToCompare) in
    try answers.repairs(
      question.circuits.map { Set($0) }, by: try question.tasks.map { try $0.meter() })
  }
  package static let whatACircuitExplains = Ask(inWords: "whatACircuitExplains") {
    (answers: Answers) in
    try answers.whatACircuitExplains()
  }
}
