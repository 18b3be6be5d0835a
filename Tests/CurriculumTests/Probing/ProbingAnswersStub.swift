import Answering
import Interpretability
import ProbingVocabulary
import Tensors
import Transformers

/// The answers of a student who has not begun Sheet 2.
struct UntouchedProbing: ProbingAnswersStub {}

/// Answers of which a test writes only those it is about.
protocol ProbingAnswersStub: ProbingAnswers {}

extension ProbingAnswersStub {
  func wordVectors(
    of sentence: WordTokens, pooling: WordPooling, in model: Transformer
  ) throws -> Tensor { throw Unanswered() }
  func probe(on data: LabelledVectors, l2: Float) throws -> LinearProbe { throw Unanswered() }
  func report(of scores: [LayerScore]) throws -> LayerReport { throw Unanswered() }
  func controlLabels(of words: [String], classes: Int, seed: UInt64) throws -> [Int] {
    throw Unanswered()
  }
  func selectivity(task: ProbeOutcome, control: ProbeOutcome) throws -> Double {
    throw Unanswered()
  }
  func baselines(
    on words: ProbedWords, in model: Transformer, seed: UInt64
  ) throws -> BaselineAnswers { throw Unanswered() }
  func interval(
    of right: [Bool], units: [Int], level: Double, samples: Int, seed: UInt64
  ) throws -> Estimate { throw Unanswered() }
  func compareProbes(
    on data: ControlledVectors, hidden: Int, seed: UInt64
  ) throws -> [ProbeAndTwin] { throw Unanswered() }
  func notOnALine(count: Int, seed: UInt64) throws -> LabelledVectors { throw Unanswered() }
  func splitByLemma(_ lemmas: [String], seed: UInt64) throws -> SplitPlaces { throw Unanswered() }
  func accuracies(
    of words: LayeredWords, split: SplitPlaces, seed: UInt64
  ) throws -> [Estimate] { throw Unanswered() }
  func direction(from negative: Tensor, to positive: Tensor) throws -> Tensor {
    throw Unanswered()
  }
  func flips(
    of sentences: [PushedSentence], adding vector: Tensor, afterBlock layer: Int,
    in model: Transformer
  ) throws -> [Bool] { throw Unanswered() }
  func squaredDistances(between vectors: Tensor, under projection: Tensor) throws -> Tensor {
    throw Unanswered()
  }
  func tree(from distances: Tensor) throws -> [WordEdge] { throw Unanswered() }
  func attachmentScore(of predicted: [WordEdge], heads: [Int?]) throws -> Double {
    throw Unanswered()
  }
  func promptStep(
    of prefix: Tensor, on examples: [LabelledText], answers: [Int], in model: Transformer
  ) throws -> PromptStep { throw Unanswered() }
  func comparePrompts(on task: PromptTask, in model: Transformer) throws -> PromptComparison {
    throw Unanswered()
  }
  func gates(from scores: Tensor, keeping count: Int, temperature: Float) throws -> Tensor {
    throw Unanswered()
  }
  func neededHeads(
    for texts: [LabelledText], keeping count: Int, in model: Transformer
  ) throws -> [HeadPlace] { throw Unanswered() }
  func loss(
    without heads: [HeadPlace], on texts: [[Int]], in model: Transformer
  ) throws -> Double { throw Unanswered() }
  func whatAProbeShows() throws -> String { throw Unanswered() }
  func whatProbingNeeds() throws -> String { throw Unanswered() }
}
