import Coursework
import Tensors
import Transformers

/// How the methods of Sheet 2 are asked.
enum ProbingAsks {
  typealias Answers = any ProbingAnswers

  static let wordVectors = Ask("wordVectors") { (answers: Answers, question: PooledSentence) in
    try answers.wordVectors(
      of: question.sentence, pooling: question.pooling, in: ProbingSheet.translator().model)
  }
  static let probe = Ask("probe") { (answers: Answers, question: VectorsAndScores) in
    try answers.probe(on: question.data, l2: question.l2)
  }
  static let report = Ask("report") { (answers: Answers, question: VectorsAndScores) in
    try answers.report(of: question.scores)
  }
  /// Classes are drawn with one seed, again with it, and with another.
  static let controlLabels = Ask("controlLabels") { (answers: Answers, question: ControlWords) in
    try [question.seed, question.seed, question.seed &+ 1].map {
      try answers.controlLabels(of: question.words, classes: question.classes, seed: $0)
    }
  }
  static let selectivity = Ask("selectivity") { (answers: Answers, question: ControlWords) in
    try answers.selectivity(task: question.task, control: question.control)
  }
  static let baselines = Ask("baselines") { (answers: Answers, question: SeededWords) in
    try answers.baselines(
      on: question.words, in: ProbingSheet.translator().model, seed: question.seed)
  }
  /// The interval is drawn twice with one seed.
  static let interval = Ask("interval") { (answers: Answers, question: AnsweredWords) in
    try (0..<2).map { _ in
      try answers.interval(
        of: question.right, sentences: question.sentences, level: question.level,
        samples: question.samples, seed: question.seed)
    }
  }
  static let compareProbes = Ask("compareProbes") { (answers: Answers, question: ProbesToCompare) in
    try answers.compareProbes(on: question.data, hidden: question.hidden, seed: question.seed)
  }
  /// Lemmas are split with one seed, again with it, and with another.
  static let splitByLemma = Ask("splitByLemma") { (answers: Answers, question: LemmasAndWords) in
    try [question.seed, question.seed, question.seed &+ 1].map {
      try answers.splitByLemma(question.lemmas, seed: $0)
    }
  }
  static let accuracies = Ask("accuracies") { (answers: Answers, question: LemmasAndWords) in
    try answers.accuracies(of: question.words, split: question.split)
  }
  static let direction = Ask("direction") { (answers: Answers, question: SentencesToPush) in
    try answers.direction(from: question.negative, to: question.positive)
  }
  static let flips = Ask("flips") { (answers: Answers, question: SentencesToPush) in
    try answers.flips(
      of: question.sentences, adding: question.vector, afterBlock: question.layer,
      in: ProbingSheet.translator().model)
  }
  static let squaredDistances = Ask("squaredDistances") {
    (answers: Answers, question: TreeSentence) in
    try answers.squaredDistances(between: question.vectors, under: question.projection)
  }
  static let tree = Ask("tree") { (answers: Answers, question: TreeSentence) in
    try answers.tree(from: question.distances)
  }
  static let attachmentScore = Ask("attachmentScore") {
    (answers: Answers, question: TreeSentence) in
    try answers.attachmentScore(of: question.predicted, heads: question.heads)
  }
  static let promptStep = Ask("promptStep") { (answers: Answers, question: PrefixedTexts) in
    try answers.promptStep(
      of: question.prefix, on: question.examples, answers: question.answers,
      in: ProbingSheet.translator().model)
  }
  static let whatAProbeShows = Ask(inWords: "whatAProbeShows") { (answers: Answers) in
    try answers.whatAProbeShows()
  }
  static let whatProbingNeeds = Ask(inWords: "whatProbingNeeds") { (answers: Answers) in
    try answers.whatProbingNeeds()
  }
}

/// A sentence of the translator's, and how its words are to be pooled.
struct PooledSentence: Codable, Sendable {
  var sentence: WordTokens
  var pooling: WordPooling
}

/// Vectors to train on and scores to choose by.
struct VectorsAndScores: Codable, Sendable {
  var data: LabelledVectors
  var l2: Float
  var scores: [LayerScore]
}

/// Words of running text, and what two probes answered.
struct ControlWords: Codable, Sendable {
  var words: [String]
  var classes: Int
  var seed: UInt64
  var task: ProbeOutcome
  var control: ProbeOutcome
}

/// Words to probe, and where the untrained model's weights come from.
struct SeededWords: Codable, Sendable {
  var words: ProbedWords
  var seed: UInt64
}

/// Right and wrong answers, by word, and how the interval is to be drawn.
struct AnsweredWords: Codable, Sendable {
  var right: [Bool]
  var sentences: [Int]
  var level: Double
  var samples: Int
  var seed: UInt64
}

/// Planted words, the width of the hidden layer and a seed.
struct ProbesToCompare: Codable, Sendable {
  var data: ControlledVectors
  var hidden: Int
  var seed: UInt64
}

/// Lemmas to be shared out, and words whose split is given.
struct LemmasAndWords: Codable, Sendable {
  var lemmas: [String]
  var seed: UInt64
  var words: LayeredWords
  var split: SplitPlaces
}

/// Vectors of two classes, and sentences to be pushed along a vector.
struct SentencesToPush: Codable, Sendable {
  var negative: Tensor
  var positive: Tensor
  var sentences: [PushedSentence]
  var vector: Tensor
  var layer: Int
}

/// One sentence: vectors and B, distances to find a tree in, and a tree to be scored.
struct TreeSentence: Codable, Sendable {
  var vectors: Tensor
  var projection: Tensor
  var distances: Tensor
  var predicted: [WordEdge]
  var heads: [Int?]
}

/// A prefix, texts with their classes, and the tokens that stand for classes.
struct PrefixedTexts: Codable, Sendable {
  var prefix: Tensor
  var examples: [LabelledText]
  var answers: [Int]
}
