public import Coursework
import Interpretability
import Laboratory
import ProbingVocabulary
import SheetTools
import Tensors
import Transformers

/// Sheet 2: what can be read off a model's vectors, and what that shows.
public enum ProbingSheet {
  /// The sheet as a value.
  public static let sheet = Sheet(
    number: 2, title: "Probing",
    summary: """
      You train small classifiers on the translator's vectors: what does each layer know of a word? \
      And how much of the answer is the classifier's own doing? At the end nothing is trained but a prompt.
      """,
    goals: [
      "take a vector for every word from any layer of a model",
      "train a linear probe, and choose a layer without looking at the test words",
      "hold an accuracy against a control task, an untrained model and the majority class",
      "draw an error bar over what is independent: sentences here, nouns there, never words",
      "say where an encoder knows what its input does not show, and test whether the model uses it",
      "find a syntactic tree in the distances between vectors",
      "train a prompt on a frozen model, and find the heads that a task needs",
    ],
    asks: ProbingAsks.self,
    exercises: [
      extractAndPool, trainAProbe, controlTask, randomWeights, errorBar, linearOrNot, gender, push,
      structuralTree, promptAnswers, neededHeads, whatAProbeShows, whatProbingNeeds,
    ],
    figures: figures,
    otherModels: "headlight probe --model MODEL --treebank FILE draws the like of any")
}

/// Sentences of the corpus with their tokens, and the vectors of all their words.
struct ProbedCorpus: Sendable {
  let sentences: [AnnotatedSentence]
  let tokens: [WordTokens]

  /// Sentences the translator has not seen, from a generator.
  init(count: Int, using generator: inout SeededGenerator) throws {
    let translator = try SheetTranslator.translator()
    let pairs = TranslatorCorpus.pairs(.sameDistribution, count: count, using: &generator)
    sentences = pairs.map(\.annotated)
    tokens = try sentences.map { try WordTokens($0, tokenizer: translator.tokenizer) }
  }

  /// The sentences of every figure.
  static let figures = Result {
    var generator = SeededGenerator(seed: 2)
    return try ProbedCorpus(count: 500, using: &generator)
  }

  /// All layers of the encoder.
  func representations(of model: Transformer? = nil) throws -> Representations {
    try (model ?? SheetTranslator.translator().model).representations(of: tokens)
  }
}
