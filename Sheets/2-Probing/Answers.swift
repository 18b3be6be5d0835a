// Sheet 2, Probing: your answers. This is the only file you edit.
//
// Replace each `throw Unanswered()` by your answer, in any order. `swift run Sheet2` walks through
// the sheet and draws its figures; `swift test --filter Sheet2` checks your answers.

import Answering
import Foundation
import ProbingVocabulary
import Tensors
import Transformers

/// Your answers to Sheet 2.
struct Answers: ProbingAnswers {
  // MARK: 2.1  Extract and pool

  /// A vector for every word at every layer of the encoder, `[layer, word, width]`.
  ///
  /// Layer 0 is the residual stream before the first block, layer n the one after block n.
  ///
  /// - Parameters:
  ///   - sentence: `tokens`, which the encoder reads, and `words`, the range of places of each word's
  ///     tokens.
  ///   - pooling: `.last`, the word's last token, or `.mean`, the mean of its tokens.
  ///   - model: An encoder–decoder. `model.run(_:capturing:)` gives a trace.
  func wordVectors(
    of sentence: WordTokens, pooling: WordPooling, in model: Transformer
  ) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 2.2  Train a probe, choose a layer

  /// The softmax probe with the least mean cross-entropy plus ½ λ ‖W‖²; the bias is not penalised.
  ///
  /// - Parameters:
  ///   - data: `vectors` `[word, width]`, a class in `labels` for each, and how many `classes`.
  ///   - l2: λ.
  /// - Returns: `weight` `[class, width]` and `bias` `[class]`.
  func probe(on data: LabelledVectors, l2: Float) throws -> LinearProbe {
    throw Unanswered()
  }

  /// The layer to report and the accuracy to report for it.
  ///
  /// - Parameter scores: The accuracy on development and on test words, for each layer; of layers
  ///   that are equally good the earliest is taken.
  func report(of scores: [LayerScore]) throws -> LayerReport {
    throw Unanswered()
  }

  // MARK: 2.3  The control task

  /// A class for every word of a control task, `0..<classes`.
  ///
  /// Every word type has one class, drawn evenly; capital letters make no other type. The same seed
  /// gives the same classes, another seed others. `SeededGenerator(seed:)` is a generator.
  func controlLabels(of words: [String], classes: Int, seed: UInt64) throws -> [Int] {
    throw Unanswered()
  }

  /// The selectivity of a probe, from its answers on the task and those of its twin on the control
  /// task: `predictions` and `labels` of the test words of each.
  func selectivity(task: ProbeOutcome, control: ProbeOutcome) throws -> Double {
    throw Unanswered()
  }

  // MARK: 2.4  Random weights

  /// The majority class, and the classes that a probe on an untrained model and a probe on the model
  /// itself give to the test words.
  ///
  /// A word's last token stands for it.
  ///
  /// - Parameters:
  ///   - words: `sentences` with their tokens, the `labels` of all their words, the `layer` to probe,
  ///     and the places of the `training` and `test` words.
  ///   - model: The trained model; `Transformer(configuration:using:)` makes an untrained one.
  ///   - seed: Where the untrained model's weights come from.
  /// - Returns: The class most frequent in training as `majority`, and a class for each test word, in
  ///   the order of `test`, as `untrained` and `trained`.
  func baselines(
    on words: ProbedWords, in model: Transformer, seed: UInt64
  ) throws -> BaselineAnswers {
    throw Unanswered()
  }

  // MARK: 2.5  How wide is the error bar?

  /// A percentile interval for an accuracy, from drawing whole units again with replacement.
  ///
  /// - Parameters:
  ///   - right: Whether each word was answered rightly.
  ///   - units: The unit of each word, as a number: its sentence, or whatever else is independent.
  ///   - level: The share of samples between the ends, such as 0.95.
  ///   - samples: How many samples to draw.
  ///   - seed: Where the draws come from.
  func interval(
    of right: [Bool], units: [Int], level: Double, samples: Int, seed: UInt64
  ) throws -> Estimate {
    throw Unanswered()
  }

  // MARK: 2.6  Linear or not

  /// What a linear probe and one with a hidden layer answer on the test words, and what a twin of each
  /// answers in the control task, in this order.
  ///
  /// `HiddenLayerProbe(trainingOn:hidden:seed:)` trains the one with a hidden layer, and its
  /// `classes(of:)` answers.
  ///
  /// - Parameters:
  ///   - data: `vectors` `[word, width]`, `labels`, `controlLabels`, `classes`, and the places of the
  ///     `training` and `test` words.
  ///   - hidden: The width of the hidden layer.
  ///   - seed: Where initial weights come from.
  func compareProbes(
    on data: ControlledVectors, hidden: Int, seed: UInt64
  ) throws -> [ProbeAndTwin] {
    throw Unanswered()
  }

  /// Vectors with two classes, 0 and 1, which a probe with a hidden layer finds in vectors that it has
  /// not met, and no linear probe does.
  ///
  /// - Parameters:
  ///   - count: How many vectors.
  ///   - seed: Where they come from.
  func notOnALine(count: Int, seed: UInt64) throws -> LabelledVectors {
    throw Unanswered()
  }

  // MARK: 2.7  What English does not say

  /// The places of the training words and of the test words, about a quarter of the lemmas for test,
  /// and no lemma in both.
  func splitByLemma(_ lemmas: [String], seed: UInt64) throws -> SplitPlaces {
    throw Unanswered()
  }

  /// The accuracy of a linear probe on the test words at every layer, with an interval of 95 % from
  /// 1,000 samples.
  ///
  /// - Parameters:
  ///   - words: `layers`, each `[word, width]`, `labels`, `classes`, and the lemma and the sentence of
  ///     each word in `lemmas` and `sentences`.
  ///   - split: The places of training and test, by lemma.
  ///   - seed: Where the samples come from.
  func accuracies(
    of words: LayeredWords, split: SplitPlaces, seed: UInt64
  ) throws -> [Estimate] {
    throw Unanswered()
  }

  // MARK: 2.8  Push

  /// The direction from the mean of one class to the mean of another, `[width]`.
  ///
  /// - Parameters:
  ///   - negative: The vectors of the class that it leads from, `[word, width]`.
  ///   - positive: The vectors of the class that it leads to, `[word, width]`.
  func direction(from negative: Tensor, to positive: Tensor) throws -> Tensor {
    throw Unanswered()
  }

  /// For every sentence whether adding a vector after a block of the encoder flips which of two
  /// tokens the decoder prefers as its first.
  ///
  /// - Parameters:
  ///   - sentences: `tokens`, the `positions` at which to add, and the two tokens in `choices`.
  ///   - vector: What is added, `[width]`.
  ///   - layer: The block after which it is added, from 0.
  ///   - model: The translator. `Intervention(at: point) { … }` changes an activation.
  func flips(
    of sentences: [PushedSentence], adding vector: Tensor, afterBlock layer: Int,
    in model: Transformer
  ) throws -> [Bool] {
    throw Unanswered()
  }

  // MARK: 2.9  A tree in the distances

  /// Squared distances between words after a linear map, `[word, word]`: ‖B (hᵢ − hⱼ)‖².
  ///
  /// - Parameters:
  ///   - vectors: h, `[word, width]`.
  ///   - projection: B, `[rank, width]`.
  func squaredDistances(between vectors: Tensor, under projection: Tensor) throws -> Tensor {
    throw Unanswered()
  }

  /// The edges of the spanning tree of least total length over words by their distances.
  ///
  /// - Parameter distances: `[word, word]`, symmetric.
  func tree(from distances: Tensor) throws -> [WordEdge] {
    throw Unanswered()
  }

  /// The share of the gold tree's edges that are among the predicted ones.
  ///
  /// - Parameters:
  ///   - predicted: Edges; which end is which does not matter.
  ///   - heads: The index of each word's head in the gold tree; nil for the root.
  func attachmentScore(of predicted: [WordEdge], heads: [Int?]) throws -> Double {
    throw Unanswered()
  }

  // MARK: 2.10  Let the model answer

  /// The mean cross-entropy, in nats, with which the model answers some texts behind a prefix of
  /// vectors, and its gradient with respect to the prefix.
  ///
  /// The prefix stands in front of each text, at the embedding. The answer is read in the last row of
  /// the logits, and only the tokens of `answers` compete.
  ///
  /// - Parameters:
  ///   - prefix: `[vector, width]`.
  ///   - examples: Texts (`tokens`) and classes (`label`).
  ///   - answers: The token of each class.
  ///   - model: The model, whose weights stay as they are.
  func promptStep(
    of prefix: Tensor, on examples: [LabelledText], answers: [Int], in model: Transformer
  ) throws -> PromptStep {
    throw Unanswered()
  }

  /// Trains the prompt of a task, and holds it against the prompt it began as, a linear probe on what
  /// leaves the last block where the text ends, and the majority class.
  ///
  /// All four are accuracies on the test texts.
  ///
  /// - Parameters:
  ///   - task: The texts in `training` and `test`, the token of each class in `answers`, and the
  ///     prompt to begin with, `prefix` `[vector, width]`.
  ///   - model: The model, whose weights stay as they are.
  /// - Returns: The trained prompt and the accuracies.
  func comparePrompts(on task: PromptTask, in model: Transformer) throws -> PromptComparison {
    throw Unanswered()
  }

  // MARK: 2.11  Which heads does it need?

  /// How far each head's gate is open, `[head]`, when `count` of them are chosen softly, one after the
  /// other.
  ///
  /// - Parameters:
  ///   - scores: How much each head wants to be kept, `[head]`.
  ///   - count: K, how many are to be kept.
  ///   - temperature: τ.
  func gates(from scores: Tensor, keeping count: Int, temperature: Float) throws -> Tensor {
    throw Unanswered()
  }

  /// The heads that are enough for a task: the others' output is zero, and the model still answers.
  ///
  /// - Parameters:
  ///   - texts: Texts (`tokens`) and what follows them; `label` is the token.
  ///   - count: How many heads are to be kept.
  ///   - model: A model of one stack, `.blocks`.
  func neededHeads(
    for texts: [LabelledText], keeping count: Int, in model: Transformer
  ) throws -> [HeadPlace] {
    throw Unanswered()
  }

  /// What a model loses at predicting the next token, in nats a token, without some heads.
  ///
  /// - Parameters:
  ///   - heads: The heads whose output is zero, all at once.
  ///   - texts: Each begins with the start token; every later token is to be predicted.
  ///   - model: A model of one stack, `.blocks`.
  func loss(
    without heads: [HeadPlace], on texts: [[Int]], in model: Transformer
  ) throws -> Double {
    throw Unanswered()
  }

  // MARK: 2.12  In words

  /// What does the accuracy of a probe show, and what does it not show? Use what you measured in 2.3,
  /// 2.4 and 2.8; about 150 words.
  func whatAProbeShows() throws -> String {
    throw Unanswered()
  }

  // MARK: 2.13  In words

  /// What you would ask of a paper that says “layer 8 encodes syntax”.
  ///
  /// About 150 words.
  func whatProbingNeeds() throws -> String {
    throw Unanswered()
  }
}
