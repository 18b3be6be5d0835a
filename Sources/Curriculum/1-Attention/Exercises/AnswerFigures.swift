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
    "5-alignment.png", "your alignment between the attention and the gold"
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
    "6-swap-scores.png", "which heads carry adjective and noun across"
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
    var plot = try translator.barsByHead(
      try ask(AttentionAsks.swapScores, examples), named: "list of swap scores",
      y: Axis("pairs with both links right", range: 0...1))
    plot.title = "Swapped adjectives and nouns, head by head"
    try plot.write(to: file)
  }

  private static let detectionFigure = SheetFigure(
    "7-head-scores.png", "how far each head is one that does a single thing"
  ) { ask, file in
    let translator = try SheetTranslator.pictured()
    let configuration = translator.model.configuration
    // Without a word that occurs twice there is no earlier copy to look at.
    let sentences = try SheetTranslator.sentences(120)
      .filter { $0.source.hasRepeatedWord && $0.target.hasRepeatedWord }.prefix(20)
      .map { try FigureSentence($0, translator) }
    func plot(_ title: String, _ stack: StackName, _ shape: TransformerConfiguration.Stack) throws
      -> BarPlot
    {
      var sums = [[Double]](
        repeating: .init(repeating: 0, count: shape.layerCount * shape.headCount), count: 3)
      let sequences = try sentences.flatMap { sentence in
        try (0..<shape.layerCount).map { layer in
          AttendedTokens(
            pattern: try sentence.pattern(stack, layer), tokens: sentence.tokens(stack))
        }
      }
      let answers = try ask.all(AttentionAsks.headScores, sequences)
      for (place, scores) in answers.enumerated() {
        let layer = place % shape.layerCount
        let kinds = [scores.previousToken, scores.duplicateToken, scores.firstToken]
        for (kind, list) in kinds.enumerated() {
          try requireCount(list.count, shape.headCount, of: "list of head scores", for: "head")
          for (head, score) in list.enumerated() {
            sums[kind][layer * shape.headCount + head] += Double(score)
          }
        }
      }
      let names = ["previous token", "earlier copy", "first token"]
      var plot = BarPlot(
        groups: (0..<shape.layerCount).flatMap { layer in
          (0..<shape.headCount).map { "L\(layer)H\($0)" }
        },
        zip(names, sums).map { name, sums in
          BarPlot.Series(name, sums.map { $0 / Double(sentences.count) })
        },
        title: title, groupTitle: "layer and head", y: "share of attention")
      plot.plotSize = FigureSize(width: 14 * Double(plot.groups.count), height: 140)
      return plot
    }
    var plots = try configuration.stacks.map { try plot($0.title, $0, $1) }
    // Bars of both plots are compared, so both have one scale, up to a round number.
    let greatest = plots.flatMap(\.series).flatMap(\.values).reduce(0.1) { $1 > $0 ? $1 : $0 }
    if greatest.isFinite {
      let range = 0...(greatest * 10).rounded(.up) / 10
      for index in plots.indices { plots[index].yAxis.range = range }
    }
    try FigureRow(plots).write(to: file)
  }

  private static let rolloutFigure = SheetFigure(
    "8-rollout.png", "the encoder's attention, averaged and rolled out"
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
    "9-entropy.png", "how widely attention is spread, by layer"
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
    "10-capital.png", "where the country is read when its capital is named"
  ) { ask, file in
    let translator = try SheetTranslator.pictured()
    let questions = try TranslatorCorpus.capitals.filter { $0.source[0].text == "What" }
      .map { pair in
        CapitalQuestion(
          pair: try translator.pieced(pair), cross: try translator.cross(of: pair),
          country: pair.source.firstIndex { $0.partOfSpeech == .properNoun }!,
          capital: pair.target.firstIndex { $0.partOfSpeech == .properNoun }!)
      }
    // The guess comes before the measurement.
    let answer = try ask(
      AttentionAsks.countryAttention, CapitalSets(measured: questions, made: [questions[0]]))
    guard let measured = answer.measured else { throw Unanswered() }
    let guess = answer.guess.prefix(20)
    var plot = try translator.barsByHead(
      measured, named: "list of attention to the country",
      y: Axis("attention to the country", range: 0...1))
    plot.title = "Is the capital read from its country? You guessed “\(guess)”"
    try plot.write(to: file)
  }

  private static let effectFigure = SheetFigure(
    "11-attention-and-effect.png", "what a head looks at, against what it does"
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

extension [SentenceWord] {
  fileprivate var hasRepeatedWord: Bool {
    let words = filter { !$0.isPunctuation }.map(\.text)
    return Set(words).count < words.count
  }
}
