public import Answering
import Models
package import Tensors
package import Transformers

/// How the methods of Sheet 2 are asked.
public enum ProbingAsks: AskList {
  /// What a student promises.
  public typealias Answers = any ProbingAnswers

  /// One a method, in the sheet's order.
  public static let all = [
    EncodedAsk(wordVectors),
    EncodedAsk(probe),
    EncodedAsk(report),
    EncodedAsk(controlLabels),
    EncodedAsk(selectivity),
    EncodedAsk(baselines),
    EncodedAsk(interval),
    EncodedAsk(compareProbes),
    EncodedAsk(notOnALine),
    EncodedAsk(splitByLemma),
    EncodedAsk(accuracies),
    EncodedAsk(direction),
    EncodedAsk(flips),
    EncodedAsk(squaredDistances),
    EncodedAsk(tree),
    EncodedAsk(attachmentScore),
    EncodedAsk(promptStep),
    EncodedAsk(comparePrompts),
    EncodedAsk(gates),
    EncodedAsk(neededHeads),
    EncodedAsk(loss),
    EncodedAsk(whatAProbeShows),
    EncodedAsk(whatProbingNeeds),
  ]

  package static let wordVectors = Ask("wordVectors") {
    (answers: Answers, question: PooledSentence) in
    try answers.wordVectors(
      of: question.sentence, pooling: question.pooling,
      in: LoadedModel.kept(EmbeddedModel.translator.name).model)
  }
  package static let probe = Ask("probe") { (answers: Answers, question: VectorsAndScores) in
    try answers.probe(on: question.data, l2: question.l2)
  }
  package static let report = Ask("report") { (answers: Answers, question: VectorsAndScores) in
    try answers.report(of: question.scores)
  }
  /// Classes are drawn with one seed, again with it, and with another.
  package static let controlLabels = Ask("controlLabels") {
    (answers: Answers, question: ControlWords) in
    try [question.seed, question.seed, question.seed &+ 1].map {
      try answers.controlLabels(of: question.words, classes: question.classes, seed: $0)
    }
  }
  package static let selectivity = Ask("selectivity") {
    (answers: Answers, question: ControlWords) in
    try answers.selectivity(task: question.task, control: question.control)
  }
  package static let baselines = Ask("baselines") { (answers: Answers, question: SeededWords) in
    try answers.baselines(
      on: question.words, in: LoadedModel.kept(EmbeddedModel.translator.name).model,
      seed: question.seed)
  }
  /// The interval is drawn twice with one seed.
  ///
  /// The second time units have other numbers, in the same order: what the hash of a number decides is
  /// another then, and nothing else.
  package static let interval = Ask("interval") { (answers: Answers, question: AnsweredWords) in
    try [question.units, question.units.map { $0 * 3 + 1 }].map {
      try answers.interval(
        of: question.right, units: $0, level: question.level, samples: question.samples,
        seed: question.seed)
    }
  }
  package static let compareProbes = Ask("compareProbes") {
    (answers: Answers, question: ProbesToCompare) in
    try answers.compareProbes(on: question.data, hidden: question.hidden, seed: question.seed)
  }
  package static let notOnALine = Ask("notOnALine") {
    (answers: Answers, question: ProbesToCompare) in
    try answers.notOnALine(count: question.count, seed: question.seed)
  }
  /// Lemmas are split with one seed, again with it, and with another.
  package static let splitByLemma = Ask("splitByLemma") {
    (answers: Answers, question: LemmasAndWords) in
    try [question.seed, question.seed, question.seed &+ 1].map {
      try answers.splitByLemma(question.lemmas, seed: $0)
    }
  }
  package static let accuracies = Ask("accuracies") {
    (answers: Answers, question: LemmasAndWords) in
    try answers.accuracies(
      of: question.words, split: question.split, seed: question.seed)
  }
  package static let direction = Ask("direction") { (answers: Answers, question: SentencesToPush) in
    try answers.direction(from: question.negative, to: question.positive)
  }
  package static let flips = Ask("flips") { (answers: Answers, question: SentencesToPush) in
    try answers.flips(
      of: question.sentences, adding: question.vector, afterBlock: question.layer,
      in: LoadedModel.kept(EmbeddedModel.translator.name).model)
  }
  package static let squaredDistances = Ask("squaredDistances") {
    (answers: Answers, question: TreeSentence) in
    try answers.squaredDistances(between: question.vectors, under: question.projection)
  }
  package static let tree = Ask("tree") { (answers: Answers, question: TreeSentence) in
    try answers.tree(from: question.distances)
  }
  package static let attachmentScore = Ask("attachmentScore") {
    (answers: Answers, question: TreeSentence) in
    try answers.attachmentScore(of: question.predicted, heads: question.heads)
  }
  package static let promptStep = Ask("promptStep") { (answers: Answers, question: PrefixedTexts) in
    try answers.promptStep(
      of: question.prefix, on: question.examples, answers: question.answers,
      in: question.model.made())
  }
  package static let comparePrompts = Ask("comparePrompts") {
    (answers: Answers, question: PrefixedTexts) in
    try answers.comparePrompts(on: question.task, in: question.model.made())
  }
  package static let gates = Ask("gates") { (answers: Answers, question: HeadsToPrune) in
    try answers.gates(
      from: question.scores, keeping: question.kept, temperature: question.temperature)
  }
  package static let neededHeads = Ask("neededHeads") {
    (answers: Answers, question: HeadsToPrune) in
    try answers.neededHeads(
      for: question.examples, keeping: question.count,
      in: LoadedModel.kept(EmbeddedModel.reader.name).model)
  }
  package static let loss = Ask("loss") { (answers: Answers, question: HeadsToPrune) in
    try answers.loss(
      without: question.heads, on: question.texts,
      in: LoadedModel.kept(EmbeddedModel.reader.name).model)
  }
  package static let whatAProbeShows = Ask(inWords: "whatAProbeShows") { (answers: Answers) in
    try answers.whatAProbeShows()
  }
  package static let whatProbingNeeds = Ask(inWords: "whatProbingNeeds") { (answers: Answers) in
    try answers.whatProbingNeeds()
  }
}

/// A sentence of the translator's, and how its words are to be pooled.
package struct PooledSentence: Codable, Sendable {
  package var sentence: WordTokens
  package var pooling: WordPooling

  package init(sentence: WordTokens, pooling: WordPooling) {
    self.sentence = sentence
    self.pooling = pooling
  }
}

/// Vectors to train on and scores to choose by.
package struct VectorsAndScores: Codable, Sendable {
  package var data: LabelledVectors
  package var l2: Float
  package var scores: [LayerScore]

  package init(data: LabelledVectors, l2: Float, scores: [LayerScore]) {
    self.data = data
    self.l2 = l2
    self.scores = scores
  }
}

/// Words of running text, and what two probes answered.
package struct ControlWords: Codable, Sendable {
  package var words: [String]
  package var classes: Int
  package var seed: UInt64
  package var task: ProbeOutcome
  package var control: ProbeOutcome

  package init(
    words: [String], classes: Int, seed: UInt64, task: ProbeOutcome, control: ProbeOutcome
  ) {
    self.words = words
    self.classes = classes
    self.seed = seed
    self.task = task
    self.control = control
  }
}

/// Words to probe, and where the untrained model's weights come from.
package struct SeededWords: Codable, Sendable {
  package var words: ProbedWords
  package var seed: UInt64

  package init(words: ProbedWords, seed: UInt64) {
    self.words = words
    self.seed = seed
  }
}

/// Right and wrong answers, by word, and how the interval is to be drawn.
package struct AnsweredWords: Codable, Sendable {
  package var right: [Bool]
  package var units: [Int]
  package var level: Double
  package var samples: Int
  package var seed: UInt64

  package init(right: [Bool], units: [Int], level: Double, samples: Int, seed: UInt64) {
    self.right = right
    self.units = units
    self.level = level
    self.samples = samples
    self.seed = seed
  }
}

/// Planted words, the width of the hidden layer, a seed, and how many vectors are to be made.
package struct ProbesToCompare: Codable, Sendable {
  package var data: ControlledVectors
  package var hidden: Int
  package var seed: UInt64
  package var count: Int

  package init(data: ControlledVectors, hidden: Int, seed: UInt64, count: Int = 0) {
    self.data = data
    self.hidden = hidden
    self.seed = seed
    self.count = count
  }
}

/// Lemmas to be shared out, and words whose split is given.
package struct LemmasAndWords: Codable, Sendable {
  package var lemmas: [String]
  package var seed: UInt64
  package var words: LayeredWords
  package var split: SplitPlaces

  package init(lemmas: [String], seed: UInt64, words: LayeredWords, split: SplitPlaces) {
    self.lemmas = lemmas
    self.seed = seed
    self.words = words
    self.split = split
  }
}

/// Vectors of two classes, and sentences to be pushed along a vector.
package struct SentencesToPush: Codable, Sendable {
  package var negative: Tensor
  package var positive: Tensor
  package var sentences: [PushedSentence]
  package var vector: Tensor
  package var layer: Int

  package init(
    negative: Tensor, positive: Tensor, sentences: [PushedSentence], vector: Tensor, layer: Int
  ) {
    self.negative = negative
    self.positive = positive
    self.sentences = sentences
    self.vector = vector
    self.layer = layer
  }
}

/// One sentence: vectors and B, distances to find a tree in, and a tree to be scored.
package struct TreeSentence: Codable, Sendable {
  package var vectors: Tensor
  package var projection: Tensor
  package var distances: Tensor
  package var predicted: [WordEdge]
  package var heads: [Int?]

  package init(
    vectors: Tensor, projection: Tensor, distances: Tensor, predicted: [WordEdge], heads: [Int?]
  ) {
    self.vectors = vectors
    self.projection = projection
    self.distances = distances
    self.predicted = predicted
    self.heads = heads
  }
}
