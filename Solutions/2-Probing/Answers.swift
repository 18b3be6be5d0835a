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
    var probe = Weights(
      weight: .zeros([data.classes, data.vectors.shape[1]]), bias: .zeros([data.classes]))
    var optimiser = AdamW()
    let steps = 500
    for step in 0..<steps {
      let (_, slopes) = probe.gradients {
        (data.vectors.matmul(transposing: $0.weight) + $0.bias).crossEntropy(targets: data.labels)
      }
      optimiser.update(
        &probe, gradients: [slopes[0] + probe.weight * l2, slopes[1]],
        rate: 0.1 * (1 - Float(step) / Float(steps)))
    }
    return LinearProbe(weight: probe.weight, bias: probe.bias)
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
    func probed(_ model: Transformer) throws -> [Int] {
      let vectors = try words.sentences.map { sentence in
        try wordVectors(of: sentence, pooling: .last, in: model)[at: words.layer]
      }
      return try answers(
        Tensor.concatenation(vectors, axis: 0), labels: words.labels, classes: words.classes,
        SplitPlaces(training: words.training, test: words.test))
    }
    let counts = (0..<words.classes).map { label in
      words.training.count { words.labels[$0] == label }
    }
    var generator = SeededGenerator(seed: seed)
    let untrained = Transformer(configuration: model.configuration, using: &generator)
    return BaselineAnswers(
      majority: counts.firstIndex(of: counts.max()!)!, untrained: try probed(untrained),
      trained: try probed(model))
  }

  /// The classes that a linear probe gives to the test words, after training on the training words.
  private func answers(
    _ vectors: Tensor, labels: [Int], classes: Int, _ split: SplitPlaces
  ) throws -> [Int] {
    // Every column gets mean 0 and deviation 1, so that one rate fits all layers and models.
    let known = vectors.gathering(split.training)
    let mean = known.mean(axis: 0)
    let deviation = ((known - mean) * (known - mean)).mean(axis: 0).squareRoot() + 1e-6
    let probe = try probe(
      on: LabelledVectors(
        vectors: (known - mean) / deviation, labels: split.training.map { labels[$0] },
        classes: classes), l2: 0.001)
    let unknown = (vectors.gathering(split.test) - mean) / deviation
    return (unknown.matmul(transposing: probe.weight) + probe.bias).argmax()
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
    var wordsOfUnit: [Int: [Bool]] = [:]
    for (isRight, unit) in zip(right, units) { wordsOfUnit[unit, default: []].append(isRight) }
    // In a fixed order: a dictionary's own differs from run to run.
    let groups = wordsOfUnit.sorted { $0.key < $1.key }.map { words in
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
    let split = SplitPlaces(training: data.training, test: data.test)
    func linear(_ labels: [Int]) throws -> ProbeOutcome {
      ProbeOutcome(
        predictions: try answers(data.vectors, labels: labels, classes: data.classes, split),
        labels: data.test.map { labels[$0] })
    }
    func bent(_ labels: [Int]) -> ProbeOutcome {
      let probe = HiddenLayerProbe(
        trainingOn: LabelledVectors(
          vectors: data.vectors.gathering(data.training),
          labels: data.training.map { labels[$0] }, classes: data.classes),
        hidden: hidden, seed: seed)
      return ProbeOutcome(
        predictions: probe.classes(of: data.vectors.gathering(data.test)),
        labels: data.test.map { labels[$0] })
    }
    return [
      ProbeAndTwin(task: try linear(data.labels), control: try linear(data.controlLabels)),
      ProbeAndTwin(task: bent(data.labels), control: bent(data.controlLabels)),
    ]
  }

  /// Vectors with two classes, 0 and 1, which a probe with a hidden layer finds in vectors that it has
  /// not met, and no linear probe does.
  ///
  /// - Parameters:
  ///   - count: How many vectors.
  ///   - seed: Where they come from.
  func notOnALine(count: Int, seed: UInt64) throws -> LabelledVectors {
    var generator = SeededGenerator(seed: seed)
    let vectors = Tensor.randomUniform([count, 2], in: -1..<1, using: &generator)
    // An exclusive or of two signs: neither says anything alone.
    let labels = (0..<count).map { vectors[$0, 0] * vectors[$0, 1] > 0 ? 1 : 0 }
    return LabelledVectors(vectors: vectors, labels: labels, classes: 2)
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
    // Other nouns would make another test, not other sentences about the same nouns.
    let lemmas = Set(words.lemmas).sorted()
    let units = split.test.map { lemmas.firstIndex(of: words.lemmas[$0])! }
    return try words.layers.map { vectors in
      let found = try answers(vectors, labels: words.labels, classes: words.classes, split)
      return try interval(
        of: zip(found, split.test).map { $0 == words.labels[$1] }, units: units, level: 0.95,
        samples: 1_000, seed: seed)
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
      let logits = try model.run(
        ModelInput(room + example.tokens), intervening: [prompt]
      ).logits[at: 0]  // [position, token]
      let last = logits.slice(axis: 0, logits.shape[0] - 1..<logits.shape[0])
      return last.transposed().gathering(answers).transposed()  // [1, class]
        .crossEntropy(targets: [example.label])
    }
    let loss = losses.dropFirst().reduce(losses[0], +) / Float(losses.count)
    return PromptStep(
      loss: loss.scalar, gradient: gradient(of: loss, withRespectTo: [watched])[0])
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
    var best = (prefix: task.prefix, loss: Float.infinity)
    // A high rate is quick, and now and then jumps out of the valley: then a lower one has a try.
    for rate: Float in [0.2, 0.1, 0.05] where best.loss > 0.1 {
      let prefix = try trainedPrompt(of: task, rate: rate, in: model)
      let loss = try promptStep(
        of: prefix, on: task.training, answers: task.answers, in: model
      ).loss
      if loss < best.loss { best = (prefix, loss) }
    }
    func accuracy(behind prefix: Tensor) throws -> Double {
      let right = try task.test.filter { text in
        // The class of the least loss is the one that the model answers.
        let losses = try task.answers.indices.map { (label: Int) -> Float in
          var asked = text
          asked.label = label
          return try promptStep(
            of: prefix, on: [asked], answers: task.answers, in: model
          ).loss
        }
        return losses.firstIndex(of: losses.min()!) == text.label
      }
      return Double(right.count) / Double(task.test.count)
    }
    let texts = task.training + task.test
    let labels = texts.map(\.label)
    let (known, unknown) = (
      Array(task.training.indices), Array(texts.indices.dropFirst(task.training.count))
    )
    let last = HookPoint.residualPost(.blocks, model.configuration.stacks[0].stack.layerCount - 1)
    let ends = try texts.map { text in
      try model.run(ModelInput(text.tokens), capturing: [last]).trace[last][at: 0][
        at: text.tokens.count - 1]
    }
    let found = try answers(
      Tensor.stack(ends), labels: labels, classes: task.answers.count,
      SplitPlaces(training: known, test: unknown))
    let counts = task.answers.indices.map { label in task.training.count { $0.label == label } }
    let majority = counts.firstIndex(of: counts.max()!)!
    func share(_ right: Int) -> Double { Double(right) / Double(task.test.count) }
    return PromptComparison(
      prefix: best.prefix, trained: try accuracy(behind: best.prefix),
      untrained: try accuracy(behind: task.prefix),
      probe: share(zip(found, unknown).count { $0 == labels[$1] }),
      majority: share(task.test.count { $0.label == majority }))
  }

  /// The prompt of a task after some steps, each on eight of its texts.
  private func trainedPrompt(
    of task: PromptTask, rate: Float, in model: Transformer
  ) throws -> Tensor {
    var prompt = Prompt(prefix: task.prefix)
    var generator = SeededGenerator(seed: 1)
    var optimiser = AdamW()
    let steps = 60
    for step in 0..<steps {
      let batch = Array(task.training.shuffled(using: &generator).prefix(8))
      let slope = try promptStep(
        of: prompt.prefix, on: batch, answers: task.answers, in: model
      ).gradient
      optimiser.update(
        &prompt, gradients: [slope], rate: rate * (1 - Float(step) / Float(steps)))
    }
    return prompt.prefix
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
    var rest = scores
    var gates = Tensor.zeros(scores.shape)
    for _ in 0..<count {
      let chosen = (rest / temperature).softmax()
      gates = gates + chosen
      rest = rest + (-chosen + (1 + 1e-6)).logarithm()
    }
    return gates
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
    let stack = model.configuration.stacks[0].stack
    let all = (0..<stack.layerCount).flatMap { layer in
      (0..<stack.headCount).map { HeadPlace(layer: layer, head: $0) }
    }
    /// The loss of the task when all heads but these are silent.
    func loss(keeping kept: [HeadPlace]) throws -> Float {
      let silence = all.filter { !kept.contains($0) }.map {
        Intervention.zeroHead($0.head, in: .blocks, layer: $0.layer)
      }
      let losses = try texts.map { text in
        let logits = try model.run(
          ModelInput(text.tokens), intervening: silence
        ).logits[at: 0]
        return logits.slice(axis: 0, logits.shape[0] - 1..<logits.shape[0])
          .crossEntropy(targets: [text.label]).scalar
      }
      return losses.reduce(0, +) / Float(losses.count)
    }
    // Soft gates are not the heads themselves: what was learned is tried, and learned again.
    var best = (heads: Array(all.prefix(count)), loss: Float.infinity)
    for seed: UInt64 in 1...4 where best.loss > 0.15 {
      let scores = try learnedScores(for: texts, keeping: count, in: model, seed: seed)
      let heads = scores.indices.sorted { scores[$0] > scores[$1] }.prefix(count).map { all[$0] }
      let found = try loss(keeping: heads)
      if found < best.loss { best = (heads, found) }
    }
    return best.heads
  }

  /// How much each head wants to be kept, after learning from some texts.
  private func learnedScores(
    for texts: [LabelledText], keeping count: Int, in model: Transformer, seed: UInt64
  ) throws -> [Float] {
    let stack = model.configuration.stacks[0].stack
    var learned = HeadScores(scores: .zeros([stack.layerCount * stack.headCount]))
    var generator = SeededGenerator(seed: seed)
    var optimiser = AdamW()
    let steps = 80
    for step in 0..<steps {
      let progress = Float(step) / Float(steps)
      let batch = texts.shuffled(using: &generator).prefix(8)
      let scores = learned.scores.requiringGradient()
      let open = try gates(
        from: scores, keeping: count, temperature: pow(0.1, progress))  // from 1 down to 0.1
      let changes = (0..<stack.layerCount).map { layer in
        Intervention(at: .block(.blocks, layer, .attention(.own, .mixed))) { mixed in
          // [1, position, head, headWidth]
          let own = open.slice(axis: 0, layer * stack.headCount..<(layer + 1) * stack.headCount)
          return mixed * own.reshaped(to: [stack.headCount, 1])
        }
      }
      let losses = try batch.map { text in
        let logits = try model.run(
          ModelInput(text.tokens), intervening: changes
        ).logits[at: 0]
        return logits.slice(axis: 0, logits.shape[0] - 1..<logits.shape[0])
          .crossEntropy(targets: [text.label])
      }
      let loss = losses.dropFirst().reduce(losses[0], +) / Float(losses.count)
      optimiser.update(
        &learned, gradients: gradient(of: loss, withRespectTo: [scores]),
        rate: 0.1 * (1 - progress))
    }
    return learned.scores.values
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
    let silence = heads.map { Intervention.zeroHead($0.head, in: .blocks, layer: $0.layer) }
    var (lost, count) = (0.0, 0)
    for text in texts {
      func total(_ interventions: [Intervention]) throws -> Double {
        let logits = try model.run(
          ModelInput(text), intervening: interventions
        ).logits[at: 0]  // the row of a token predicts the next
        let rows = logits.slice(axis: 0, 0..<text.count - 1)
        let mean = rows.crossEntropy(targets: Array(text.dropFirst()))
        return Double(mean.scalar) * Double(text.count - 1)
      }
      lost += try total(silence) - total([])
      count += text.count - 1
    }
    return lost / Double(count)
  }

  // MARK: 2.12  In words

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

  // MARK: 2.13  In words

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

/// What an optimiser moves: a linear probe.
private struct Weights: Parameterized {
  var weight: Tensor
  var bias: Tensor

  mutating func visitParameters(_ body: (String, inout Tensor) -> Void) {
    body("weight", &weight)
    body("bias", &bias)
  }
}

/// What an optimiser moves: a prompt.
private struct Prompt: Parameterized {
  var prefix: Tensor

  mutating func visitParameters(_ body: (String, inout Tensor) -> Void) {
    body("prefix", &prefix)
  }
}

/// What an optimiser moves: how much each head wants to be kept.
private struct HeadScores: Parameterized {
  var scores: Tensor

  mutating func visitParameters(_ body: (String, inout Tensor) -> Void) {
    body("scores", &scores)
  }
}
