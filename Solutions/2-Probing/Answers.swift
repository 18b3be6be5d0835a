// Sheet 2, Probing: one way to answer every exercise.

import Answering
import Foundation
import ProbingVocabulary
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
  /// A word's last token stands for it.
  ///
  /// - Parameters:
  ///   - words: `sentences` with their tokens, the `labels` of all their words, the `layer` to probe,
  ///     and the places of the `training` and `test` words.
  ///   - model: The trained model; `Transformer(configuration:using:)` makes an untrained one.
  ///   - seed: Where the untrained model's weights come from.
  func baselines(on words: ProbedWords, in model: Transformer, seed: UInt64) throws -> Baselines {
    func probed(_ model: Transformer) throws -> Double {
      let vectors = try words.sentences.map { sentence in
        try wordVectors(of: sentence, pooling: .last, in: model)[at: words.layer]
      }
      return accuracy(
        of: Classifier(from: vectors[0].shape[1], to: words.classes),
        on: .concatenation(vectors, axis: 0), labels: words.labels,
        SplitPlaces(training: words.training, test: words.test))
    }
    let counts = (0..<words.classes).map { label in
      words.training.count { words.labels[$0] == label }
    }
    let majority = counts.firstIndex(of: counts.max()!)!
    let right = words.test.count { words.labels[$0] == majority }
    var generator = SeededGenerator(seed: seed)
    let untrained = Transformer(configuration: model.configuration, using: &generator)
    return Baselines(
      majority: Double(right) / Double(words.test.count), untrained: try probed(untrained),
      trained: try probed(model))
  }

  /// The share of the test words whose class a probe finds, after training on the training words.
  private func accuracy(
    of untrained: Classifier, on vectors: Tensor, labels: [Int], _ split: SplitPlaces
  ) -> Double {
    // Every column gets mean 0 and deviation 1, so that one rate fits all layers and models.
    let known = vectors.gathering(split.training)
    let centred = known - known.mean(axis: 0)
    let deviation = (centred * centred).mean(axis: 0).squareRoot() + 1e-6
    let (x, targets) = (centred / deviation, split.training.map { labels[$0] })
    var probe = untrained
    var optimiser = AdamW()
    let steps = 400
    for step in 0..<steps {
      let (_, gradients) = probe.gradients { $0(x).crossEntropy(targets: targets) }
      optimiser.update(
        &probe, gradients: gradients, rate: 0.03 * (1 - Float(step) / Float(steps)))
    }
    let unknown = (vectors.gathering(split.test) - known.mean(axis: 0)) / deviation
    let right = zip(probe(unknown).argmax(), split.test).count { $0 == labels[$1] }
    return Double(right) / Double(split.test.count)
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
  ///   - seed: Where initial weights come from.
  func compareProbes(
    on data: ControlledVectors, hidden: Int, seed: UInt64
  ) throws -> [ProbeFinding] {
    let width = data.vectors.shape[1]
    var generator = SeededGenerator(seed: seed)
    let probes = [
      Classifier(from: width, to: data.classes),
      Classifier(from: width, to: data.classes, hidden: hidden, using: &generator),
    ]
    return probes.map { probe in
      let split = SplitPlaces(training: data.training, test: data.test)
      let onTask = accuracy(of: probe, on: data.vectors, labels: data.labels, split)
      let byHeart = accuracy(of: probe, on: data.vectors, labels: data.controlLabels, split)
      return ProbeFinding(accuracy: onTask, selectivity: onTask - byHeart)
    }
  }

  // MARK: 2.7  What English does not say

  /// The places of the training words and of the test words, about a quarter of the lemmas for test,
  /// and no lemma in both.
  func splitByLemma(_ lemmas: [String], seed: UInt64) throws -> SplitPlaces {
    var generator = SeededGenerator(seed: seed)
    let drawn = Set(lemmas).sorted().shuffled(using: &generator)
    let held = Set(drawn.prefix(drawn.count / 4))
    return SplitPlaces(
      training: lemmas.indices.filter { !held.contains(lemmas[$0]) },
      test: lemmas.indices.filter { held.contains(lemmas[$0]) })
  }

  /// The accuracy of a linear probe on the test words at every layer.
  ///
  /// - Parameters:
  ///   - words: `layers`, each `[word, width]`, `labels`, `classes` and `lemmas`.
  ///   - split: The places of training and test.
  func accuracies(of words: LayeredWords, split: SplitPlaces) throws -> [Double] {
    words.layers.map { vectors in
      accuracy(
        of: Classifier(from: vectors.shape[1], to: words.classes), on: vectors,
        labels: words.labels, split)
    }
  }

  // MARK: 2.8  Push

  /// The direction from the mean of one class to the mean of another, `[width]`.
  ///
  /// - Parameters:
  ///   - negative: The vectors of the class that it leads from, `[word, width]`.
  ///   - positive: The vectors of the class that it leads to, `[word, width]`.
  func direction(from negative: Tensor, to positive: Tensor) throws -> Tensor {
    positive.mean(axis: 0) - negative.mean(axis: 0)
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
    try sentences.map { sentence in
      let input = ModelInput(
        sentence.tokens, decoderTokens: [model.configuration.startToken])
      func prefersFirst(_ interventions: [Intervention]) throws -> Bool {
        let logits = try model.run(input, intervening: interventions).logits  // [1, 1, token]
        return logits[0, 0, sentence.choices[0]] > logits[0, 0, sentence.choices[1]]
      }
      let push = Intervention(at: .residualPost(.encoder, layer)) { residual in
        var pushed = residual  // [1, position, width]
        for position in sentence.positions {
          for column in 0..<vector.count { pushed[0, position, column] += vector[column] }
        }
        return pushed
      }
      return try prefersFirst([]) != prefersFirst([push])
    }
  }

  // MARK: 2.9  A tree in the distances

  /// Squared distances between words after a linear map, `[word, word]`: ‖B (hᵢ − hⱼ)‖².
  ///
  /// - Parameters:
  ///   - vectors: h, `[word, width]`.
  ///   - projection: B, `[rank, width]`.
  func squaredDistances(between vectors: Tensor, under projection: Tensor) throws -> Tensor {
    let points = vectors.matmul(transposing: projection)  // [word, rank]
    let count = points.shape[0]
    let differences =
      points.reshaped(to: [count, 1, points.shape[1]])
      - points.reshaped(to: [1, count, points.shape[1]])
    return (differences * differences).sum(axis: 2)
  }

  /// The edges of the spanning tree of least total length over words by their distances.
  ///
  /// - Parameter distances: `[word, word]`, symmetric.
  func tree(from distances: Tensor) throws -> [WordEdge] {
    // Prim: the tree grows by the word that is nearest to it.
    var edges: [WordEdge] = []
    var inside = [0]
    var outside = Array(1..<distances.shape[0])
    while !outside.isEmpty {
      let pairs = inside.flatMap { a in outside.map { (a, $0) } }
      let (a, b) = pairs.min { distances[$0.0, $0.1] < distances[$1.0, $1.1] }!
      edges.append(WordEdge(a, b))
      inside.append(b)
      outside.removeAll { $0 == b }
    }
    return edges
  }

  /// The share of the gold tree's edges that are among the predicted ones.
  ///
  /// - Parameters:
  ///   - predicted: Edges; which end is which does not matter.
  ///   - heads: The index of each word's head in the gold tree; nil for the root.
  func attachmentScore(of predicted: [WordEdge], heads: [Int?]) throws -> Double {
    let gold = heads.enumerated().compactMap { word, head in head.map { WordEdge(word, $0) } }
    return Double(Set(predicted).intersection(gold).count) / Double(gold.count)
  }

  // MARK: 2.10  Let the model answer

  /// The mean cross-entropy, in nats, with which the model answers some texts behind a prefix of
  /// vectors, and its gradient with respect to the prefix.
  ///
  /// The prefix stands in front of each text, at the embedding. The answer is the decoder's first
  /// row, and only the tokens of `answers` compete.
  ///
  /// - Parameters:
  ///   - prefix: `[vector, width]`.
  ///   - examples: Texts (`tokens`) and classes (`label`).
  ///   - answers: The token of each class.
  ///   - model: The model, whose weights stay as they are.
  func promptStep(
    of prefix: Tensor, on examples: [LabelledText], answers: [Int], in model: Transformer
  ) throws -> PromptStep {
    let watched = prefix.requiringGradient()
    let (length, width) = (prefix.shape[0], prefix.shape[1])
    let room = Array(repeating: model.configuration.padToken, count: length)
    let prompt = Intervention(at: .embedding) { embedded in  // [1, position, width]
      .concatenation(
        [
          watched.reshaped(to: [1, length, width]),
          embedded.slice(axis: 1, length..<embedded.shape[1]),
        ], axis: 1)
    }
    let losses = try examples.map { example in
      let input = ModelInput(
        room + example.tokens, decoderTokens: [model.configuration.startToken])
      let logits = try model.run(input, intervening: [prompt]).logits[at: 0]  // [1, token]
      let scores = logits.transposed().gathering(answers).transposed()  // [1, class]
      return scores.crossEntropy(targets: [example.label])
    }
    let loss = losses.dropFirst().reduce(losses[0], +) / Float(losses.count)
    return PromptStep(
      loss: loss.scalar, gradient: gradient(of: loss, withRespectTo: [watched])[0])
  }

  // MARK: 2.11  In words

  /// What does the accuracy of a probe show, and what does it not show? Use what you measured in 2.3,
  /// 2.4 and 2.8; about 150 words.
  func whatAProbeShows() throws -> String {
    """
    An accuracy shows that a property can be read off a vector by a classifier of one kind, on words \
    that it was not trained on. It does not show who did the work. In 2.3 a probe got a good part of \
    a control task in which nothing can be found: it had learned word types by heart. Only what is \
    left, the selectivity, can be the model's. In 2.4 vectors of an untrained model gave much of the \
    word class too, for they still tell words apart; what training added is the difference, and the \
    majority class is where counting begins.

    Nor does an accuracy show that anything is used. In 2.8 a probe finds the gender at “the” after \
    the second block nearly always. A push at “the” changed hardly any article there. A push at the noun, \
    after the first block, changed nearly all, and a random one of the same length none. The decoder \
    reads the noun. So I would say: gender can be read off at “the”; it is used at the noun.
    """
  }

  // MARK: 2.12  In words

  /// What you would ask of a paper that says “layer 8 encodes syntax”.
  ///
  /// About 150 words.
  func whatProbingNeeds() throws -> String {
    """
    How was layer 8 chosen? On development sentences, I hope, with the number reported from others; \
    and is its lead over layers 7 and 9 larger than an interval over sentences?

    What else gets this accuracy? I want the same probe on an untrained model, on the embeddings and \
    on a control task, so that I can subtract what the probe learned by heart. For trees I want the \
    score of joining every word to the next.

    What is “syntax” here? If it is word classes, most words have one class wherever they stand: test \
    on words that training has not shown, or on words with several classes. If it is a tree, look at \
    the sentences in which the head is not a neighbour.

    Does the model use it? Change layer 8 along what the probe found, and see whether agreement in \
    the output changes; a random change of the same size should do nothing. Without that I would \
    write “can be read off layer 8 best”, and leave “encodes” alone.
    """
  }
}

/// A probe: scores of classes from vectors, with one hidden layer or none.
private struct Classifier: Parameterized {
  private var hidden: AffineMap?
  private var scores: AffineMap

  /// A linear probe, all zeros.
  init(from width: Int, to classes: Int) {
    scores = AffineMap(weight: .zeros([classes, width]), bias: .zeros([classes]))
  }

  /// A probe with a hidden layer, whose units must not begin alike.
  init(from width: Int, to classes: Int, hidden units: Int, using generator: inout SeededGenerator)
  {
    self.init(from: units, to: classes)
    hidden = AffineMap(
      weight: .randomNormal(
        [units, width], standardDeviation: (2 / Float(width)).squareRoot(), using: &generator),
      bias: .zeros([units]))
  }

  /// `[word, width]` to `[word, class]`.
  func callAsFunction(_ x: Tensor) -> Tensor { scores(hidden.map { $0(x).relu() } ?? x) }

  mutating func visitParameters(_ body: (String, inout Tensor) -> Void) {
    hidden?.visitParameters { body("hidden.\($0)", &$1) }
    scores.visitParameters { body("scores.\($0)", &$1) }
  }
}
