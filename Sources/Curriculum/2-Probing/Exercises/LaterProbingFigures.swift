import Coursework
import Figures
import Interpretability
import ProbingVocabulary
import SheetTools
import Tensors
import Transformers

extension ProbingSheet {
  /// The pictures from 2.7 on, which show answers.
  static let laterAnswerFigures: [SheetFigure] = [
    genderFigure, flipsFigure, doseFigure, treesFigure, promptFigure, headsFigure,
  ]

  private static let genderFigure = SheetFigure(
    "8-gender.png", "French gender at the English noun and at its article, on unseen nouns"
  ) { ask, file in
    let corpus = try ProbedCorpus.figures.get()
    let layers = try corpus.representations().layers
    func accuracies(
      _ task: WordTask, lemmas: [String]
    ) throws -> (values: [Estimate], majority: Double) {
      var question = LemmasAndWords(
        lemmas: lemmas, seed: 7,
        words: LayeredWords(layers: [], labels: [], classes: 0, lemmas: [], sentences: []),
        split: SplitPlaces(training: [], test: []))
      let split = try ask(ProbingAsks.splitByLemma, question)[0]
      let places = split.training + split.test
      try requireCount(places.count, task.count, of: "split", for: "word")
      guard places.allSatisfy(lemmas.indices.contains), !split.test.isEmpty else {
        throw FigureError("your split has no test words, or places that are no word's")
      }
      question.split = split
      question.words = LayeredWords(
        layers: layers.map { $0.gathering(task.rows) }, labels: task.labels,
        classes: task.classes.count, lemmas: lemmas, sentences: task.sentences)
      let values = try ask(ProbingAsks.accuracies, question)
      try requireCount(values.count, layers.count, of: "list of accuracies", for: "layer")
      let most = task.classes.indices.max { a, b in
        split.training.count { task.labels[$0] == a }
          < split.training.count { task.labels[$0] == b }
      }
      let right = split.test.count { task.labels[$0] == most }
      return (values, Double(right) / Double(split.test.count))
    }
    let nouns = try WordTask("gender", in: corpus.sentences) { $0.labels["word-class"] == "noun" }
    let articles = try WordTask("gender", in: corpus.sentences) { $0.text.lowercased() == "the" }
    let atNouns = try accuracies(nouns, lemmas: nouns.lemmas)
    let atArticles = try accuracies(articles, lemmas: articles.headLemmas)
    try LinePlot(
      [
        series("noun", atNouns.values), series("its “the”", atArticles.values),
        level("noun: majority class", atNouns.majority, layers: layers.count),
        level("“the”: majority class", atArticles.majority, layers: layers.count),
      ], title: "The gender that English does not show", x: layerAxis(layers.count),
      y: Axis("accuracy on unseen nouns", range: 0...1)
    ).write(to: file)
  }

  private static let flipsFigure = SheetFigure(
    "9-flips.png", "how often a push towards the other gender changes the French article"
  ) { ask, file in
    let pushes = try GenderPushes(ask)
    let blocks = 0..<pushes.blocks
    func bars(
      _ name: String, at place: GenderPushes.Place, isRandom: Bool = false
    ) throws -> BarPlot.Series {
      let shares = try pushes.shares(
        blocks.map { .init(block: $0, place: place, isRandom: isRandom, dose: 1) })
      return BarPlot.Series(
        name, shares.map(\.value),
        interval: Interval(lower: shares.map(\.lower), upper: shares.map(\.upper)))
    }
    var plot = BarPlot(
      groups: blocks.map { "block \($0 + 1)" },
      [
        try bars("at the noun", at: .noun), try bars("at “the”", at: .article),
        try bars("random, at the noun", at: .noun, isRandom: true),
      ], title: "Does the translation follow?", groupTitle: "pushed after",
      y: Axis("share of articles that change", range: 0...1))
    plot.marksZeros = true
    try plot.write(to: file)
  }

  private static let doseFigure = SheetFigure(
    "10-dose.png", "how the share of changed articles grows with the length of the push"
  ) { ask, file in
    let pushes = try GenderPushes(ask)
    let doses: [Float] = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4]
    func line(
      _ name: String, after block: Int, at place: GenderPushes.Place, isRandom: Bool = false
    ) throws -> LinePlot.Series {
      let shares = try pushes.shares(
        doses.map { .init(block: block, place: place, isRandom: isRandom, dose: $0) })
      return LinePlot.Series(
        name, x: doses.map(Double.init), y: shares.map(\.value),
        interval: Interval(lower: shares.map(\.lower), upper: shares.map(\.upper)))
    }
    try LinePlot(
      [
        try line("noun, after block 1", after: 0, at: .noun),
        try line("noun, after block 3", after: pushes.blocks - 1, at: .noun),
        try line("“the”, after block 2", after: 1, at: .article),
        try line("noun, after block 1, random", after: 0, at: .noun, isRandom: true),
      ], title: "How far does one have to push?",
      x: Axis("length of the push", unit: "distances of the means"),
      y: Axis("share of articles that change", range: 0...1)
    ).write(to: file)
  }

  private static let treesFigure = SheetFigure(
    "11-trees.png", "the tree of a sentence, and those in the vectors of two models"
  ) { ask, file in
    let corpus = try ProbedCorpus.figures.get()
    let model = try SheetTranslator.translator().model
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
      var question = TreeSentence(
        vectors: example(shown).vectors.gathering(counted), projection: probe.projection,
        distances: Tensor(scalar: 0), predicted: [], heads: [])
      let squares = try ask(ProbingAsks.squaredDistances, question)
      guard squares.shape == [counted.count, counted.count] else {
        throw FigureError(
          "your squared distances have the shape \(squares.shape) and need a row and a column for "
            + "every word")
      }
      question.distances = squares
      let edges = try ask(ProbingAsks.tree, question)
      let heads = counted.map { word in
        sentence.words[word].head.flatMap { counted.firstIndex(of: $0) }
      }
      (question.predicted, question.heads) = (edges, heads)
      let score = try ask(ProbingAsks.attachmentScore, question)
      let found = score.isFinite ? Int((100 * score).rounded()) : 0
      return TreeArcs(
        counted.map { sentence.words[$0].text },
        gold: heads.enumerated().compactMap { word, head in head.map { .init(word, $0) } },
        predicted: edges.map { .init($0.first, $0.second) }, title: "\(name): \(found) % found")
    }
    try FigureRow(plots).write(to: file)
  }
}
