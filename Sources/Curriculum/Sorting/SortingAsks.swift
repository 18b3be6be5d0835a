import Coursework
import Tensors
import Transformers

/// How the methods of Sheet 4 are asked.
enum SortingAsks {
  typealias Answers = any SortingAnswers

  static let logProbabilities = Ask("logProbabilities") {
    (answers: Answers, question: TextLogits) in
    try answers.logProbabilities(of: question.tokens, under: question.logits)
  }
  static let sortedHalf = Ask("sortedHalf") { (answers: Answers, question: ListLogits) in
    try answers.sortedHalf(of: question.logits, for: question.lists)
  }
  static let sortedLogProbabilities = Ask("sortedLogProbabilities") {
    (answers: Answers, question: ListLogits) in
    try answers.sortedLogProbabilities(
      of: question.tokens, under: question.half, for: question.lists)
  }
  static let loss = Ask("loss") { (answers: Answers, question: PaddedLogits) in
    try answers.loss(of: question.batch, under: question.logits)
  }
  /// Lists are split with one seed, again with it, and with another.
  static let split = Ask("split") { (answers: Answers, question: ListsToSplit) in
    [
      try answers.split(question.lists, seed: question.seed),
      try answers.split(question.lists, seed: question.seed),
      try answers.split(question.lists, seed: question.otherSeed),
    ]
  }
  static let fault = Ask("fault") { (answers: Answers, records: [TrainingRecord]) in
    try records.map { try answers.fault(in: $0) }
  }
  static let train = Ask("train") { (answers: Answers, question: UntrainedSorter) in
    try answers.train(question.sorter, on: question.training, seed: question.seed)
  }
  static let tokensRead = Ask("tokensRead") { (answers: Answers, question: ReadingHead) in
    try answers.tokensRead(by: question.sorter, sorting: question.lists)
  }
  static let shareOfNextNumbers = Ask("shareOfNextNumbers") {
    (answers: Answers, question: ReadingHead) in
    try answers.shareOfNextNumbers(question.otherReads, sorting: question.otherLists)
  }
  static let queryKeyCircuit = Ask("queryKeyCircuit") { (answers: Answers, head: HeadWeights) in
    try answers.queryKeyCircuit(of: head)
  }
  static let outputValueCircuit = Ask("outputValueCircuit") {
    (answers: Answers, head: HeadWeights) in
    try answers.outputValueCircuit(of: head)
  }
  static let generalisation = Ask("generalisation") { (answers: Answers, question: MetAndUnmet) in
    try answers.generalisation(
      of: question.sorter, trainedOn: question.training, measuredOn: question.lists)
  }
  static let whyTheShift = Ask(inWords: "whyTheShift") { (answers: Answers) in
    try answers.whyTheShift()
  }
  static let howItSorts = Ask(inWords: "howItSorts") { (answers: Answers) in
    try answers.howItSorts()
  }
}

/// Texts, and what a language model answered.
struct TextLogits: Codable, Sendable {
  var tokens: [[Int]]
  var logits: Tensor
}

/// Whole sequences and their logits, and a half of the logits of others.
struct ListLogits: Codable, Sendable {
  var lists: SortingLists
  var tokens: [[Int]]
  var logits: Tensor
  /// Logits of the sorted half that come from elsewhere, so that one answer does not spoil the
  /// other.
  var half: Tensor
}

/// A batch, and what a language model answered.
struct PaddedLogits: Codable, Sendable {
  var batch: PaddedBatch
  var logits: Tensor
}

/// Lists to be split with one seed, again with it, and with another.
struct ListsToSplit: Codable, Sendable {
  var lists: [[Int]]
  var seed: UInt64
  var otherSeed: UInt64
}

/// A sorter that has learned nothing, and lists to learn from.
struct UntrainedSorter: Codable, Sendable {
  var sorter: Sorter
  var training: [[Int]]
  var seed: UInt64
}

/// A sorter and lists; and tokens that some head is said to read, with the lists they are from.
struct ReadingHead: Codable, Sendable {
  var sorter: Sorter
  var lists: [[Int]]
  var otherLists: [[Int]]
  var otherReads: [[Int]]
}

/// A trained sorter, all it has learned from, and lists to measure it on.
struct MetAndUnmet: Codable, Sendable {
  var sorter: Sorter
  var training: [[Int]]
  var lists: [[Int]]
}
