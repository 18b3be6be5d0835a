// Sheet 2, Probing: one way to answer every exercise.

import Coursework
import Curriculum
import Foundation
import Interpretability
import Tensors
import Transformers

/// The solution of Sheet 2.
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
    let blocks = model.configuration.encoder!.layerCount
    let points =
      [HookPoint.residualPre(.encoder, 0)]
      + (0..<blocks).map { HookPoint.residualPost(.encoder, $0) }
    // The decoder has to read something; what it makes of it does not matter here.
    let input = ModelInput(sentence.tokens, decoderTokens: [model.configuration.startToken])
    let trace = try model.run(input, capturing: .points(Set(points))).trace
    let layers = try points.map { point in
      let rows = try trace[point][at: 0]  // [position, width]
      return Tensor.stack(
        sentence.words.map { word in
          pooling == .last
            ? rows[at: word.upperBound - 1] : rows.slice(axis: 0, word).mean(axis: 0)
        })
    }
    return .stack(layers)
  }

  // MARK: 2.2  Train a probe, choose a layer

  /// The softmax probe with the least mean cross-entropy plus ½ λ ‖W‖²; the bias is not penalised.
  ///
  /// - Parameters:
  ///   - data: `vectors` `[word, width]`, a class in `labels` for each, and how many `classes`.
  ///   - l2: λ.
  /// - Returns: `weight` `[class, width]` and `bias` `[class]`.
  func probe(on data: LabelledVectors, l2: Float) throws -> LinearProbe {
    var weight = Tensor.zeros([data.classes, data.vectors.shape[1]])
    var bias = Tensor.zeros([data.classes])
    for _ in 0..<4_000 {
      let (w, b) = (weight.requiringGradient(), bias.requiringGradient())
      let scores = data.vectors.matmul(transposing: w) + b
      let slopes = gradient(
        of: scores.crossEntropy(targets: data.labels), withRespectTo: [w, b])
      weight = weight - (slopes[0] + weight * l2) * 0.3
      bias = bias - slopes[1] * 0.3
    }
    return LinearProbe(weight: weight, bias: bias)
  }

  /// The layer to report and the accuracy to report for it.
  ///
  /// - Parameter scores: The accuracy on development and on test words, for each layer; of layers
  ///   that are equally good the earliest is taken.
  func report(of scores: [LayerScore]) throws -> LayerReport {
    let best = scores.map(\.development).max()!
    let layer = scores.firstIndex { $0.development == best }!
    return LayerReport(layer: layer, accuracy: scores[layer].test)
  }

  // MARK: 2.3  The control task

  /// A class for every word of a control task, `0..<classes`.
  ///
  /// Every word type has one class, drawn evenly; capital letters make no other type. The same seed
  /// gives the same classes, another seed others. `SeededGenerator(seed:)` is a generator.
  func controlLabels(of words: [String], classes: Int, seed: UInt64) throws -> [Int] {
    var generator = SeededGenerator(seed: seed)
    var classOfType: [String: Int] = [:]
    return words.map { word in
      let type = word.lowercased()
      if let known = classOfType[type] { return known }
      let drawn = Int.random(in: 0..<classes, using: &generator)
      classOfType[type] = drawn
      return drawn
    }
  }

  /// The selectivity of a probe, from its answers on the task and those of its twin on the control
  /// task: `predictions` and `labels` of the test words of each.
  func selectivity(task: ProbeOutcome, control: ProbeOutcome) throws -> Double {
    func accuracy(_ outcome: ProbeOutcome) -> Double {
      let right = zip(outcome.predictions, outcome.labels).count { $0 == $1 }
      return Double(right) / Double(outcome.labels.count)
    }
    return accuracy(task) - accuracy(control)
  }

  // MARK: 2.4  Random weights

  /// The accuracies on the test words of the majority class, of a probe on an untrained model, and of
  /// a probe on the model itself.
  ///
  /// - Parameters:
  ///   - words: `sentences` with their tokens, the `labels` of all their words, the `layer` to probe,
  ///     and the places of the `training` and `test` words.
  ///   - model: The trained model; `Transformer(configuration:using:)` makes an untrained one.
  ///   - seed: Where the untrained model's weights come from.
  func baselines(on words: ProbedWords, in model: Transformer, seed: UInt64) throws -> Baselines {
    let trainingLabels = words.training.map { words.labels[$0] }
    let testLabels = words.test.map { words.labels[$0] }
    func accuracy(_ predictions: [Int]) -> Double {
      Double(zip(predictions, testLabels).count { $0 == $1 }) / Double(testLabels.count)
    }
    func probed(_ model: Transformer) throws -> Double {
      let vectors = try model.representations(of: words.sentences, layers: [words.layer]).layers[0]
      let probe = try Probe.training(
        on: vectors.gathering(words.training), labels: trainingLabels, classes: words.classes
      ).probe
      return accuracy(probe.predictions(vectors.gathering(words.test)))
    }
    let counts = (0..<words.classes).map { label in trainingLabels.count { $0 == label } }
    let majority = counts.firstIndex(of: counts.max()!)!
    var generator = SeededGenerator(seed: seed)
    let untrained = Transformer(configuration: model.configuration, using: &generator)
    return Baselines(
      majority: accuracy(testLabels.map { _ in majority }), untrained: try probed(untrained),
      trained: try probed(model))
  }

  // MARK: 2.5  How wide is the error bar?

  /// A percentile interval for an accuracy, from drawing whole sentences again with replacement.
  ///
  /// - Parameters:
  ///   - right: Whether each word was answered rightly.
  ///   - sentences: The sentence of each word, as a number.
  ///   - level: The share of samples between the ends, such as 0.95.
  ///   - samples: How many samples to draw.
  ///   - seed: Where the draws come from.
  func interval(
    of right: [Bool], sentences: [Int], level: Double, samples: Int, seed: UInt64
  ) throws -> Estimate {
    var wordsOfSentence: [Int: [Bool]] = [:]
    for (isRight, sentence) in zip(right, sentences) {
      wordsOfSentence[sentence, default: []].append(isRight)
    }
    // In a fixed order: a dictionary's own differs from run to run.
    let groups = wordsOfSentence.sorted { $0.key < $1.key }.map { words in
      (right: words.value.count { $0 }, all: words.value.count)
    }
    var generator = SeededGenerator(seed: seed)
    let accuracies = (0..<samples).map { _ in
      let drawn = groups.map { _ in groups.randomElement(using: &generator)! }
      return Double(drawn.reduce(0) { $0 + $1.right }) / Double(drawn.reduce(0) { $0 + $1.all })
    }.sorted()
    let cut = Int((1 - level) / 2 * Double(samples))
    return Estimate(
      value: Double(right.count { $0 }) / Double(right.count), lower: accuracies[cut],
      upper: accuracies[samples - 1 - cut])
  }

  // MARK: 2.6  Linear or not

  /// Accuracy and selectivity on the test words, of a linear probe and of one with a hidden layer, in
  /// this order.
  ///
  /// - Parameters:
  ///   - data: `vectors` `[word, width]`, `labels`, `controlLabels`, `classes`, and the places of the
  ///     `training` and `test` words.
  ///   - hidden: The width of the hidden layer.
  ///   - seed: Where initial weights come from. `Probe.training` is the library's.
  func compareProbes(
    on data: ControlledVectors, hidden: Int, seed: UInt64
  ) throws -> [ProbeFinding] {
    func accuracy(_ kind: Probe.Kind, _ labels: [Int]) throws -> Double {
      var settings = ProbeSettings()
      settings.kind = kind
      settings.batchSize = 64
      settings.seed = seed
      let probe = try Probe.training(
        on: data.vectors.gathering(data.training), labels: data.training.map { labels[$0] },
        classes: data.classes, settings: settings
      ).probe
      let predictions = probe.predictions(data.vectors.gathering(data.test))
      return Double(zip(predictions, data.test).count { $0 == labels[$1] })
        / Double(data.test.count)
    }
    return try [Probe.Kind.linear, .mlp(hidden: hidden)].map { kind in
      let onTask = try accuracy(kind, data.labels)
      return ProbeFinding(
        accuracy: onTask, selectivity: onTask - (try accuracy(kind, data.controlLabels)))
    }
  }

  // MARK: 2.7  What English does not say

  /// The places of the training words and of the test words, about a quarter of the lemmas for test,
  /// and no lemma in both.
  func splitByLemma(_ lemmas: [String], seed: UInt64) throws -> SplitPlaces {
    throw Unanswered()
  }

  /// The accuracy of a linear probe on the test words at every layer.
  ///
  /// - Parameters:
  ///   - words: `layers`, each `[word, width]`, `labels`, `classes` and `lemmas`.
  ///   - split: The places of training and test.
  func accuracies(of words: LayeredWords, split: SplitPlaces) throws -> [Double] {
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
  ///   - model: The translator. `Intervention(at:_:)` changes an activation.
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

  /// A prefix of vectors, `[vector, width]`, that makes the frozen model answer with the right token
  /// of `answers` in the first row of its decoder.
  ///
  /// - Parameters:
  ///   - examples: Texts (`tokens`) and classes (`label`) to learn from.
  ///   - answers: The token of each class.
  ///   - length: How many vectors the prefix has.
  ///   - model: The model, whose weights stay as they are.
  func prefix(
    for examples: [PromptProbe.Example], answers: [Int], length: Int, in model: Transformer
  ) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 2.11  In words

  /// What does the accuracy of a probe show, and what does it not show? Use what you measured in 2.3,
  /// 2.4 and 2.8; about 150 words.
  func whatAProbeShows() throws -> String {
    throw Unanswered()
  }

  // MARK: 2.12  In words

  /// What you would ask of a paper that finds syntax encoded in layer 8. About 150 words.
  func whatProbingNeeds() throws -> String {
    throw Unanswered()
  }
}
