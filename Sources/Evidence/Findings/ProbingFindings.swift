import Interpretability
import Laboratory
import Tensors
import Transformers

extension Finding {
  static let probingFindings = [selectivity, untrainedWeights]

  /// Linear probes against probes that can learn by heart.
  private static let selectivity = Finding(
    name: "probe-selectivity", title: "Linear probes are more selective than deeper ones", sheet: 2,
    paper: Paper(
      "Hewitt and Liang", "Designing and Interpreting Probes with Control Tasks", 2019,
      "arXiv:1909.03368"),
    published: [
      PublishedFigure(
        "popular MLP probes of word classes are not selective, linear ones are more so", of: "ELMo")
    ],
    measured:
      "Word classes of 600 sentences, at the layer that development words choose: accuracy less "
      + "that on a control task in which every word type has a class at random, of a linear probe and of "
      + "one with 64 hidden units.",
    rule: Rule(
      .above(0, "linear less MLP, selectivity"), .above(0.1, "selectivity of the linear probe")),
    version: 1, asks: [.translator, .other], needs: "running English"
  ) { subject in
    let (sentences, words) = try subject.annotated(600)
    let task = try WordTask("word-class", in: sentences)
    var generator = SeededGenerator(seed: 2)
    let control = task.control(using: &generator)
    let split = try TaskSplit(task, by: .sentence, using: &generator)
    let layers = try subject.model.representations(of: words, layers: subject.probedLayers).layers
    func right(_ layer: Int, _ labels: [Int], _ kind: Probe.Kind, test: Bool) throws -> [Double] {
      try subject.check()
      return try probeHits(
        layers[layer], task, labels: labels, split, kind: kind, onTest: test)
    }
    let best = try layers.indices.map {
      try right($0, task.labels, .linear, test: false).mean
    }.greatest
    let groups = split.test.map { task.sentences[$0] }
    let selective = try [Probe.Kind.linear, .mlp(hidden: 64)].map { kind in
      zip(
        try right(best, task.labels, kind, test: true),
        try right(best, control.labels, kind, test: true)
      ).map(-)
    }
    return [
      try .mean(
        "accuracy of the linear probe", of: right(best, task.labels, .linear, test: true),
        groups: groups, "sentences"),
      try .mean("selectivity of the linear probe", of: selective[0], groups: groups, "sentences"),
      try .mean("selectivity of the MLP probe", of: selective[1], groups: groups, "sentences"),
      try .difference(
        "linear less MLP, selectivity", selective[0], selective[1], groups: groups, "sentences"),
    ]
  }

  /// What an untrained model holds.
  private static let untrainedWeights = Finding(
    name: "untrained-baseline", title: "Random weights hold words, not what words mean", sheet: 2,
    paper: Paper(
      "Zhang and Bowman",
      "Language Modeling Teaches You More Syntax than Translation Does: Lessons Learned Through "
        + "Auxiliary Task Analysis", 2018, "arXiv:1809.10040"),
    published: [
      PublishedFigure(
        "probes of randomly initialised encoders do well where words can be learned by heart, and fall "
          + "behind trained ones with fewer training words", of: "LSTM encoders")
    ],
    measured:
      "The gender that nouns have in French, nouns of lemmas that the probe has not met: linear "
      + "probes after the first block of the translator and of one with random weights, drawn by lemma.",
    rule: Rule(.above(0.2, "trained less random weights")), version: 1, asks: [.translator],
    needs: "a model that translates into French"
  ) { subject in
    let (sentences, words) = try subject.annotated(1_000)
    let task = try WordTask("gender", in: sentences) { $0.labels["word-class"] == "noun" }
    var generator = SeededGenerator(seed: 3)
    let split = try TaskSplit(task, by: .lemma, using: &generator)
    let lemmas = Dictionary(
      Set(task.lemmas).sorted().enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
    let groups = split.test.map { lemmas[task.lemmas[$0]]! }
    let right = try [subject.model, subject.untrained()].map { model in
      try subject.check()
      let features = try model.representations(of: words, layers: [0, 1]).layers
      return try features.map {
        try probeHits($0, task, labels: task.labels, split, kind: .linear, onTest: true)
      }
    }
    return [
      try .mean("trained, after the first block", of: right[0][1], groups: groups, "lemmas"),
      try .mean(
        "random weights, after the first block", of: right[1][1], groups: groups, "lemmas"),
      try .mean("random weights, embedding", of: right[1][0], groups: groups, "lemmas"),
      try .difference(
        "trained less random weights", right[0][1], right[1][1], groups: groups, "lemmas"),
    ]
  }
}

/// Whether a probe is right on the test words, or the development words: 1 for right.
private func probeHits(
  _ features: Tensor, _ task: WordTask, labels: [Int], _ split: TaskSplit, kind: Probe.Kind,
  onTest: Bool
) throws -> [Double] {
  func part(_ places: [Int]) -> (features: Tensor, labels: [Int]) {
    (features.gathering(places.map { task.rows[$0] }), places.map { labels[$0] })
  }
  var settings = ProbeSettings()
  settings.kind = kind
  let training = part(split.training)
  let probe = try Probe.training(
    on: training.features, labels: training.labels, classes: task.classes.count,
    development: part(split.development), settings: settings
  ).probe
  let asked = part(onTest ? split.test : split.development)
  return zip(probe.predictions(asked.features), asked.labels).map { $0 == $1 ? 1 : 0 }
}

extension MeasuredModel {
  /// Sentences of the translator's English with what is known of their words, as the model reads them.
  func annotated(_ count: Int) throws -> ([AnnotatedSentence], [WordTokens]) {
    var generator = SeededGenerator(seed: 31)
    let pairs = TranslatorCorpus.pairs(.sameDistribution, count: count, using: &generator)
    let sentences = pairs.map { $0.annotated(withInstruction: kind == .translator) }
    return (sentences, try sentences.map { try WordTokens($0, tokenizer: tokenizer) })
  }

  /// Layers that are probed: all of a small model, five of a deep one.
  var probedLayers: [Int] {
    let last = configuration.stacks[0].stack.layerCount
    return last <= 6 ? Array(0...last) : (0...4).map { $0 * last / 4 }
  }
}
