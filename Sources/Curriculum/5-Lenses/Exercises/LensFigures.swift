import Coursework
import Figures
import Foundation
import Interpretability
import Laboratory
import LensesVocabulary
import Models
import Tensors
import Transformers

extension LensSheet {
  /// The embedded reader, loaded once.
  static func reader() throws -> LoadedModel { try .kept(EmbeddedModel.reader.name) }

  /// The pictures of the sheet, in the order of its text.
  static let figures: [SheetFigure] =
    [gridFigure, agreementFigure, trajectoryFigure, tunedFigure] + answerFigures

  /// The pictures that show answers, and wait for them.
  static let answerFigures: [SheetFigure] =
    [identityFigure, futureFigure]

  /// Texts that the reader has not seen, cut at random positions, and what it holds at the last.
  static let sample = Result { try sampled(count: 400, seed: 5) }
  /// Other such texts, to train on.
  static let trainingSample = Result { try sampled(count: 1_500, seed: 6) }

  /// Kinds of text in which more than a few words can be foreseen.
  private static let kinds: [ReaderKind] = [
    .facts, .twoHops, .fewShot, .sequences, .narrative, .idioms, .indirectObjects,
  ]

  /// Texts of the reader's test split.
  static func texts(count: Int, seed: UInt64) -> [[Int]] {
    var writer = ReaderWriter(split: .test, seed: seed)
    return (0..<count).map { index in
      let words = writer.text(kinds[index % kinds.count]).words
      return Array(ReaderVocabulary.encode(words).prefix(60))
    }
  }

  private static func sampled(count: Int, seed: UInt64) throws -> ResidualStates {
    var generator = SeededGenerator(seed: seed)
    let prompts = TrimmedPrompts.drawn(
      from: texts(count: count, seed: seed), minimum: 2, using: &generator)
    let (tokens, mask) = ModelInput.padding(prompts, with: 0, at: .front)
    return try reader().model.residualStates(
      of: ModelInput(tokens: tokens, mask: mask), at: .last)
  }

  /// Layers, 0 being the embedding, with a label each.
  private static func layerAxis(_ count: Int) -> Axis {
    Axis("layer", labels: (0..<count).map { String($0) })
  }

  /// Means by layer with a band of one deviation, kept inside a range.
  private static func series(
    _ name: String, _ spreads: [LensReading.Spread], within range: ClosedRange<Double>
  ) -> LinePlot.Series {
    func kept(_ value: Double) -> Double { min(max(value, range.lowerBound), range.upperBound) }
    return LinePlot.Series(
      name, spreads.map(\.mean),
      interval: Interval(
        lower: spreads.map { kept($0.mean - $0.deviation) },
        upper: spreads.map { kept($0.mean + $0.deviation) }))
  }

  private static func means(
    _ name: String, _ spreads: [LensReading.Spread]
  ) -> LinePlot.Series { LinePlot.Series(name, spreads.map(\.mean)) }

  private static let gridFigure = SheetFigure(
    "1-lens-grid.png", "what the logit lens reads at every layer and position"
  ) { file in
    let reader = try reader()
    let words = "Italy -> Rome ; Japan -> Tokyo ; France ->".split(separator: " ").map(String.init)
    let tokens = ReaderVocabulary.encode(words)
    let states = try reader.model.residualStates(of: ModelInput(tokens))
    let cells = reader.model.reading(of: states).cells
    var grid = LensGrid(
      tokens: cells.map { $0.map { ReaderVocabulary.words[$0.token] } },
      probabilities: cells.map { $0.map(\.probability) },
      text: tokens.map { ReaderVocabulary.words[$0] },
      title: "What would the reader say next if it had to stop here?")
    grid.ties = cells.map { $0.map(\.ties) }
    try grid.write(to: file)
  }

  private static let agreementFigure = SheetFigure(
    "2-agreement.png", "prec@1 and surprisal of the logit lens by layer, over random positions"
  ) { file in
    let states = try sample.get()
    let reading = try reader().model.reading(of: states)
    let axis = layerAxis(states.layerCount)
    let precision = LinePlot(
      [series("prec@1", reading.precision, within: 0...1)],
      title: "Does it choose what the model does?",
      x: axis, y: Axis("prec@1", range: 0...1))
    let surprisal = LinePlot(
      [series("surprisal", reading.surprisal, within: 0...(.infinity))],
      title: "Would the model be surprised?", x: axis, y: "surprisal in nats")
    try FigureRow([precision, surprisal]).write(to: file)
  }

  private static let trajectoryFigure = SheetFigure(
    "3-trajectories.png", "entropy and KL by layer, over random positions"
  ) { file in
    let states = try sample.get()
    let reading = try reader().model.reading(of: states)
    let axis = layerAxis(states.layerCount)
    func plot(
      _ title: String, _ name: String, _ spreads: [LensReading.Spread],
      range: ClosedRange<Double>? = nil
    ) -> LinePlot {
      LinePlot(
        [series(name, spreads, within: 0...(.infinity))], title: title, x: axis,
        y: Axis(name, range: range))
    }
    let plots = [
      plot("How sure is the lens?", "entropy in nats", reading.entropy),
      plot("How far from the end?", "KL to the end in nats", reading.divergence, range: 0...30),
    ]
    try FigureRow(plots).write(to: file)
  }

  private static let tunedFigure = SheetFigure(
    "4-tuned-lens.png", "KL by layer: the logit lens, least squares, and a tuned lens"
  ) { file in
    let (model, states) = (try reader().model, try sample.get())
    let training = try trainingSample.get()
    var settings = TunedLens.Training()
    settings.steps = 250
    let lens = TunedLens(training: training, of: model, as: settings, seed: 1)
    let readings = [
      ("logit lens", model.reading(of: states)),
      ("least squares", model.reading(of: states, through: AffineLens(fitting: training))),
      ("tuned lens", model.reading(of: states, through: lens)),
    ]
    try LinePlot(
      readings.map { means($0.0, $0.1.divergence) }, title: "What each lens leaves to be explained",
      x: layerAxis(states.layerCount), y: Axis("KL to the end in nats", range: 0...5)
    ).write(to: file)
  }

  private static let identityFigure = SheetFigure(
    "5-token-identity.png", "prec@1 by layer: the logit lens and your token identity"
  ) { ask, file in
    let model = try reader().model
    var generator = SeededGenerator(seed: 5)
    let prompts = TrimmedPrompts.drawn(
      from: texts(count: 60, seed: 5), minimum: 2, using: &generator)
    let answers = try ask.all(
      LensAsks.tokenIdentity,
      prompts.map { prompt in
        PromptedPlace(
          model: .reader,
          source: PatchPlace(tokens: prompt, position: prompt.count - 1, layer: 0),
          prompt: identityPrompt)
      })
    var (plain, identity): ([LensReading], [LensReading]) = ([], [])
    for (prompt, patched) in zip(prompts, answers) {
      let states = try model.residualStates(of: ModelInput(prompt)).at([prompt.count - 1])
      let lens = model.logits(of: states)
      guard patched.shape == [states.layerCount, lens.shape[2]] else {
        throw FigureError("The answer to 5.9 has the shape \(patched.shape), not [layer, token].")
      }
      plain.append(LensReading(logits: lens))
      identity.append(
        LensReading(
          logits: patched.reshaped(to: lens.shape), final: lens[at: states.layerCount - 1]))
    }
    func joined(_ name: String, _ readings: [LensReading]) -> LinePlot.Series {
      means(
        name,
        LensReading(
          readings[0].cells.indices.map { layer in readings.flatMap { $0.cells[layer] } }
        ).precision)
    }
    try LinePlot(
      [joined("logit lens", plain), joined("token identity", identity)],
      title: "The same states, asked in two ways", x: layerAxis(plain[0].cells.count),
      y: Axis("prec@1", range: 0...1)
    ).write(to: file)
  }

  private static let futureFigure = SheetFigure(
    "6-future.png", "how often your future lens finds what the model will say later"
  ) { ask, file in
    let model = try reader().model
    func states(_ count: Int, _ seed: UInt64) throws -> [ResidualStates] {
      try texts(count: count, seed: seed).filter { $0.count > 3 }.map {
        try model.residualStates(of: ModelInput($0))
      }
    }
    let (training, test) = (try states(160, 6), try states(60, 5))
    let last = training[0].layerCount - 1
    let answers = try ask.all(
      LensAsks.futureLens,
      [1, 2].map { StatesToLookAhead(model: .reader, texts: training, distance: $0) })
    let lines = try zip([1, 2], answers).map { distance, maps in
      guard maps.count == last + 1 else {
        throw FigureError("The answer to 5.10 has \(maps.count) maps, not one for each layer.")
      }
      let hits = (0...last).map { layer in
        var (right, count) = (0, 0)
        for text in test where text.positionCount > distance {
          let now = text.values[at: layer].slice(0..<(text.positionCount - distance))
          let later = text.values[at: last].slice(distance..<text.positionCount)
          let found = model.logits(ofNormed: model.finalNorm(maps[layer](now))).argmax()
          let said = model.logits(ofNormed: model.finalNorm(later)).argmax()
          right += zip(found, said).count { $0 == $1 }
          count += said.count
        }
        return Double(right) / Double(count)
      }
      return LinePlot.Series(distance == 1 ? "the token after the next" : "one further", hits)
    }
    try LinePlot(
      lines, title: "What can be foreseen from one state", x: layerAxis(last + 1),
      y: Axis("prec@1 against the model then", range: 0...1)
    ).write(to: file)
  }
}
