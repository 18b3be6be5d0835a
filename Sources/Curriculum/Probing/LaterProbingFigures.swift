import Coursework
import Figures
import Interpretability
import Tensors
import Transformers

extension ProbingSheet {
  /// The pictures of 2.7 to 2.10, which show answers.
  static let laterAnswerFigures: [SheetFigure] = [
    genderFigure, flipsFigure, treesFigure, promptFigure,
  ]

  private static let genderFigure = SheetFigure(
    "8-gender.png", "French gender at the English noun and at its article, on unseen nouns",
    of: (any ProbingAnswers).self
  ) { answers, file in
    let corpus = try ProbedCorpus.figures.get()
    let layers = try corpus.representations().layers
    func accuracies(
      _ task: WordTask, lemmas: [String]
    ) throws -> (values: [Double], majority: Double) {
      let split = try answers.splitByLemma(lemmas, seed: 7)
      let places = split.training + split.test
      try requireCount(places.count, task.count, of: "split", for: "word")
      guard places.allSatisfy(lemmas.indices.contains), !split.test.isEmpty else {
        throw FigureError("your split has no test words, or places that are no word's")
      }
      let words = LayeredWords(
        layers: layers.map { $0.gathering(task.rows) }, labels: task.labels,
        classes: task.classes.count, lemmas: lemmas)
      let values = try answers.accuracies(of: words, split: split)
      try requireCount(values.count, layers.count, of: "list of accuracies", for: "layer")
      let masculine = split.test.count { task.labels[$0] == 0 }
      return (values, Double(masculine) / Double(split.test.count))
    }
    let nouns = try WordTask("gender", in: corpus.sentences) { $0.labels["word-class"] == "noun" }
    let articles = try WordTask("gender", in: corpus.sentences) { $0.text.lowercased() == "the" }
    let atNouns = try accuracies(nouns, lemmas: nouns.lemmas)
    let atArticles = try accuracies(articles, lemmas: articles.headLemmas)
    var plot = LinePlot(
      [.init("noun", atNouns.values), .init("its “the”", atArticles.values)],
      title: "The gender that English does not show", x: layerAxis(layers.count),
      y: Axis("accuracy on unseen nouns", range: 0...1))
    plot.reference = ("\(nouns.classes[0]), always", atArticles.majority)
    try plot.write(to: file)
  }

  private static let flipsFigure = SheetFigure(
    "9-flips.png", "how often a push towards the other gender changes the French article",
    of: (any ProbingAnswers).self
  ) { answers, file in
    let model = try translator().model
    var generator = SeededGenerator(seed: 11)
    let pool = try PushPool(ofEach: 24, using: &generator)
    let (masculine, feminine) = (pool.members(feminine: false), pool.members(feminine: true))
    // The direction comes from the first half of each gender, and pushes the second.
    func half(_ members: [PushPool.Member], first: Bool) -> [PushPool.Member] {
      let middle = members.count / 2
      return Array(first ? members[..<middle] : members[middle...])
    }
    let blocks = 0..<model.configuration.encoder!.layerCount
    func shares(
      isRandom: Bool = false, at position: (PushPool.Member) -> Int
    ) throws -> [Double] {
      try blocks.map { layer in
        var vector = try answers.direction(
          from: pool.vectors(of: half(masculine, first: true), afterBlock: layer, at: position),
          to: pool.vectors(of: half(feminine, first: true), afterBlock: layer, at: position))
        guard vector.shape == [model.configuration.width] else {
          throw FigureError("your direction has the shape \(vector.shape), and a vector is needed")
        }
        if isRandom {
          let noise = Tensor.randomNormal(vector.shape, using: &generator)
          vector = noise * ((vector * vector).sum() / (noise * noise).sum()).squareRoot()
        }
        var flips: [Bool] = []
        for (members, sign) in [(masculine, Float(1)), (feminine, -1)] {
          let sentences = half(members, first: false).map {
            PushedSentence(
              tokens: $0.words.tokens, positions: [position($0)], choices: pool.choices)
          }
          let found = try answers.flips(
            of: sentences, adding: vector * sign, afterBlock: layer, in: model)
          try requireCount(found.count, sentences.count, of: "list of flips", for: "sentence")
          flips += found
        }
        return Double(flips.count { $0 }) / Double(flips.count)
      }
    }
    try BarPlot(
      groups: blocks.map { "block \($0 + 1)" },
      [
        .init("at the noun", try shares { $0.noun }),
        .init("at “the”", try shares { $0.article }),
        .init("random, at the noun", try shares(isRandom: true) { $0.noun }),
      ], title: "Does the translation follow?", groupTitle: "pushed after",
      y: Axis("share of articles that change", range: 0...1)
    ).write(to: file)
  }

  private static let treesFigure = SheetFigure(
    "10-trees.png", "the tree of a sentence, and those in the vectors of two models",
    of: (any ProbingAnswers).self
  ) { answers, file in
    let corpus = try ProbedCorpus.figures.get()
    let model = try translator().model
    var generator = SeededGenerator(seed: 4)
    let untrained = Transformer(configuration: model.configuration, using: &generator)
    // The sentence shown is not trained on.
    let shown = corpus.sentences.indices.first { corpus.sentences[$0].words.count > 9 } ?? 0
    let places = corpus.sentences.indices.prefix(400).filter { $0 != shown }
    let plots = try [("block 2", model), ("block 2, untrained", untrained)].map { name, model in
      let representations = try model.representations(of: corpus.tokens, layers: [2])
      func example(_ place: Int) -> StructuralProbe.Example {
        .init(
          corpus.sentences[place],
          vectors: representations.layers[0].slice(
            axis: 0, representations.sentences[place]))
      }
      var settings = StructuralProbe.Settings()
      settings.rank = 32
      settings.maximumEpochs = 25
      let probe = try StructuralProbe.training(
        .distance, on: places.map(example), settings: settings
      ).probe
      let sentence = corpus.sentences[shown]
      let counted = sentence.words.indices.filter { !sentence.words[$0].isPunctuation }
      let squares = try answers.squaredDistances(
        between: example(shown).vectors.gathering(counted), under: probe.projection)
      guard squares.shape == [counted.count, counted.count] else {
        throw FigureError(
          "your squared distances have the shape \(squares.shape) and need a row and a column for "
            + "every word")
      }
      let edges = try answers.tree(from: squares)
      let heads = counted.map { word in
        sentence.words[word].head.flatMap { counted.firstIndex(of: $0) }
      }
      let score = try answers.attachmentScore(of: edges, heads: heads)
      let found = score.isFinite ? Int((100 * score).rounded()) : 0
      return TreeArcs(
        counted.map { sentence.words[$0].text },
        gold: heads.enumerated().compactMap { word, head in head.map { .init(word, $0) } },
        predicted: edges.map { .init($0.first, $0.second) }, title: "\(name): \(found) % found")
    }
    try FigureRow(plots).write(to: file)
  }
}
