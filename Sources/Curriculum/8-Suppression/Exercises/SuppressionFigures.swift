import Coursework
import Figures
import Heads
import Interpretability
import Laboratory
import SuppressionVocabulary
import Tensors
import Transformers

extension SuppressionSheet {
  /// The pictures of the sheet, in the order of its text.
  static let figures: [SheetFigure] = [neighboursFigure] + answerFigures

  /// The pictures that show answers, and wait for them.
  static let answerFigures: [SheetFigure] = [
    ranksFigure, stepsFigure, surveyFigure, lossFigure, exampleFigure, keptFigure, repairFigure,
    startFigure, queryFigure, oppositionFigure,
  ]

  /// The head that most pictures are about.
  static let pictured = suppressors[0]

  static func name(_ head: HeadPlace) -> String { "L\(head.layer)H\(head.head)" }

  static func word(_ token: Int) -> String { ReaderVocabulary.words[token] }

  private static let neighboursFigure = SheetFigure(
    "1-neighbours.png", "what a head of the reader of tours writes against, and looks for"
  ) { file in
    let head = PlainHead(try tourHead(pictured))
    let (written, wanted) = (head.written(), head.wanted(of: head.embedding))
    func table(_ title: String, _ what: String, _ rows: [[Double]], sign: Double) -> TextTable {
      TextTable(
        [0, 5, 12, 41, 50, 83, 95].map { row in
          let nearest = rows[row].indices.sorted { sign * rows[row][$0] > sign * rows[row][$1] }
          let names = nearest.prefix(5).map { word(tourTokens[$0]) }
          return (word(tourTokens[row]), names.joined(separator: ", "))
        }, title: title, rowTitle: what, textTitle: "first five of 120"
      ).styled { $0.textWidth = 190 }
    }
    try FigureRow([
      table("OV: what it writes against", "is read", written, sign: -1),
      table("QK: what it looks for", "is predicted", wanted, sign: 1),
    ]).write(to: file)
  }

  /// The suppressing heads of two readers, with texts in which they suppress.
  private static let seen: [(name: String, model: SuppressionModel, head: HeadPlace)] = [
    ("\(name(pictured)) of the reader of tours", .tours, pictured),
    ("L3H2 of the reader", SuppressionModel(embedded: .reader), HeadPlace(layer: 3, head: 2)),
  ]

  /// What stands for the tokens of tours where a head reads them, in three ways.
  private static func embeddings(
    _ model: SuppressionModel, _ head: HeadPlace
  ) throws -> [(name: String, values: Tensor)] {
    let circuits = try HeadCircuits(model.made())
    let texts = ModelInput(tokens: tours(150, length: 31, seed: 82))
    return try [
      ("raw embedding", EffectiveEmbedding.embedding), ("behind block 0", .mlp0),
      ("mean state", .meanState),
    ].map { name, kind in
      let embedded = try circuits.embedded(kind, over: texts)
      return (name, .stack(try tourTokens.map { try embedded.value(of: $0, layer: head.layer) }))
    }
  }

  private static let ranksFigure = SheetFigure(
    "2-diagonal-ranks.png", "where your ranks put the diagonals, for three embeddings"
  ) { ask, file in
    let bins = [0..<10, 10..<30, 30..<60, 60..<90, 90..<120]
    var plots: [any Figure] = []
    for (name, model, head) in seen {
      let embeddings = try embeddings(model, head)
      let matrices = HeadMatrices(of: head, in: try model.made())
      let output = try ask.all(
        SuppressionAsks.suppressionRanks,
        embeddings.map { matrices.restricted(to: tourTokens, embedding: $0.values) })
      let query = try ask.all(
        SuppressionAsks.attentionRanks,
        embeddings.map {
          EmbeddedHead(model: model, head: head, embedding: $0.values, tokens: tourTokens)
        })
      for (circuit, beyond, ranks) in [
        ("OV", "words written against more", output), ("QK", "words looked at more", query),
      ] {
        let series = try zip(embeddings, ranks).map { embedding, ranks in
          try requireEntries(ranks.count, tourTokens.count, "ranks")
          return BarPlot.Series(
            embedding.name,
            bins.map { bin in Double(ranks.count { bin.contains($0) }) / Double(ranks.count) })
        }
        plots.append(
          BarPlot(
            groups: bins.map { "\($0.lowerBound)–\($0.upperBound - 1)" }, series,
            title: "\(circuit), \(name)", groupTitle: beyond,
            y: Axis("share of 120 words", range: 0...1)
          ).styled { $0.plotSize = FigureSize(width: 165, height: 120) })
      }
    }
    try FigureRow(plots, columns: 2).write(to: file)
  }

  /// Stops a picture of an answer that has not one entry for each.
  static func requireEntries(_ found: Int, _ expected: Int, _ name: String) throws {
    guard found == expected else {
      throw FigureError("Your answer has \(found) \(name) where \(expected) are asked for.")
    }
  }

  private static let stepsFigure = SheetFigure(
    "3-three-steps.png", "attention and effect on what is predicted, position by position"
  ) { ask, file in
    let answers = try ask.all(
      SuppressionAsks.steps,
      seen.map { _, model, head in
        HeadOnTexts(
          model: model, head: head,
          texts: model.kind == .tours
            ? tours(24, length: 31, seed: 83) : readerTexts([.rollCalls], count: 24, seed: 83))
      })
    func plot(_ name: String, _ steps: [SuppressionStep]) -> ScatterPlot {
      func points(_ isStrong: Bool) -> [ScatterPlot.Datum] {
        steps.filter { ($0.probability >= 0.05) == isStrong }
          .map { .init(Double($0.attention), Double($0.effect)) }
      }
      return ScatterPlot(
        [
          .init("predicted by 5 % or more", points(true)),
          .init("predicted by less", points(false)),
        ], title: name, x: Axis("attention to the token", range: 0...1),
        y: Axis("effect on its logit")
      ).styled { $0.plotSize = FigureSize(width: 210, height: 170) }
    }
    try FigureRow(zip(seen, answers).map { plot($0.name, $1.flatMap(\.self)) }, columns: 1)
      .write(to: file)
  }

  /// A value of every head as a map.
  private static func map(_ values: Tensor, _ title: String, _ unit: String) -> HeatMap {
    HeatMap(
      values, rows: (0..<values.shape[0]).map { "L\($0)" },
      columns: (0..<values.shape[1]).map { "H\($0)" }, title: title
    ).styled {
      $0.scale = .diverging
      $0.annotationDecimals = 2
      $0.valueTitle = unit
    }
  }

  /// Texts that a reader of everything has not seen.
  static func readerTexts(_ kinds: [ReaderKind], count: Int, seed: UInt64) -> [[Int]] {
    var writer = ReaderWriter(split: .test, seed: seed)
    return (0..<count).map {
      Array(ReaderVocabulary.encode(writer.text(kinds[$0 % kinds.count]).words).prefix(40))
    }
  }

  private static let surveyFigure = SheetFigure(
    "4-survey.png", "the direct effect of every head on the true next token"
  ) { ask, file in
    let first = HeadPlace(layer: 0, head: 0)
    let answers = try ask.all(
      SuppressionAsks.survey,
      [
        HeadOnTexts(model: .tours, head: first, texts: tours(40, length: 31, seed: 84)),
        HeadOnTexts(
          model: SuppressionModel(embedded: .reader), head: first,
          texts: readerTexts([.rollCalls], count: 40, seed: 84)),
      ])
    for (answer, shape) in zip(answers, [[3, 4], [6, 4]]) where answer.shape != shape {
      throw FigureError("The answer to 8.4 has the shape \(answer.shape), not \(shape).")
    }
    try FigureRow([
      map(answers[0], "The reader of tours", "logit"),
      map(answers[1], "The reader on roll-calls", "logit"),
    ]).write(to: file)
  }

  private static let lossFigure = SheetFigure(
    "5-loss-change.png", "how much the loss of each word grows without the head"
  ) { ask, file in
    let texts = tours(40, length: 24, seed: 85)
    let changes = try ask(
      SuppressionAsks.lossChanges, HeadOnTexts(model: .tours, head: pictured, texts: texts))
    try requireEntries(changes.count, texts.count, "texts")
    // The texts in which something changes most.
    let shown = texts.indices.sorted { (changes[$0].max() ?? 0) > (changes[$1].max() ?? 0) }
      .prefix(3)
    try TokenHeatMap(
      try shown.map { index in
        try requireEntries(changes[index].count, texts[index].count - 1, "loss changes")
        return .init(
          tokens: texts[index].map(word).map { $0 == "<s>" ? "start" : $0 },
          values: [.nan] + changes[index].map { ($0 * 100).rounded() / 100 })
      }, title: "Without \(name(pictured)): three tours of 40"
    ).styled {
      $0.valueTitle = "growth of the loss in nats"
      $0.annotationDecimals = 1
    }.write(to: file)
  }
}
