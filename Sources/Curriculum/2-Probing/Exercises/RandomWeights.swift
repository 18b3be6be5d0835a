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
    /// The classes of the test words.
    var labels: [Int]
    /// The classes most frequent in training and in test.
    var majorities: Set<Int>
    var testMajorities: Set<Int>
    /// What a probe at each layer of the model answers.
    var layers: [[Int]]
    var layer: Int
    /// The accuracies of probes on several untrained models.
    var untrained: [Double]
    var classes: Int
    /// What a right probe of the model answers, where it is known from how the classes were made.
    var told: [Int]?
  }

  /// 2.4: what the architecture alone gives, and what always saying one class gives.
  static let randomWeights = Exercise(
    "2.4", "Random weights", points: 3, difficulty: 3, importance: 4, minutes: 20,
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
      The majority class is the one most frequent among the *training* labels. Among the test words \
      another may lead; a baseline does not know that.
      """,
      """
      Your `wordVectors(of: sentence, pooling: .last, in: model)[at: words.layer]` of all sentences, \
      joined by `Tensor.concatenation(…, axis: 0)`, has a row for every word; take \
      `gathering(words.training)` and `gathering(words.test)`. Bring every column to mean 0 and \
      deviation 1 by the training words, the test words by the same numbers, and give them to your \
      `probe(on: LabelledVectors(vectors: …, labels: …, classes: words.classes), l2: 0.001)` of 2.2. \
      The classes it answers are the `argmax()` of `rows.matmul(transposing: probe.weight) + probe.bias`.
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

  private static func baselineJudge(_ key: BaselineKey) -> Judgement<BaselineAnswers> {
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

  /// The share of words on which two lists agree.
  static func agreement(_ a: [Int], _ b: [Int]) -> Double {
    Double(zip(a, b).count { $0 == $1 }) / Double(b.count)
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
    func leaders(_ places: [Int]) -> Set<Int> {
      let most = task.classes.indices.map { frequency($0, places) }.max()!
      return Set(task.classes.indices.filter { frequency($0, places) == most })
    }
    var (training, test): ([Int], [Int]) = ([], [])
    var draws = 0
    repeat {
      draws += 1
      let split = try TaskSplit(task, by: .sentence, using: &generator)
      training = split.training
      // The class that leads in training is made rare among the test words.
      let majority = leaders(training).min()!
      var kept = 0
      test = (split.development + split.test).filter { place in
        guard task.labels[place] == majority else { return true }
        kept += 1
        return kept % 4 == 0
      }
    } while test.count < fewestTestWords && draws < 40
    let told = test.map { task.labels[$0] }
    let exchanged = test.shuffled(using: &generator)
      .prefix(Int((share ?? 0) * Double(test.count)))
    for place in exchanged { task.labels[place] = 1 - task.labels[place] }
    var labels = [Int](repeating: 0, count: trained.layers[0].shape[0])
    for (row, label) in zip(task.rows, task.labels) { labels[row] = label }
    func answers(_ vectors: Tensor) throws -> [Int] {
      let probe = try Probe.training(
        on: vectors.gathering(training.map { task.rows[$0] }),
        labels: training.map { task.labels[$0] }, classes: task.classes.count
      ).probe
      return probe.predictions(vectors.gathering(test.map { task.rows[$0] }))
    }
    let question = SeededWords(
      words: ProbedWords(
        sentences: corpus.tokens, labels: labels, classes: task.classes.count, layer: layer,
        training: training.map { task.rows[$0] }, test: test.map { task.rows[$0] }),
      seed: seed)
    let classes = test.map { task.labels[$0] }
    let key = BaselineKey(
      labels: classes, majorities: leaders(training), testMajorities: leaders(test),
      layers: try trained.layers.map(answers), layer: layer,
      untrained: try untrained.map { agreement(try answers($0.layers[layer]), classes) },
      classes: task.classes.count, told: share.map { _ in told })
    return (question, key)
  }

  private static func verdict(on answer: BaselineAnswers, _ key: BaselineKey) -> Verdict {
    for (name, classes) in [("untrained", answer.untrained), ("trained", answer.trained)] {
      guard classes.count == key.labels.count else {
        return .invalid(
          "`\(name)` has \(classes.count) classes for \(key.labels.count) test words; give one for "
            + "each, in the order of `test`")
      }
    }
    let all = answer.untrained + answer.trained + [answer.majority]
    if let wrong = all.first(where: { !(0..<key.classes).contains($0) }) {
      return .invalid("the class \(wrong) is none of 0 to \(key.classes - 1)")
    }
    return .combining([
      majorityVerdict(answer.majority, key), untrainedVerdict(answer, key),
      trainedVerdict(answer, key),
    ])
  }

  private static func majorityVerdict(_ answer: Int, _ key: BaselineKey) -> Verdict {
    if key.majorities.contains(answer) { return .passed() }
    if key.testMajorities.contains(answer) {
      return .failed(
        "the majority class was taken from the test words: what is most frequent is learned in "
          + "training")
    }
    return .failed("another class is most frequent among the training words")
  }

  private static func untrainedVerdict(_ answer: BaselineAnswers, _ key: BaselineKey) -> Verdict {
    let (low, high) = (key.untrained.min()!, key.untrained.max()!)
    let count = key.labels.count
    let least = low - room(0.15, around: low, of: count, deviations: 2.5)
    let most = high + room(0.15, around: high, of: count, deviations: 2.5)
    if answer.untrained == answer.trained, Set(answer.trained).count > 1 {
      return .failed(
        "the untrained model answers exactly as the trained one does: it needs weights of its own")
    }
    let (found, other) = (
      agreement(answer.untrained, key.labels), agreement(answer.trained, key.labels)
    )
    if (least...most).contains(found) {
      return Set(answer.untrained).count > 1 || Set(key.labels).count == 1
        ? .passed()
        : .failed(
          "the untrained model's probe gives one class to all words: it has not been trained")
    }
    let own = key.layers[key.layer]
    if agreement(answer.untrained, own) > 0.95, (least...most).contains(other) {
      return .failed("the trained and the untrained model have changed places")
    }
    if found > most {
      return .failed(
        "the untrained model does too well: are its test words among those it was trained on?")
    }
    return .failed(
      "the untrained model does too badly: it needs a probe trained on its own vectors")
  }

  private static func trainedVerdict(_ answer: BaselineAnswers, _ key: BaselineKey) -> Verdict {
    let (trained, own) = (answer.trained, key.layers[key.layer])
    if Set(trained).count == 1, Set(own).count > 1 {
      return .failed(
        "the trained model's probe gives one class to all words: it has not been trained")
    }
    let (found, expected) = (agreement(trained, key.labels), agreement(own, key.labels))
    if let told = key.told {
      // What the probe is to read is planted, so answers can be held against it one by one.
      if agreement(trained, told) >= 1 - 1.5 * plantedRoom { return .passed() }
    } else {
      // Probes that are trained otherwise agree on most words; four of them may always fall otherwise,
      // for a share near 1 has hardly a deviation.
      let count = key.labels.count
      let room = room(
        max(0.08, 4.01 / Double(count)), around: expected, of: count, deviations: 2.5)
      if abs(found - expected) <= room { return .passed() }
    }
    let nearest = key.layers.indices.max {
      agreement(trained, key.layers[$0]) < agreement(trained, key.layers[$1])
    }!
    if nearest != key.layer, agreement(trained, key.layers[nearest]) > 0.9,
      agreement(trained, key.layers[nearest]) > agreement(trained, own) + 0.05
    {
      return .failed("the trained model is probed at another layer than \(key.layer)")
    }
    return .failed(
      found < expected
        ? "the probe on the trained model does worse than it could: is it trained to the end, and on "
          + "these words?"
        : "the probe on the trained model does better than it can")
  }
}
