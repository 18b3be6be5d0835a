public import Tensors
public import Transformers

/// What a student answers on Sheet 2: one method or two an exercise.
public protocol ProbingAnswers: Sendable {
  /// 2.1: a vector for every word at every layer of the encoder, `[layer, word, width]`.
  ///
  /// Layer 0 is the residual stream before the first block, layer n the one after block n.
  ///
  /// - Parameters:
  ///   - sentence: `tokens`, which the encoder reads, and `words`, the range of places of each word's
  ///     tokens.
  ///   - pooling: `.last`, the word's last token, or `.mean`, the mean of its tokens.
  ///   - model: An encoder–decoder.
  func wordVectors(
    of sentence: WordTokens, pooling: WordPooling, in model: Transformer
  ) throws -> Tensor

  /// 2.2: the softmax probe with the least mean cross-entropy plus ½ λ ‖W‖², biases not penalised.
  ///
  /// - Parameters:
  ///   - data: Vectors and a class each.
  ///   - l2: λ.
  func probe(on data: LabelledVectors, l2: Float) throws -> LinearProbe

  /// 2.2: the layer to report and the accuracy to report for it; of equals the earliest.
  func report(of scores: [LayerScore]) throws -> LayerReport

  /// 2.3: a class for every word of a control task, `0..<classes`.
  ///
  /// Every word type has one class, drawn evenly; capital letters make no other type. The same seed
  /// gives the same classes, another seed others.
  func controlLabels(of words: [String], classes: Int, seed: UInt64) throws -> [Int]

  /// 2.3: the selectivity of a probe, from its answers on the task and those of its twin on the
  /// control task.
  func selectivity(task: ProbeOutcome, control: ProbeOutcome) throws -> Double

  /// 2.4: the majority class, and the classes that a probe on an untrained model and a probe on the
  /// model itself give to the test words.
  ///
  /// A word's last token stands for it.
  ///
  /// - Parameters:
  ///   - words: The words, their classes, and which of them are for training and for test.
  ///   - model: The trained model.
  ///   - seed: Where the untrained model's weights come from.
  func baselines(
    on words: ProbedWords, in model: Transformer, seed: UInt64
  ) throws -> BaselineAnswers

  /// 2.5: a percentile interval for an accuracy, from drawing whole units again with replacement.
  ///
  /// - Parameters:
  ///   - right: Whether each word was answered rightly.
  ///   - units: The unit of each word, as a number: its sentence, or whatever else is independent.
  ///   - level: The share of samples between the ends, such as 0.95.
  ///   - samples: How many samples to draw.
  ///   - seed: Where the draws come from.
  func interval(
    of right: [Bool], units: [Int], level: Double, samples: Int, seed: UInt64
  ) throws -> Estimate

  /// 2.6: what a linear probe and one with a hidden layer answer on the test words, and what a twin
  /// of each answers in the control task, in this order.
  ///
  /// - Parameters:
  ///   - data: Vectors, classes and control classes, and the places of training and test.
  ///   - hidden: The width of the hidden layer.
  ///   - seed: Where initial weights come from.
  func compareProbes(on data: ControlledVectors, hidden: Int, seed: UInt64) throws -> [ProbeAndTwin]

  /// 2.6: vectors with two classes, which a probe with a hidden layer finds in vectors that it has not
  /// met, and no linear probe does.
  ///
  /// - Parameters:
  ///   - count: How many vectors.
  ///   - seed: Where they come from.
  func notOnALine(count: Int, seed: UInt64) throws -> LabelledVectors

  /// 2.7: the places of the training words and of the test words, about a quarter of the lemmas for
  /// test, and no lemma in both.
  func splitByLemma(_ lemmas: [String], seed: UInt64) throws -> SplitPlaces

  /// 2.7: the accuracy of a linear probe on the test words at every layer, with an interval of 95 %
  /// from 1,000 samples.
  ///
  /// - Parameters:
  ///   - words: Vectors by layer, classes, lemmas and sentences.
  ///   - split: The places of training and test, by lemma.
  ///   - seed: Where the samples come from.
  func accuracies(of words: LayeredWords, split: SplitPlaces, seed: UInt64) throws -> [Estimate]

  /// 2.8: the direction from the mean of one class to the mean of another, `[width]`.
  ///
  /// - Parameters:
  ///   - negative: The vectors of the class that it leads from, `[word, width]`.
  ///   - positive: The vectors of the class that it leads to, `[word, width]`.
  func direction(from negative: Tensor, to positive: Tensor) throws -> Tensor

  /// 2.8: for every sentence whether adding a vector after a block of the encoder flips which of two
  /// tokens the decoder prefers as its first.
  ///
  /// - Parameters:
  ///   - sentences: Tokens, the positions at which to add, and the two tokens.
  ///   - vector: What is added, `[width]`.
  ///   - layer: The block after which it is added, from 0.
  ///   - model: The translator.
  func flips(
    of sentences: [PushedSentence], adding vector: Tensor, afterBlock layer: Int,
    in model: Transformer
  ) throws -> [Bool]

  /// 2.9: squared distances between words after a linear map, `[word, word]`: ‖B (hᵢ − hⱼ)‖².
  ///
  /// - Parameters:
  ///   - vectors: h, `[word, width]`.
  ///   - projection: B, `[rank, width]`.
  func squaredDistances(between vectors: Tensor, under projection: Tensor) throws -> Tensor

  /// 2.9: the edges of the spanning tree of least total length over words by their distances.
  ///
  /// - Parameter distances: `[word, word]`, symmetric.
  func tree(from distances: Tensor) throws -> [WordEdge]

  /// 2.9: the share of the gold tree's edges that are among the predicted ones.
  ///
  /// - Parameters:
  ///   - predicted: Edges.
  ///   - heads: The index of each word's head in the gold tree; nil for the root.
  func attachmentScore(of predicted: [WordEdge], heads: [Int?]) throws -> Double

  /// 2.10: the mean cross-entropy, in nats, with which the model answers some texts behind a prefix of
  /// vectors, and its gradient with respect to the prefix.
  ///
  /// The prefix stands in front of each text, at the embedding. The answer is read where the text
  /// ends, and only the tokens of `answers` compete.
  ///
  /// - Parameters:
  ///   - prefix: `[vector, width]`.
  ///   - examples: Texts and classes.
  ///   - answers: The token of each class.
  ///   - model: The model, whose weights stay as they are.
  func promptStep(
    of prefix: Tensor, on examples: [LabelledText], answers: [Int], in model: Transformer
  ) throws -> PromptStep

  /// 2.10: trains the prompt of a task, and holds it against the prompt it began as, a linear probe
  /// on what leaves the last block where the text ends, and the majority class.
  ///
  /// - Parameters:
  ///   - task: Texts to train and to test on, the token of each class, and a prompt to begin with.
  ///   - model: The model, whose weights stay as they are.
  func comparePrompts(on task: PromptTask, in model: Transformer) throws -> PromptComparison

  /// 2.11: how far each head's gate is open, `[head]`, when `count` of them are chosen softly, one
  /// after the other.
  ///
  /// - Parameters:
  ///   - scores: How much each head wants to be kept, `[head]`.
  ///   - count: K, how many are to be kept.
  ///   - temperature: τ.
  func gates(from scores: Tensor, keeping count: Int, temperature: Float) throws -> Tensor

  /// 2.11: the heads that are enough for a task: the others' output is zero, and the model still
  /// answers.
  ///
  /// - Parameters:
  ///   - texts: Texts and what follows them; `label` is the token.
  ///   - count: How many heads are to be kept.
  ///   - model: A model of one stack.
  func neededHeads(
    for texts: [LabelledText], keeping count: Int, in model: Transformer
  ) throws -> [HeadPlace]

  /// 2.11: what a model loses at predicting the next token, in nats a token, without some heads.
  ///
  /// - Parameters:
  ///   - heads: The heads whose output is zero.
  ///   - texts: Each begins with the start token; every later token is to be predicted.
  ///   - model: A model of one stack.
  func loss(
    without heads: [HeadPlace], on texts: [[Int]], in model: Transformer
  ) throws -> Double

  /// 2.12, in words: what the accuracy of a probe shows, and what it does not.
  func whatAProbeShows() throws -> String

  /// 2.13, in words: what you would ask of a paper that says “layer 8 encodes syntax”.
  func whatProbingNeeds() throws -> String
}
