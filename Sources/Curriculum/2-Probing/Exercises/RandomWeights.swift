import Coursework
import Interpretability
import Laboratory
import ProbingVocabulary
import SheetTools
import Tensors
import Transformers

extension ProbingSheet {
  /// What the right answers are, and what the usual mistakes would give.
  struct BaselineKey {
    var majority: Double
    /// The accuracy of a probe at each layer of the model.
    var layers: [Double]
    var layer: Int
    /// The accuracies of probes on several untrained models, and of one on its own training words.
    var untrained: [Double]
    var onTraining: Double
    var classes: Int
    var testMajority: Double
    var trainingMajority: Double
    var testCount: Int
    /// What a right probe of the model gets, where it is known from how the classes were made.
    var exact: Double?
  }

  /// 2.4: what the architecture alone gives, and what always saying one class gives.
  static let randomWeights = Exercise(
    "2.4", "Random weights", points: 4, difficulty: 3, importance: 4, minutes: 25,
    hints: [
      """
      What would your probe get if the model had learned nothing at all? You can build such a model: \
      the same shape, other weights.
      """,
      """
      `Transformer(configuration: model.configuration, using: &generator)` is untrained. Both models \
      get a probe of their own, trained on their own vectors of the training words; both are measured \
      on the test words.
      """,
      """
      The majority class is the one most frequent among the *training* labels; its accuracy is the \
      share of *test* words that have it. It may well be another class that leads there.
      """,
      """
      Your `wordVectors(of: sentence, pooling: .last, in: model)[at: words.layer]` of all sentences, \
      joined by `Tensor.concatenation(…, axis: 0)`, has a row for every word; take \
      `gathering(words.training)` and `gathering(words.test)`. Bring every column to mean 0 and \
      deviation 1 by the training words, so that one rate fits both models, and train a probe as in 2.2.
      """,
    ],
    interpretation: """
      An untrained encoder is far above the majority class: its vectors are random, but each word's is \
      its own, and each word mostly has one class. Only what the trained model gets beyond that was \
      learned. For the gender at an article, where the word itself says nothing, nothing is left for \
      random weights.
      """,
    cases: { generator in
      let corpus = try ProbedCorpus(count: 150, using: &generator)
      let model = try SheetTranslator.translator().model
      let trained = try corpus.representations()
      let words = try WordTask("word-class", in: corpus.sentences)
      let articles = try WordTask("gender", in: corpus.sentences) {
        $0.labels["word-class"] == "determiner"
      }
      let untrained = try (0..<3).map { _ in
        try corpus.representations(
          of: Transformer(configuration: model.configuration, using: &generator))
      }
      let found = try [
        ("the class of every word", words, 2), ("the gender of articles", articles, 3),
      ]
      .map { name, task, layer in
        let (question, key) = try baselineCase(
          task, at: layer, corpus, trained, untrained, using: &generator)
        return Case(name, question: question, key: key)
      }
      // Layers tell words apart alike: these classes tell layers apart.
      let planted = try [
        ("a class that the embedding decides", 0, 1), ("a class that layer 2 decides", 2, 1),
      ]
      .map { name, layer, other in
        let (question, key) = try plantedCase(
          words, at: layer, unlike: other, corpus, trained, untrained, using: &generator)
        return Case(name, question: question, key: key)
      }
      return found + planted
    },
    parts: [Part(ProbingAsks.baselines, judge: baselineJudge)])

  private static func baselineJudge(_ key: BaselineKey) -> Judgement<Baselines> {
    Judgement { verdict(on: $0, key) }
  }

  /// Of fewer words, two or three decide whether an accuracy is near another.
  private static let fewestTestWords = 30

  /// How far two right accuracies on the same words may lie apart: a fixed share, or where words are
  /// few `deviations` standard deviations of a binomial share.
  static func room(
    _ least: Double, around share: Double, of words: Int, deviations: Double
  ) -> Double {
    // All words right, or none, is an estimate too: that of one word less or more.
    let share = min(max(share, 1 / Double(words)), 1 - 1 / Double(words))
    return max(least, deviations * (share * (1 - share) / Double(words)).squareRoot())
  }

  /// A question and what is known of it.
  ///
  /// - Parameter share: How many of the test words get the other of two classes, of one each.
  static func baselineCase(
    _ task: WordTask, at layer: Int, _ corpus: ProbedCorpus, _ trained: Representations,
    _ untrained: [Representations], exchanging share: Double? = nil,
    using generator: inout SeededGenerator
  ) throws -> (SeededWords, BaselineKey) {
    let seed = generator.next() >> 1
    var task = task
    func frequency(_ label: Int, _ places: [Int]) -> Double {
      Double(places.count { task.labels[$0] == label }) / Double(places.count)
    }
    var (training, test): ([Int], [Int]) = ([], [])
    var majority = 0
    var draws = 0
    repeat {
      draws += 1
      let split = try TaskSplit(task, by: .sentence, using: &generator)
      training = split.training
      // The class that leads in training is made rare among the test words.
      majority = task.classes.indices.max { frequency($0, training) < frequency($1, training) }!
      var kept = 0
      test = (split.development + split.test).filter { place in
        guard task.labels[place] == majority else { return true }
        kept += 1
        return kept % 4 == 0
      }
    } while test.count < fewestTestWords && draws < 40
    let exchanged = test.shuffled(using: &generator)
      .prefix(Int((share ?? 0) * Double(test.count)))
    for place in exchanged { task.labels[place] = 1 - task.labels[place] }
    var labels = [Int](repeating: 0, count: trained.layers[0].shape[0])
    for (row, label) in zip(task.rows, task.labels) { labels[row] = label }
    func accuracy(_ vectors: Tensor, on places: [Int]) throws -> Double {
      let probe = try Probe.training(
        on: vectors.gathering(training.map { task.rows[$0] }),
        labels: training.map { task.labels[$0] }, classes: task.classes.count
      ).probe
      let predictions = probe.predictions(vectors.gathering(places.map { task.rows[$0] }))
      return Double(zip(predictions, places).count { $0 == task.labels[$1] })
        / Double(places.count)
    }
    let question = SeededWords(
      words: ProbedWords(
        sentences: corpus.tokens, labels: labels, classes: task.classes.count, layer: layer,
        training: training.map { task.rows[$0] }, test: test.map { task.rows[$0] }),
      seed: seed)
    let key = BaselineKey(
      majority: frequency(majority, test),
      layers: try trained.layers.map { try accuracy($0, on: test) }, layer: layer,
      untrained: try untrained.map { try accuracy($0.layers[layer], on: test) },
      onTraining: try accuracy(untrained[0].layers[layer], on: training),
      classes: task.classes.count,
      testMajority: task.classes.indices.map { frequency($0, test) }.max()!,
      trainingMajority: frequency(majority, training), testCount: test.count,
      exact: share.map { _ in 1 - Double(exchanged.count) / Double(test.count) })
    return (question, key)
  }

  private static func verdict(on answer: Baselines, _ key: BaselineKey) -> Verdict {
    let values = [answer.majority, answer.untrained, answer.trained]
    guard values.allSatisfy({ $0.isFinite && (0...1).contains($0) }) else {
      return .invalid("an accuracy is a share between 0 and 1")
    }
    return .combining([
      majorityVerdict(answer.majority, key), untrainedVerdict(answer, key),
      trainedVerdict(answer.trained, key),
    ])
  }

  private static func majorityVerdict(_ answer: Double, _ key: BaselineKey) -> Verdict {
    func equals(_ value: Double) -> Bool { abs(answer - value) < 1e-5 }
    if equals(key.majority) { return .passed() }
    if equals(key.testMajority) {
      return .failed(
        "the majority class was taken from the test words: what is most frequent is learned in "
          + "training")
    }
    if equals(key.trainingMajority) {
      return .failed("the majority class is measured on the training words, not on the test words")
    }
    if equals(1 / Double(key.classes)) {
      return .failed("one over the number of classes is chance; the majority class does better")
    }
    return .failed("the accuracy of the majority class is wrong")
  }

  private static func untrainedVerdict(_ answer: Baselines, _ key: BaselineKey) -> Verdict {
    let (low, high) = (key.untrained.min()!, key.untrained.max()!)
    let least = low - room(0.15, around: low, of: key.testCount, deviations: 2.5)
    let most = high + room(0.15, around: high, of: key.testCount, deviations: 2.5)
    let own = key.layers[key.layer]
    if (least...most).contains(answer.untrained) { return .passed() }
    if answer.untrained == answer.trained {
      return .failed(
        "the untrained model gets exactly what the trained one gets: it needs weights of its own")
    }
    if abs(answer.untrained - own) < 0.03, (least...most).contains(answer.trained) {
      return .failed("the trained and the untrained model have changed places")
    }
    if answer.untrained > most {
      return .failed(
        "the untrained model does too well: are its test words among those it was trained on?")
    }
    return .failed(
      "the untrained model does too badly: it needs a probe trained on its own vectors")
  }

  private static func trainedVerdict(_ answer: Double, _ key: BaselineKey) -> Verdict {
    let own = key.exact ?? key.layers[key.layer]
    // Probes that are trained otherwise agree on most words; four of them may always fall otherwise,
    // for a share near 1 has hardly a deviation.
    let room =
      key.exact == nil
      ? room(
        max(0.08, 4.01 / Double(key.testCount)), around: own, of: key.testCount, deviations: 2.5)
      : plantedRoom
    if abs(answer - own) <= room { return .passed() }
    for (layer, accuracy) in key.layers.enumerated()
    where layer != key.layer && abs(answer - accuracy) < 0.02 {
      return .failed("the trained model is probed at another layer than \(key.layer)")
    }
    return .failed(
      answer < own
        ? "the probe on the trained model does worse than it could: train it longer"
        : "the probe on the trained model does better than it can")
  }
}
