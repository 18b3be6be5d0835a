import Answering
import AttentionVocabulary
import Coursework
import Figures
import Foundation
import Interpretability
import Laboratory
import Models
import SheetTools
import Tensors
import Transformers

extension AttentionSheet {
  /// The pictures that show answers, and wait for them.
  static let answerFigures = [
    alignmentFigure, swapFigure, detectionFigure, rolloutFigure, entropyFigure, capitalFigure,
    effectFigure,
  ]

  private static let alignmentFigure = SheetFigure(
    "6-alignment.png", "your alignment between the attention and the gold"
  ) { ask, file in
    let sentence = try FigureSentence.redApples()
    let pair = sentence.pair
    let cross = try sentence.pattern(.decoder, try lastLayer(), .cross)
    let (pieced, encoded) = try (
      SheetTranslator.pictured().pieced(sentence.pair), sentence.encoded()
    )
    let alignment = try ask(AttentionAsks.alignment, [AttendedPair(pair: pieced, cross: cross)])[0]
    try requireCount(alignment.count, pair.target.count, of: "alignment", for: "target word")
    let start = pair.source.count { $0.isPrefix }
    let words = (start..<pair.source.count).map { pair.source[$0].text }
    func map(_ links: Set<WordLink>) -> Tensor {
      Tensor(
        rows: pair.target.indices.map { target in
          (start..<pair.source.count).map {
            links.contains(WordLink(target: target, source: $0)) ? 1 : 0
          }
        })
    }
    var answered: Set<WordLink> = []
    for (target, source) in alignment.enumerated() {
      if let source { answered.insert(WordLink(target: target, source: source)) }
    }
    let gold = Set(pair.links.map { WordLink(target: $0.target, source: $0.source) })
    let attention = poolingPieces(
      cross, targetWords: encoded.targetWords, sourceWords: encoded.sourceWords
    ).mean(axis: 0).slice(axis: 1, start..<pair.source.count)
    let rows = pair.target.map(\.text)
    var grid = HeatMapGrid(
      [
        .init("attention, mean of heads", attention, rows: rows, columns: words),
        .init("your links", map(answered), rows: rows, columns: words),
        .init("gold", map(gold), rows: rows, columns: words),
      ], columns: 3, title: "The last layer's cross-attention, read as an alignment")
    grid.range = 0...1
    grid.valueTitle = "attention; 1 for a link"
    try grid.write(to: file)
  }

  private static let swapFigure = SheetFigure(
    "7-swap-scores.png", "which heads carry adjective and noun across"
  ) { ask, file in
    let translator = try SheetTranslator.pictured()
    var examples: [AdjectiveExample] = []
    for pair in SheetTranslator.sentences(100) where !pair.adjectives.isEmpty {
      let cross = try translator.crossBetweenWords(of: pair)
      examples += pair.adjectives.map {
        AdjectiveExample(
          cross: cross, sourceAdjective: $0.sourceAdjective, sourceNoun: $0.sourceNoun,
          targetAdjective: $0.targetAdjective, targetNoun: $0.targetNoun)
      }
    }
    let scores = try ask(AttentionAsks.swapScores, examples)
    try headMap(
      scores, of: translator.decoder(), named: "list of swap scores",
      title: "Both links right, of \(examples.count(where: \.isSwapped)) swapped pairs"
    ).write(to: file)
  }

  /// A list by layer and head as a map with its numbers.
  private static func headMap(
    _ values: [Float], of stack: TransformerConfiguration.Stack, named name: String, title: String
  ) throws -> HeatMap {
    let (layers, heads) = (stack.layerCount, stack.headCount)
    try requireCount(values.count, layers * heads, of: name, for: "head")
    // Two decimals are shown, and a head that looks elsewhere gives 0.
    let rounded = values.map { ($0 * 100).rounded() / 100 }
    var map = HeatMap(
      Tensor(rounded, shape: [layers, heads]), rows: (0..<layers).map { "layer \($0)" },
      columns: (0..<heads).map { "head \($0)" }, title: title)
    map.range = 0...1
    map.annotationDecimals = 2
    map.showsColourBar = false
    return map
  }

  private static let detectionFigure = SheetFigure(
    "8-head-scores.png", "what every head of the reader looks for"
  ) { ask, file in
    let (repeats, gifts, stack) = try detectionTexts()
    func scores(_ texts: [ReadText]) throws -> (HeadScores, EvenScores) {
      (try ask(AttentionAsks.headScores, texts), try ask(AttentionAsks.evenScores, texts))
    }
    let (copying, evenly) = try scores(repeats)
    func map(_ title: String, _ values: [Float], _ even: Float) throws -> HeatMap {
      try headMap(
        values, of: stack, named: "list of head scores",
        title: "\(title) (even: \(String(format: "%.2f", even)))")
    }
    var maps = [
      try map("previous token", copying.previousToken, evenly.previousToken),
      try map("earlier copies", copying.duplicateToken, evenly.duplicateToken),
      try map("behind copies: induction", copying.induction, evenly.induction),
    ]
    if !gifts.isEmpty {
      let (giving, even) = try scores(gifts)
      maps.append(try map("indirect object", giving.indirectObject, even.indirectObject))
    }
    try FigureRow(maps, columns: 2).write(to: file)
  }

  /// What heads are detected on: texts of the reader's; or, for another decoder, tokens drawn at
  /// random, and then the same again.
  private static func detectionTexts() throws -> (
    repeats: [ReadText], gifts: [ReadText], stack: TransformerConfiguration.Stack
  ) {
    guard let named = FigureModel.current else {
      let stack = try LoadedModel.kept(EmbeddedModel.reader.name).model.configuration.stacks[0]
        .stack
      return (
        try ReadText.drawn(.repeats, count: 12, longest: 36, seed: 7),
        try ReadText.drawn(.indirectObjects, count: 12, longest: 36, seed: 7), stack
      )
    }
    let loaded = try LoadedModel.kept(named.value)
    let configuration = loaded.model.configuration
    guard configuration.stacks.count == 1, configuration.stacks[0].name == .blocks else {
      throw ModelError(
        "\(loaded.shortName) is no decoder alone, and this figure is of the heads of one")
    }
    var generator = SeededGenerator(seed: 7)
    let repeats = try (0..<6).map { _ in
      let tokens = (0..<12).map { _ in
        Int.random(in: 0..<configuration.vocabularySize, using: &generator)
      }
      return try ReadText(of: loaded.model, tokens: tokens + tokens, indirectObject: nil)
    }
    return (repeats, [], configuration.stacks[0].stack)
  }

  private static let rolloutFigure = SheetFigure(
    "9-rollout.png", "the encoder's attention, averaged and rolled out"
  ) { ask, file in
    let sentence = try FigureSentence.brownDog()
    // The encoder, or the only stack there is.
    let (name, stack) = try SheetTranslator.pictured().model.configuration.stacks[0]
    let layers = stack.layerCount
    let patterns = try (0..<layers).map { try sentence.pattern(name, $0) }
    let rollout = try ask(
      AttentionAsks.rollout, LayerPatterns(layers: patterns, pattern: patterns[0]))
    let mean = patterns.dropFirst().reduce(patterns[0], +).mean(axis: 0) / Float(layers)
    let labels = sentence.sourceLabels
    var grid = HeatMapGrid(
      [
        .init("mean of layers and heads", mean, rows: labels, columns: labels),
        .init("rollout", rollout, rows: labels, columns: labels),
      ], columns: 2, title: "\(name.title): the mean of all maps, and their rollout")
    grid.rowTitle = "query"
    grid.columnTitle = "reads from"
    grid.valueTitle = "share"
    try grid.write(to: file)
  }

  private static let entropyFigure = SheetFigure(
    "10-entropy.png", "how widely attention is spread, by layer"
  ) { ask, file in
    let sentence = try FigureSentence.redApples()
    let configuration = try SheetTranslator.pictured().model.configuration
    func series(
      _ name: String, _ stack: StackName, _ kind: AttentionKind,
      _ shape: TransformerConfiguration.Stack
    ) throws -> LinePlot.Series {
      let patterns = try (0..<shape.layerCount).map { try sentence.pattern(stack, $0, kind) }
      let answers = try ask.all(
        AttentionAsks.entropy, patterns.map { LayerPatterns(layers: [], pattern: $0) })
      let heads = try zip(patterns, answers).map { pattern, entropy in
        guard entropy.shape == Array(pattern.shape.prefix(2)) else {
          throw FigureError(
            "your entropy has the shape \(entropy.shape), not [head, query], which is "
              + "\(Array(pattern.shape.prefix(2)))")
        }
        return entropy.mean(axis: 1).values.map(Double.init)
      }
      var series = LinePlot.Series(
        name, heads.map { $0.reduce(0, +) / Double($0.count) },
        interval: Interval(lower: heads.map { $0.min()! }, upper: heads.map { $0.max()! }))
      series.intervalIsBand = false
      return series
    }
    var lines = try configuration.stacks.map { try series($0.title.lowercased(), $0, .own, $1) }
    if let decoder = try? SheetTranslator.pictured().decoder() {
      lines.append(try series("cross", .decoder, .cross, decoder))
    }
    let layers = configuration.stacks.map(\.stack.layerCount).max() ?? 0
    try LinePlot(
      lines, title: "Entropy of attention: mean of the heads, least and greatest",
      x: Axis("layer", labels: (0..<layers).map(String.init)), y: Axis("entropy", unit: "bits")
    ).write(to: file)
  }

  private static let capitalFigure = SheetFigure(
    "11-capital.png", "attention along three links when a capital is named"
  ) { ask, file in
    let translator = try SheetTranslator.pictured()
    let decoder = try translator.decoder()
    let questions = try TranslatorCorpus.capitals.filter { $0.source[0].text == "What" }
      .map { try translator.capitalQuestion($0) }
    // The guess comes before the measurement.
    let answer = try ask(
      AttentionAsks.capitalAttention, CapitalSets(measured: questions, made: [questions[0]]))
    guard let measured = answer.measured else { throw Unanswered() }
    let guess = answer.guess
    func map(
      _ title: String, _ values: [Float], _ stack: TransformerConfiguration.Stack
    ) throws -> HeatMap {
      try headMap(values, of: stack, named: "list of attention", title: title)
    }
    try FigureRow(
      [
        try map(
          "encoder: “capital” to the country", measured.encoder,
          translator.model.configuration.encoder!),
        try map("decoder: the capital's row to “capital”", measured.decoder, decoder),
        try map("cross: the capital's row to the country", measured.cross, decoder),
      ],
      title: "\(questions.count) questions; you guessed \(guess.part), from "
        + "“\(guess.from.prefix(12))” to “\(guess.to.prefix(12))”", columns: 2
    ).write(to: file)
  }

  private static let effectFigure = SheetFigure(
    "12-attention-and-effect.png", "what a head looks at, against what it does"
  ) { ask, file in
    let translator = try SheetTranslator.pictured()
    let heads = try translator.decoder().headCount
    var series = (0..<heads).map { ScatterPlot.Series("head \($0)", []) }
    let pairs = SheetTranslator.sentences(12)
    let sentences = try pairs.map { pair in
      let encoded = try translator.encoded(pair)
      return KnockoutSentence(
        source: encoded.source,
        decoderTokens: encoded.decoderInput(
          startToken: translator.model.configuration.startToken), predicts: encoded.target)
    }
    let answers = try ask(
      AttentionAsks.headEffects,
      KnockoutQuestion(
        model: FigureModel.current?.value ?? EmbeddedModel.translator.name, sentences: sentences,
        lists: []))
    for (pair, effects) in zip(pairs, answers) {
      try requireCount(effects.count, heads, of: "list of effects", for: "head")
      for (head, gold) in try translator.goldAttention(of: pair).suffix(heads).enumerated() {
        series[head].points.append(.init(gold, Double(effects[head])))
      }
    }
    var plot = ScatterPlot(
      series, title: "Where a head looks, and what zeroing it costs",
      x: Axis("attention on the gold words"), y: Axis("loss when zeroed", unit: "nats"))
    plot.fitsLine = true
    try plot.write(to: file)
  }
}
