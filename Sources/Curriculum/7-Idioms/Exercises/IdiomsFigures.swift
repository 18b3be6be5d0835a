import Coursework
import Figures
import Foundation
import IdiomsVocabulary
import Laboratory
import Models
import SheetTools
import Tensors
import Transformers

extension IdiomsSheet {
  /// The pictures of the sheet, in the order of its text; all show answers.
  static let figures: [SheetFigure] = [
    componentsFigure, mapsFigure, scatterFigure, attributionFigure, interplayFigure,
    exchangeFigure, similarityFigure, ablationFigure,
  ]

  /// So many idioms, each in its situation: every fourth of them all, so that all lengths come.
  private static func sentences(_ kind: SpanKind, _ count: Int) -> [IdiomSentence] {
    let step = phrases.count / count
    return (0..<count).map {
      idiomText(phrases[$0 * step], kind, name: names[$0 % names.count])
    }
  }

  private static let layers = (0..<6).map { "\($0)" }
  private static let headNames = (0..<6).flatMap { layer in (0..<4).map { "L\(layer)H\($0)" } }

  /// Every head of a model on a sentence, layer by layer.
  private static func heads(
    on sentence: IdiomSentence, of spec: IdiomsModel
  ) throws -> [HeadOnSentence] {
    let model = try spec.made()
    let stack = model.configuration.stacks[0].stack
    let trace = try model.run(
      ModelInput(sentence.tokens),
      capturing: .points(
        Set(
          (0..<stack.layerCount).flatMap {
            [.pattern(.blocks, $0), .block(.blocks, $0, .attention(.own, .result))]
          }))
    ).trace
    return try (0..<stack.layerCount).flatMap { layer in
      let pattern = try trace[.pattern(.blocks, layer)][at: 0]
      let result = try trace[.block(.blocks, layer, .attention(.own, .result))][at: 0]
      return (0..<stack.headCount).map { head in
        HeadOnSentence(
          pattern: pattern[at: head],
          result: result.slice(axis: 1, head..<(head + 1)).reshaped(
            to: [result.shape[0], result.shape[2]]), span: sentence.span)
      }
    }
  }

  /// Your score of every head on sentences, `[sentence][head]`.
  private static func scores(
    _ ask: Asking, _ sentences: [IdiomSentence], of spec: IdiomsModel = .reader
  ) throws -> [[ScoreParts]] {
    let questions = try sentences.map { try heads(on: $0, of: spec) }
    let answers = try ask.all(IdiomsAsks.idiomScore, questions.flatMap { $0 })
    let count = questions[0].count
    return stride(from: 0, to: answers.count, by: count).map { Array(answers[$0..<($0 + count)]) }
  }

  private static func means(_ scores: [[ScoreParts]], _ part: (ScoreParts) -> Double) -> [Double] {
    scores[0].indices.map { head in
      scores.reduce(0) { $0 + part($1[head]) } / Double(scores.count)
    }
  }

  /// Your attribution of every head, over tokens of spans.
  private static func attributions(
    _ ask: Asking, _ sentences: [IdiomSentence], of spec: IdiomsModel = .reader
  ) throws -> [Double] {
    let model = try spec.made()
    let answers = try ask.all(
      IdiomsAsks.attribution,
      sentences.map { sentence in
        let run = try model.run(
          ModelInput(sentence.tokens),
          capturing: .points([.finalNorm(.blocks, .scale)]))
        let parts = try heads(on: sentence, of: spec).map(\.result)
        // Only the rows of the sentence's own tokens.
        let used = Set(sentence.tokens).sorted()
        let weight = (model.unembedding ?? model.embedding).gathering(used)
        let norm = model.stacks[0].finalNorm!.weight
        return LogitParts(
          parts: .stack(parts),
          scales: try run.trace[.finalNorm(.blocks, .scale)].reshaped(to: [sentence.tokens.count]),
          unembedding: weight * norm, tokens: sentence.tokens.map { used.firstIndex(of: $0)! },
          span: sentence.span)
      })
    let count = places(of: model).count
    guard answers.allSatisfy({ $0.shape == [count, 2] }) else {
      throw FigureError("The answer to 7.5 has the shape \(answers[0].shape), not [part, 2].")
    }
    return (0..<count).map { head in
      answers.reduce(0) { $0 + Double($1[head, 0]) } / Double(answers.count)
    }
  }

  /// All heads of a model, layer by layer.
  private static func places(of model: Transformer) -> [HeadPlace] {
    let stack = model.configuration.stacks[0].stack
    return (0..<stack.layerCount).flatMap { layer in
      (0..<stack.headCount).map { HeadPlace(layer: layer, head: $0) }
    }
  }

  /// What zeroing each head costs by your 7.6, in nats.
  private static func costs(
    _ ask: Asking, _ sentences: [IdiomSentence], of spec: IdiomsModel = .reader
  ) throws -> [Double] {
    try ask.all(
      IdiomsAsks.cost,
      places(of: try spec.made()).map {
        HeadQuestion(
          model: spec, heads: [$0], kind: .zero, sentences: sentences.map(\.tokens))
      }
    ).map(\.loss)
  }

  private static func map(_ values: [Double]) -> Tensor {
    Tensor(values.map(Float.init), shape: [6, 4])
  }

  private static let componentsFigure = SheetFigure(
    "1-components.png", "the five components of the idiom score, head by head"
  ) { ask, file in
    let scores = try scores(ask, sentences(.formal, 6))
    let parts: [(String, (ScoreParts) -> Double)] = [
      ("mean", { $0.mean }), ("deviation", { $0.deviation }), ("greatest", { $0.greatest }),
      ("phrase", { $0.phrase }), ("result", { $0.result }), ("score", { $0.score }),
    ]
    var plot = HeatMap(
      Tensor(rows: parts.map { means(scores, $0.1).map(Float.init) }), rows: parts.map(\.0),
      columns: headNames, title: "What the idiom score is made of")
    plot.columnTitle = "head"
    plot.valueTitle = "mean over sentences"
    plot.scale = .diverging
    try plot.write(to: file)
  }

  private static let mapsFigure = SheetFigure(
    "2-score-maps.png", "attention, attribution and ablation: every head by three measures"
  ) { ask, file in
    let sentences = sentences(.formal, 6)
    func plot(_ title: String, _ unit: String, _ values: [Double], _ scale: ColourScale) -> HeatMap
    {
      var plot = HeatMap(map(values), rows: layers, title: title)
      (plot.rowTitle, plot.columnTitle, plot.valueTitle) = ("layer", "head", unit)
      plot.scale = scale
      plot.annotationDecimals = 2
      return plot
    }
    let scores = means(try scores(ask, sentences), \.score)
    try FigureRow([
      plot("Idiom score", "score", scores, .sequential),
      plot("Attribution in the span", "logit", try attributions(ask, sentences), .diverging),
      plot("Cost of zeroing", "loss in nats", try costs(ask, sentences), .diverging),
    ]).write(to: file)
  }

  private static let scatterFigure = SheetFigure(
    "3-formal-literal.png", "the same score on idioms and on literal uses that begin alike"
  ) { ask, file in
    let own = means(try scores(ask, sentences(.formal, 6)), \.score)
    let other = means(try scores(ask, sentences(.literal, 6)), \.score)
    var plot = ScatterPlot(
      [
        .init(
          "a head",
          // The crowd at the lower end has no room for names.
          zip(zip(own, other), headNames).map {
            .init($0.0, $0.1, label: $0.0 > 0.24 ? $1 : nil)
          })
      ],
      title: "Does the score know an idiom?", x: "score on idioms", y: "score on literal uses")
    plot.fitsLine = true
    try plot.write(to: file)
  }

  private static let attributionFigure = SheetFigure(
    "4-attribution-attention.png", "what a head writes against how it attends"
  ) { ask, file in
    let sentences = sentences(.formal, 6)
    let own = means(try scores(ask, sentences), \.score)
    let written = try attributions(ask, sentences)
    var plot = ScatterPlot(
      [.init("a head", zip(zip(own, written), headNames).map { .init($0.0, $0.1, label: $1) })],
      title: "Do those who attend also write?", x: "idiom score", y: "attribution in the span")
    plot.fitsLine = true
    try plot.write(to: file)
  }

  private static let interplayFigure = SheetFigure(
    "5-interplay.png", "what pairs of heads cost beyond what each costs alone"
  ) { ask, file in
    // The heads that any list of the text has.
    let heads = [(0, 0), (0, 3), (1, 3), (2, 1), (3, 2), (4, 2), (5, 0)]
    let matrix = try ask(
      IdiomsAsks.interplay,
      HeadQuestion(
        model: .reader, heads: heads.map { HeadPlace(layer: $0.0, head: $0.1) },
        sentences: sentences(.formal, 6).map(\.tokens)))
    let labels = heads.map { "L\($0.0)H\($0.1)" }
    var plot = HeatMap(
      matrix, rows: labels, columns: labels, title: "Together less one by one")
    plot.scale = .diverging
    plot.annotationDecimals = 2
    plot.valueTitle = "growth of the loss in nats"
    try plot.write(to: file)
  }

  /// An idiom and the beginning of its explanation, “she kicked the bucket , that is , she”.
  ///
  /// What follows is the meaning, at the end of what is marked.
  private static func explained(_ idiom: ReaderIdiom, _ kind: SpanKind) -> IdiomSentence {
    var sentence = idiomText(idiom, kind, name: "Anna")
    let word = idiom.isAboutThings ? "it" : "she"
    sentence.tokens.removeLast()
    sentence.tokens += ReaderVocabulary.encode([",", "that", "is", ",", word]).dropFirst()
    sentence.span = Array(sentence.span[0]..<sentence.tokens.count)
    sentence.lastWord = [sentence.tokens.count - 1]
    return sentence
  }

  private static let exchangeFigure = SheetFigure(
    "6-exchanged-states.png", "how much another reading's state changes what follows, by layer"
  ) { ask, file in
    let chosen = stride(from: 0, to: 40, by: 5).map { (phrases[$0], phrases[$0 + 3]) }
    func curve(_ donor: (ReaderIdiom, ReaderIdiom) -> IdiomSentence) throws -> [Double] {
      let answers = try ask.all(
        IdiomsAsks.exchangedStates,
        chosen.map { idiom, other in
          let own = explained(idiom, .formal)
          return SentencesOfModel(model: .reader, sentences: [own, own, donor(idiom, other)])
        })
      try answers.forEach { try requireCount($0.count, 7, of: "7.9", for: "layer") }
      return (0..<7).map { layer in
        answers.reduce(0) { $0 + $1[layer] } / Double(answers.count)
      }
    }
    var plot = LinePlot(
      [
        .init("from another idiom", try curve { explained($1, .formal) }),
        .init("from the literal use", try curve { own, _ in explained(own, .literal) }),
      ], title: "“… , that is , she”: another reading's state",
      x: Axis("layer", labels: (0..<7).map { "\($0)" }), y: "KL(own ‖ exchanged) in nats")
    plot.plotSize.width = 220
    try plot.write(to: file)
  }

  private static let similarityFigure = SheetFigure(
    "7-similarity.png", "how alike patterns are in pairs of one kind, and in random pairs"
  ) { ask, file in
    let model = try IdiomsModel.reader.made()
    // Sentences of one length, half of them with an idiom; no two begin alike.
    let chosen = phrases.filter { idiom in
      [SpanKind.formal, .literal].allSatisfy {
        idiomText(idiom, $0, name: "Anna").tokens.count == 13
      }
    }
    let count = min(chosen.count / 2, 6)
    let texts = (0..<(2 * count)).map { index in
      idiomText(chosen[index], index < count ? .formal : .literal, name: "Anna")
    }
    let kinds = texts.indices.map { $0 < count ? 0 : 1 }
    let patterns = try texts.map { text in
      let trace = try model.run(ModelInput(text.tokens), capturing: .matching("*hook_pattern"))
        .trace
      return Tensor.concatenation(
        try (0..<6).map { try trace[.pattern(.blocks, $0)][at: 0] }, axis: 0)
    }
    let points = Tensor.stack(patterns.map { $0.reshaped(to: [$0.count]) })
    let question = KindsOfPatterns(
      patterns: patterns.map(rounded), kinds: kinds, points: rounded(points), clusters: kinds)
    let likeness = try ask(IdiomsAsks.likeness, question)
    let silhouettes = try ask(IdiomsAsks.silhouettes, question)
    guard likeness.shape == [24, 2] else {
      throw FigureError("The answer to 7.10 has the shape \(likeness.shape), not [head, 2].")
    }
    try requireCount(silhouettes.count, texts.count, of: "silhouettes", for: "sentence")
    let rows = points.doubleRows
    let mean = silhouettes.reduce(0, +) / Double(silhouettes.count)
    let labels = texts.map { words([$0.tokens[$0.lastWord[0]]])[0] }
    var matrix = HeatMap(
      Tensor(rows: rows.map { a in rows.map { Float(DoubleCorrelation.cosine(a, $0)) } }),
      rows: labels,
      columns: labels,
      title: "All heads: mean silhouette \(mean < 0 ? "−" : "")"
        + String(format: "%.2f", abs(mean)))
    matrix.rowTitle = "\(count) idioms, then \(count) literal uses"
    matrix.valueTitle = "cosine"
    var heads = ScatterPlot(
      [
        .init(
          "a head",
          (0..<24).map {
            let (alike, random) = (Double(likeness[$0, 0]), Double(likeness[$0, 1]))
            return .init(random, alike, label: random < 0.8 ? headNames[$0] : nil)
          })
      ], title: "Head by head", x: "cosine of random pairs", y: "cosine of pairs of one kind")
    heads.plotSize = FigureSize(width: 200, height: 200)
    try FigureRow([matrix, heads], columns: 1).write(to: file)
  }

  /// Fewer digits, so that a question stays short.
  private static func rounded(_ tensor: Tensor) -> Tensor {
    Tensor(tensor.values.map { ($0 * 10_000).rounded() / 10_000 }, shape: tensor.shape)
  }

  private static let ablationFigure = SheetFigure(
    "8-ablation-curves.png", "accuracy as heads are taken away in the order of three scores"
  ) { ask, file in
    let sentences = sentences(.formal, 4)
    let counts = [0, 1, 2, 3, 5, 8]
    // Other idioms than those that the heads were chosen by.
    let fresh = (0..<6).map { idiomText(phrases[$0 * 6 + 2], .formal, name: "Paul").tokens }
    func plot(_ model: EmbeddedModel) throws -> LinePlot {
      let spec = IdiomsModel(named: model.name)
      let shape = try spec.made().configuration.stacks[0].stack
      let orders = [
        ("by attention", means(try scores(ask, sentences, of: spec), \.score)),
        ("by attribution", try attributions(ask, sentences, of: spec)),
        ("by cost alone", try costs(ask, sentences, of: spec)),
      ]
      let lines = try orders.map { name, scores in
        let table = Tensor(scores.map(Float.init), shape: [shape.layerCount, shape.headCount])
        let answers = try ask.all(
          IdiomsAsks.quality,
          counts.map {
            ForecastQuestion(
              score: [], effect: [], count: $0, scores: table, sentences: fresh, model: spec)
          })
        return LinePlot.Series(name, x: counts.map(Double.init), y: answers.map(\.accuracy))
      }
      var plot = LinePlot(
        lines, title: model.name, x: "heads taken away", y: Axis("accuracy", range: 0...1))
      plot.plotSize.width = 150
      return plot
    }
    try FigureRow(
      [.reader, .earlyReader, .otherReader, .wideReader].map(plot),
      title: "Which score finds the heads that are needed?", columns: 2
    ).write(to: file)
  }
}
