import Coursework
import Figures
import Foundation
import Interpretability
import Interventions
import Laboratory
import LensesVocabulary
import Tensors
import Transformers

extension LensSheet {
  /// The pictures of the sheet, in the order of its text; all show answers, and wait for them.
  static let figures: [SheetFigure] = [
    gridFigure, agreementFigure, trajectoryFigure, tunedFigure, identityFigure, lensesFigure,
    futureFigure,
  ]

  /// Layers, 0 being the embedding, with a label each.
  static func layerAxis(_ count: Int) -> Axis {
    Axis("layer", labels: (0..<count).map { String($0) })
  }

  private static let gridFigure = SheetFigure(
    "1-lens-grid.png", "what your logit lens reads at every layer and position"
  ) { ask, file in
    let words = "Italy -> Rome ; Japan -> Tokyo ; France ->".split(separator: " ").map(String.init)
    let tokens = ReaderVocabulary.encode(words)
    let logits = try ask(LensAsks.logitLens, TextOfModel(model: .reader, tokens: tokens))
    guard logits.rank == 3, logits.shape[1] == tokens.count,
      logits.shape[2] == ReaderVocabulary.words.count
    else {
      throw FigureError(
        "Your answer to 5.1 has the shape \(logits.shape), not [layer, position, token].")
    }
    let cells = LensReading(logits: logits).cells
    var grid = LensGrid(
      tokens: cells.map { $0.map { ReaderVocabulary.words[$0.token] } },
      probabilities: cells.map { $0.map(\.probability) },
      text: tokens.map { ReaderVocabulary.words[$0] },
      title: "What would the reader say next if it had to stop here?")
    grid.ties = cells.map { $0.map(\.ties) }
    try grid.write(to: file)
  }

  private static let agreementFigure = SheetFigure(
    "2-agreement.png", "prec@1 and surprisal of the logit lens by layer, as you measure them"
  ) { ask, file in
    let sample = try LensSample(ask)
    let layers = sample.logits.shape[0]
    // A question of all logits at once would be very long.
    let parts = stride(from: 0, to: LensSample.size, by: 40).map { start in
      let range = start..<min(start + 40, LensSample.size)
      return LensOverTexts(
        logits: sample.logits.slice(axis: 1, range), next: Array(sample.next[range]))
    }
    let precision = pooled(try ask.all(LensAsks.precision, parts), parts)
    let surprisal = pooled(try ask.all(LensAsks.surprisal, parts.map(\.logits)), parts)
    guard precision.count == layers, surprisal.count == layers else {
      throw FigureError("Your answers to 5.3 and 5.4 have not one spread for every layer.")
    }
    var right = sample.series("prec@1", LensReading(logits: sample.logits)) { $0.agrees ? 1 : 0 }
    right.y = precision.map(\.mean)
    let means = surprisal.map(\.mean)
    let left = LinePlot.Series(
      "surprisal", means,
      interval: Interval(
        lower: zip(means, surprisal).map { max(0, $0 - $1.deviation) },
        upper: zip(means, surprisal).map { $0 + $1.deviation }))
    try FigureRow(
      [
        LinePlot(
          [right], title: "Does it choose what the model does?", x: layerAxis(layers),
          y: Axis("prec@1", range: 0...1)),
        LinePlot(
          [left], title: "Would the model be surprised?", x: layerAxis(layers),
          y: Axis("surprisal", unit: "nats")),
      ], columns: 2
    ).write(to: file)
  }

  /// The spread of all positions from those of parts.
  private static func pooled(_ answers: [[Spread]], _ parts: [LensOverTexts]) -> [Spread] {
    let counts = parts.map { Double($0.next.count) }
    let total = counts.reduce(0, +)
    return (0..<(answers.map(\.count).min() ?? 0)).map { layer in
      func mean(_ value: (Spread) -> Double) -> Double {
        zip(answers, counts).reduce(0) { $0 + value($1.0[layer]) * $1.1 } / total
      }
      let centre = mean(\.mean)
      let square = mean { $0.deviation * $0.deviation + $0.mean * $0.mean }
      return Spread(mean: centre, deviation: max(square - centre * centre, 0).squareRoot())
    }
  }

  private static let trajectoryFigure = SheetFigure(
    "3-trajectories.png", "entropy of the logit lens and KL to the end by layer"
  ) { ask, file in
    let sample = try LensSample(ask)
    let cells = LensReading(logits: sample.logits).cells
    func plot(
      _ title: String, _ axis: Axis, layers: Range<Int>,
      _ measure: (LensReading.Cell) -> Float
    ) -> DistributionPlot {
      DistributionPlot(
        groups: layers.map(String.init),
        [.init(axis.title, layers.map { cells[$0].map { Double(measure($0)) } })], title: title,
        groupTitle: "layer", y: axis)
    }
    try FigureRow(
      [
        plot(
          "How sure is the lens?", Axis("entropy", unit: "nats"),
          layers: 0..<cells.count, \.entropy),
        plot(
          "How far from the end?",
          Axis("KL to the end", unit: "nats", range: 1e-3...100, scale: .logarithmic),
          layers: 0..<(cells.count - 1), \.divergence),
      ], columns: 1
    ).write(to: file)
  }

  /// Your translators of every layer but the last, from texts that the sample has nothing of.
  private static func translators(
    _ ask: Asking, _ training: ResidualStates
  ) throws -> TunedLens {
    let (last, width) = (training.layerCount - 1, training.values.shape[2])
    // As many positions as a question holds.
    let count = min(training.positionCount, 1_300)
    let answers = try ask.all(
      LensAsks.translator,
      (0..<last).map { layer in
        StatesToTuneOn(
          model: .reader,
          states: ResidualStates(
            .stack([layer, last].map { training.values[at: $0].slice(0..<count) }),
            lastIsNormed: false), seed: UInt64(layer))
      })
    guard answers.allSatisfy({ $0.weight.shape == [width, width] && $0.bias.shape == [width] })
    else { throw FigureError("Your answer to 5.7 has not the shape [width, width] and [width].") }
    return TunedLens(translators: answers)
  }

  private static let tunedFigure = SheetFigure(
    "4-tuned-lens.png", "KL by layer: the logit lens, least squares, and your tuned lens"
  ) { ask, file in
    let (sample, model) = (try LensSample(ask), try LensModel.reader.made())
    let training = try sample.training()
    let tuned = try translators(ask, training)
    let readings = [
      ("logit lens", LensReading(logits: sample.logits)),
      ("least squares", model.reading(of: sample.states, through: AffineLens(fitting: training))),
      ("your tuned lens", model.reading(of: sample.states, through: tuned)),
    ]
    try LinePlot(
      readings.map { name, reading in
        sample.series(
          name, reading, layers: 0..<(training.layerCount - 1)
        ) { Double($0.divergence) }
      }, title: "What each lens leaves to be explained", x: layerAxis(training.layerCount - 1),
      y: Axis("KL to the end", unit: "nats", range: 0.01...100, scale: .logarithmic)
    ).write(to: file)
  }

  private static let identityFigure = SheetFigure(
    "5-token-identity.png", "prec@1 by layer: the logit lens, your token identity, and plain prose"
  ) { ask, file in
    let sample = try LensSample(ask)
    let chosen = Array(0..<60)
    let (layers, words) = (sample.logits.shape[0], sample.logits.shape[2])
    let final = sample.final.gathering(chosen)
    func reading(_ prompt: [Int]) throws -> LensReading {
      let answers = try ask.all(
        LensAsks.tokenIdentity,
        chosen.map { place in
          let text = sample.prompts[place]
          return PromptedPlace(
            model: .reader,
            source: PatchPlace(tokens: text, position: text.count - 1, layer: 0), prompt: prompt)
        })
      for answer in answers where answer.shape != [layers, words] {
        throw FigureError("Your answer to 5.9 has the shape \(answer.shape), not [layer, token].")
      }
      return LensReading(logits: Tensor.stack(answers).permuted([1, 0, 2]), final: final)
    }
    let lens = LensReading(
      logits: .stack((0..<layers).map { sample.logits[at: $0].gathering(chosen) }))
    try LinePlot(
      [
        ("logit lens", lens), ("“dog -> dog ; …”", try reading(identityPrompt)),
        ("“One day Anna went …”", try reading(prosePrompt)),
      ].map { name, reading in
        sample.at(chosen).series(name, reading) { $0.agrees ? 1 : 0 }
      }, title: "The same states, asked in three ways", x: layerAxis(layers),
      y: Axis("prec@1", range: 0...1)
    ).write(to: file)
  }

  private static let lensesFigure = SheetFigure(
    "6-lenses.png", "prec@1 and surprisal of every lens, as Patchscopes by your recipes"
  ) { ask, file in
    let sample = try LensSample(ask)
    let training = try sample.training()
    let last = training.layerCount - 1
    let affine = AffineLens(fitting: training)
    let tuned = try translators(ask, training)
    func reading(_ lens: (Int) -> NamedLens) throws -> LensReading {
      LensReading(
        logits: .stack(
          try (0...last).map { layer in
            layer == last
              ? sample.final : try patched(ask, sample, lens(layer), layer: layer)
          }), final: sample.final)
    }
    let readings = [
      ("logit", try reading { _ in .logit }),
      ("affine", try reading { .affine(affine.maps[$0]) }),
      ("tuned", try reading { .tuned(added: tuned.translators[$0]) }),
      ("token identity", try reading { _ in .tokenIdentity(prompt: identityPrompt) }),
      ("plain prose", try reading { _ in .tokenIdentity(prompt: prosePrompt) }),
    ]
    let precision = LinePlot(
      readings.map { name, reading in sample.series(name, reading) { $0.agrees ? 1 : 0 } },
      title: "Does it choose what the model does?", x: layerAxis(last + 1),
      y: Axis("prec@1", range: 0...1))
    let surprisal = LinePlot(
      readings.map { name, reading in sample.series(name, reading) { Double($0.surprisal) } },
      title: "Would the model be surprised?", x: layerAxis(last + 1),
      y: Axis("surprisal", unit: "nats"))
    try FigureRow([precision, surprisal], columns: 1).write(to: file)
  }

  /// The logits of a lens at all places of the sample, as the recipe for one of them has it.
  static func patched(
    _ ask: Asking, _ sample: LensSample, _ lens: NamedLens, layer: Int
  ) throws -> Tensor {
    let model = try LensModel.reader.made()
    let place = PatchPlace(
      tokens: sample.prompts[0], position: sample.prompts[0].count - 1, layer: layer)
    let recipe = try ask(
      LensAsks.recipe, LensOfPlace(model: .reader, lens: lens, source: place))
    var predicted = place.position + 1
    if case .future(_, let distance) = lens { predicted += distance }
    guard recipe.predicts == predicted else {
      throw FigureError(
        "Your answer to 5.10 says that the logits predict the token at \(recipe.predicts), for a state at "
          + "\(place.position).")
    }
    let states = sample.states.values[at: layer]
    let mapped = recipe.map?(states) ?? states
    if recipe.target.tokens == place.tokens {
      guard recipe.target.layer == model.configuration.residualPoints.count - 1 else {
        throw FigureError("Your answer to 5.10 reads a state in its own text before the end.")
      }
      return model.logits(ofNormed: model.finalNorm(mapped))
    }
    let target = Patchscope.Target(
      model, recipe.target.tokens, position: recipe.target.position, layer: recipe.target.layer)
    return try target.logits(patching: mapped, at: recipe.target.position)
  }
}
