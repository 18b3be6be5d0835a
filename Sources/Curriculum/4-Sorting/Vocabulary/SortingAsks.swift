public import Answering
package import Tensors

/// How the methods of Sheet 4 are asked.
public enum SortingAsks: AskList {
  /// What a student promises.
  public typealias Answers = any SortingAnswers

  /// One a method, in the sheet's order.
  public static let all = [
    EncodedAsk(logProbabilities),
    EncodedAsk(sortedHalf),
    EncodedAsk(sortedLogProbabilities),
    EncodedAsk(loss),
    EncodedAsk(split),
    EncodedAsk(fault),
    EncodedAsk(train),
    EncodedAsk(tokensRead),
    EncodedAsk(shareOfNextNumbers),
    EncodedAsk(queryKeyCircuit),
    EncodedAsk(outputValueCircuit),
    EncodedAsk(generalisation),
    EncodedAsk(nextElementLoss),
    EncodedAsk(nextElementAccuracy),
    EncodedAsk(carryOver),
    EncodedAsk(whyTheShift),
    EncodedAsk(howItSorts),
  ]

  package static let logProbabilities = Ask("logProbabilities") {
    (answers: Answers, question: TextLogits) in
    try answers.logProbabilities(of: question.tokens, under: question.logits)
  }
  package static let sortedHalf = Ask("sortedHalf") { (answers: Answers, question: ListLogits) in
    try answers.sortedHalf(of: question.logits, for: question.lists)
  }
  package static let sortedLogProbabilities = Ask("sortedLogProbabilities") {
    (answers: Answers, question: ListLogits) in
    try answers.sortedLogProbabilities(
      of: question.tokens, under: question.half, for: question.lists)
  }
  package static let loss = Ask("loss") { (answers: Answers, question: PaddedLogits) in
    try answers.loss(of: question.batch, under: question.logits)
  }
  /// Lists are split with one seed, again with it, and with another.
  package static let split = Ask("split") { (answers: Answers, question: ListsToSplit) in
    [
      try answers.split(question.lists, seed: question.seed),
      try answers.split(question.lists, seed: question.seed),
      try answers.split(question.lists, seed: question.otherSeed),
    ]
  }
  package static let fault = Ask("fault") { (answers: Answers, records: [TrainingRecord]) in
    try records.map { try answers.fault(in: $0) }
  }
  package static let train = Ask("train") { (answers: Answers, question: UntrainedSorter) in
    try answers.train(question.sorter, on: question.training, seed: question.seed)
  }
  package static let tokensRead = Ask("tokensRead") { (answers: Answers, question: ReadingHead) in
    try answers.tokensRead(by: question.sorter, sorting: question.lists)
  }
  package static let shareOfNextNumbers = Ask("shareOfNextNumbers") {
    (answers: Answers, question: ReadingHead) in
    try answers.shareOfNextNumbers(question.otherReads, sorting: question.otherLists)
  }
  package static let queryKeyCircuit = Ask("queryKeyCircuit") {
    (answers: Answers, head: HeadWeights) in
    try answers.queryKeyCircuit(of: head)
  }
  package static let outputValueCircuit = Ask("outputValueCircuit") {
    (answers: Answers, head: HeadWeights) in
    try answers.outputValueCircuit(of: head)
  }
  package static let generalisation = Ask("generalisation") {
    (answers: Answers, question: MetAndUnmet) in
    try answers.generalisation(
      of: question.sorter, trainedOn: question.training, measuredOn: question.lists)
  }
  package static let nextElementLoss = Ask("nextElementLoss") {
    (answers: Answers, question: ContinuedSequences) in
    try answers.nextElementLoss(of: question.given, under: question.logits)
  }
  package static let nextElementAccuracy = Ask("nextElementAccuracy") {
    (answers: Answers, question: ContinuedSequences) in
    try answers.nextElementAccuracy(of: question.given, under: question.logits)
  }
  package static let carryOver = Ask("carryOver") {
    (answers: Answers, question: ContinuedSequences) in
    try answers.carryOver(
      of: question.model, trainedOn: question.training, asked: question.asked)
  }
  package static let whyTheShift = Ask(inWords: "whyTheShift") { (answers: Answers) in
    try answers.whyTheShift()
  }
  package static let howItSorts = Ask(inWords: "howItSorts") { (answers: Answers) in
    try answers.howItSorts()
  }
}

/// Texts, and what a language model answered.
package struct TextLogits: Codable, Sendable {
  package var tokens: [[Int]]
  package var logits: Tensor

  package init(tokens: [[Int]], logits: Tensor) {
    self.tokens = tokens
    self.logits = logits
  }
}

/// Whole sequences and their logits, and a half of the logits of others.
package struct ListLogits: Codable, Sendable {
  package var lists: SortingLists
  package var tokens: [[Int]]
  package var logits: Tensor
  /// Logits of the sorted half that come from elsewhere, so that one answer does not spoil the
  /// other.
  package var half: Tensor

  package init(lists: SortingLists, tokens: [[Int]], logits: Tensor, half: Tensor) {
    self.lists = lists
    self.tokens = tokens
    self.logits = logits
    self.half = half
  }
}

/// A batch, and what a language model answered.
package struct PaddedLogits: Codable, Sendable {
  package var batch: PaddedBatch
  package var logits: Tensor

  package init(batch: PaddedBatch, logits: Tensor) {
    self.batch = batch
    self.logits = logits
  }
}

/// Lists to be split with one seed, again with it, and with another.
package struct ListsToSplit: Codable, Sendable {
  package var lists: [[Int]]
  package var seed: UInt64
  package var otherSeed: UInt64

  package init(lists: [[Int]], seed: UInt64, otherSeed: UInt64) {
    self.lists = lists
    self.seed = seed
    self.otherSeed = otherSeed
  }
}

/// A sorter that has learned nothing, and lists to learn from.
package struct UntrainedSorter: Codable, Sendable {
  package var sorter: Sorter
  package var training: [[Int]]
  package var seed: UInt64

  package init(sorter: Sorter, training: [[Int]], seed: UInt64) {
    self.sorter = sorter
    self.training = training
    self.seed = seed
  }
}

/// A sorter and lists; and tokens that some head is said to read, with the lists they are from.
package struct ReadingHead: Codable, Sendable {
  package var sorter: Sorter
  package var lists: [[Int]]
  package var otherLists: [[Int]]
  package var otherReads: [[Int]]

  package init(sorter: Sorter, lists: [[Int]], otherLists: [[Int]], otherReads: [[Int]]) {
    self.sorter = sorter
    self.lists = lists
    self.otherLists = otherLists
    self.otherReads = otherReads
  }
}

/// A trained sorter, all it has learned from, and lists to measure it on.
package struct MetAndUnmet: Codable, Sendable {
  package var sorter: Sorter
  package var training: [[Int]]
  package var lists: [[Int]]

  package init(sorter: Sorter, training: [[Int]], lists: [[Int]]) {
    self.sorter = sorter
    self.training = training
    self.lists = lists
  }
}

/// Sequences with logits that some model gave; and a trained model, all it has learned from, and
/// sequences that it is asked to go on with.
package struct ContinuedSequences: Codable, Sendable {
  package var given: [[Int]]
  package var logits: Tensor
  package var model: SequenceModel
  package var training: [[Int]]
  package var asked: [[Int]]

  package init(
    given: [[Int]], logits: Tensor, model: SequenceModel, training: [[Int]], asked: [[Int]]
  ) {
    self.given = given
    self.logits = logits
    self.model = model
    self.training = training
    self.asked = asked
  }
}
