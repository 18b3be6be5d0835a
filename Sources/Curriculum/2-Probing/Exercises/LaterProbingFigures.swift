import Coursework
import Figures
import Interpretability
import ProbingVocabulary
import SheetTools
import Tensors
import Transformers

extension ProbingSheet {
  /// The pictures of 2.7 to 2.9, which show answers.
  static let laterAnswerFigures: [SheetFigure] = [
    genderFigure, flipsFigure, treesFigure,
  ]

  private static let genderFigure = SheetFigure(
    "8-gender.png", "French gender at the English noun and at its article, on unseen nouns"
  ) { ask, file in
    let corpus = try ProbedCorpus.figures.get()
    let layers = try corpus.representations().layers
    func accuracies(
      _ task: WordTask, lemmas: [String]
    ) throws -> (values: [Double], majority: Double) {
      var question = LemmasAndWords(
        lemmas: lemmas, seed: 7,
        words: LayeredWords(layers: [], labels: [], classes: 0, lemmas: []),
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
        classes: task.classes.count, lemmas: lemmas)
      let values = try ask(ProbingAsks.accuracies, question)
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
    "9-flips.png", "how often a push towards the other gender changes the French article"
  ) { ask, file in
    let model = try SheetTranslator.translator().model
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
      let poles = try blocks.map { layer in
        SentencesToPush(
          negative: try pool.vectors(
            of: half(masculine, first: true), afterBlock: layer, at: position),
          positive: try pool.vectors(
            of: half(feminine, first: true), afterBlock: layer, at: position),
          sentences: [], vector: Tensor(scalar: 0), layer: layer)
      }
      let directions = try ask.all(ProbingAsks.direction, poles)
      var pushes: [SentencesToPush] = []
      for (pole, direction) in zip(poles, directions) {
        var vector = direction
        guard vector.shape == [model.configuration.width] else {
          throw FigureError("your direction has the shape \(vector.shape), and a vector is needed")
        }
        if isRandom {
          let noise = Tensor.randomNormal(vector.shape, using: &generator)
          vector = noise * ((vector * vector).sum() / (noise * noise).sum()).squareRoot()
        }
        for (members, sign) in [(masculine, Float(1)), (feminine, -1)] {
          let sentences = half(members, first: false).map {
            PushedSentence(
              tokens: $0.words.tokens, positions: [position($0)], choices: pool.choices)
          }
          var push = pole
          (push.sentences, push.vector) = (sentences, vector * sign)
          pushes.append(push)
        }
      }
      let flips = try ask.all(ProbingAsks.flips, pushes)
      for (found, push) in zip(flips, pushes) {
        try requireCount(found.count, push.sentences.count, of: "list of flips", for: "sentence")
      }
      return blocks.indices.map { block in
        let both = flips[2 * block] + flips[2 * block + 1]
        return Double(both.count { $0 }) / Double(both.count)
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
    "10-trees.png", "the tree of a sentence, and those in the vectors of two models"
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
