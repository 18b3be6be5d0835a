import Coursework
import Figures
import Heads
import Interpretability
import Laboratory
import SheetTools
import SuppressionVocabulary
import Tensors
import Transformers

extension SuppressionSheet {
  /// The mean of what a head of the reader of tours mixes over some tours, `[headWidth]`.
  private static func mean(of head: HeadPlace) throws -> Tensor {
    let model = try SuppressionModel.tours.made()
    let rows = try tours(12, seed: 8).flatMap { try PlainRun(model, $0).rows(head, .mixed) }
    return Tensor(Plain.mean(rows).map(Float.init))
  }

  static let exampleFigure = SheetFigure(
    "6-example.png", "one prediction: what the head adds, and what changes without it"
  ) { ask, file in
    // Where the head suppresses most what is predicted and stands in the text.
    let texts = tours(24, length: 31, seed: 86)
    let address = HeadAddress(.blocks, layer: pictured.layer, head: pictured.head)
    let step = try HeadCircuits(SuppressionModel.tours.made())
      .copySuppressionSteps(of: [address], on: ModelInput(tokens: texts))[address]!
      .min { $0.effect < $1.effect }!
    let (text, position) = (texts[step.place.row], step.place.position)
    let example = try ask(
      SuppressionAsks.example,
      ReplacedHead(
        model: .tours, head: pictured, replacement: try mean(of: pictured), texts: [text],
        position: position))
    let size = ReaderVocabulary.words.count
    for field in [example.before, example.after, example.added] {
      try requireEntries(field.count, size, "logits")
    }
    func centred(_ values: Tensor) -> [Double] { Plain.centred(values.values.map(Double.init)) }
    let (before, after) = (centred(example.before), centred(example.after))
    let top = before.indices.sorted { before[$0] > before[$1] }.prefix(4)
    let risen = before.indices.sorted { after[$0] - before[$0] > after[$1] - before[$1] }
      .filter { !top.contains($0) }.prefix(5)
    let shown = Array(top) + risen
    let visited = Set(text[...position])
    try BarPlot(
      groups: shown.map { word($0) + (visited.contains($0) ? " (visited)" : "") },
      [
        .init("what the head adds by itself", shown.map { Double(example.added.values[$0]) }),
        .init("with the head − without it", shown.map { before[$0] - after[$0] }),
      ],
      title:
        "\(name(pictured)) behind “\(text[(position - 2)...position].map(word).joined(separator: " "))”",
      groupTitle: "four likeliest next words, and five that rise most without the head",
      y: Axis("logit")
    ).styled { $0.plotSize.width = 430 }.write(to: file)
  }

  static let keptFigure = SheetFigure(
    "7-kept.png", "how much of a head your ablation keeps, by both K's"
  ) { ask, file in
    let model = try SuppressionModel.tours.made()
    let texts = tours(3, length: 20, seed: 87)
    let heads = [pictured, HeadPlace(layer: 2, head: 0)]
    let (keys, unembeddings) = ([1, 5, 20, 60], [5, 20, 120])
    var plots: [any Figure] = []
    for head in heads {
      let (matrices, mean) = (try tourHead(head), try mean(of: head))
      let runs = try texts.map { try PlainRun(model, $0) }
      let questions = try texts.map { try headText(head, $0, mean: mean) }
      let output = PlainHead(matrices).output
      let bare = Plain.times(mean.values.map(Double.init), output)
      /// Logits at the places of the tour's words when the head writes something else there.
      func logits(_ run: PlainRun, _ wrote: (Int) -> [Double]?) throws -> Tensor {
        let places = run.tokens.indices.filter { tourTokens.contains(run.tokens[$0]) }
        let final = try run.rows(model.configuration.residualPoints.last!)
        let result = try run.result(head)
        let rows = places.enumerated().map { index, place in
          guard let wrote = wrote(index) else { return final[place] }
          return Plain.sum(
            Plain.sum(final[place], Plain.centred(result[place]), factor: -1), wrote)
        }
        return model.logits(
          ofNormed: model.finalNorm(Tensor(rows: rows.map { $0.map(Float.init) })))
      }
      let lines = try unembeddings.map { predictions in
        let shares = try keys.map { count in
          let kept = try ask.all(
            SuppressionAsks.kept,
            questions.map {
              KeptHead(
                head: matrices, text: $0, keys: count, unembeddings: predictions,
                kept: Tensor([0]), ablated: Tensor([0]), model: Tensor([0]))
            })
          let parts = try zip(zip(runs, questions), kept).map { pair, kept in
            let shape = [pair.1.tokens.count, model.configuration.width]
            guard kept.shape == shape else {
              throw FigureError("The answer to 8.7 has the shape \(kept.shape), not \(shape).")
            }
            let rows = kept.doubleRows
            return (
              try logits(pair.0) { rows[$0] }, try logits(pair.0) { _ in bare },
              try logits(pair.0) { _ in nil }
            )
          }
          return try ask(
            SuppressionAsks.recovered,
            KeptHead(
              head: matrices, text: questions[0], keys: 1, unembeddings: 1,
              kept: .concatenation(parts.map(\.0), axis: 0),
              ablated: .concatenation(parts.map(\.1), axis: 0),
              model: .concatenation(parts.map(\.2), axis: 0)))
        }
        return LinePlot.Series("\(predictions) predictions", shares)
      }
      plots.append(
        LinePlot(
          lines, title: name(head),
          x: Axis("tokens a source is written against", labels: keys.map(String.init)),
          y: Axis("recovered", range: -0.4...1)
        ).styled { $0.plotSize = FigureSize(width: 200, height: 150) })
    }
    try FigureRow(plots, columns: 1).write(to: file)
  }

  static let repairFigure = SheetFigure(
    "8-repair.png", "what is expected to be lost, what is, and who makes up for it"
  ) { ask, file in
    let texts = tours(16, length: 31, seed: 88)
    let heads = suppressors + [HeadPlace(layer: 1, head: 1)]
    let repairs = try ask.all(
      SuppressionAsks.repair,
      heads.map {
        ReplacedHead(model: .tours, head: $0, replacement: try mean(of: $0), texts: texts)
      })
    func sum(_ values: Tensor) -> Double { values.values.reduce(0) { $0 + Double($1) } }
    try BarPlot(
      groups: heads.map(name),
      [
        .init("expected drop", repairs.map(\.expected)),
        .init("made up by heads", repairs.map { sum($0.heads) }),
        .init("made up by MLPs", repairs.map { sum($0.mlps) }),
        .init("made up by the scale", repairs.map(\.scale)),
        .init("actual drop", repairs.map(\.actual)),
      ], title: "The true next word's logit on tours", groupTitle: "head that is taken away",
      y: Axis("logit")
    ).styled { $0.plotSize.width = 360 }.write(to: file)
  }

  static let startFigure = SheetFigure(
    "9-start.png", "how much the stream is what the query bias asks for, and who marks the start"
  ) { ask, file in
    let texts = tours(24, length: 26, seed: 89)
    let questions = suppressors.map {
      StartOfTexts(
        model: .tours, head: $0, texts: texts, token: tourTokens[7], position: 12)
    }
    let cosines = try ask.all(SuppressionAsks.startCosines, questions)
    let attention = try ask.all(SuppressionAsks.startAttention, questions)
    try FigureRow(
      [
        LinePlot(
          zip(suppressors, cosines).map { .init(name($0), $1.values.map(Double.init)) },
          title: "What the query bias asks for", x: "position",
          y: Axis("cosine", range: -0.6...0.6)
        ).styled { $0.plotSize.width = 220 },
        BarPlot(
          groups: suppressors.map(name),
          [
            .init("as it is", attention.map { Double($0.asItIs) }),
            .init("another token", attention.map { Double($0.otherToken) }),
            .init("another position", attention.map { Double($0.otherPosition) }),
          ], title: "Attention to the first place", groupTitle: "head",
          y: Axis("attention", range: 0...1)
        ).styled { $0.plotSize.width = 200 },
      ], columns: 1
    ).write(to: file)
  }

  static let oppositionFigure = SheetFigure(
    "11-opposition.png", "anti-induction against copy suppression, over all readers"
  ) { ask, file in
    let kinds: [(SuppressionModel.Kind, String)] = [
      (.tours, "tours"), (.reader, "reader"), (.early, "early"), (.seed1, "other seed"),
      (.large, "wide"),
    ]
    var generator = SeededGenerator(seed: 91)
    let halves = (0..<12).map { _ in Array(tourTokens.shuffled(using: &generator).prefix(16)) }
    var all: [[HeadScores]] = []
    for (kind, _) in kinds {
      let model = SuppressionModel(embedded: kind)
      let scores = try ask(
        SuppressionAsks.antiInduction, HeadsOfModels(model: model, halves: halves, models: []))
      let texts =
        kind == .tours
        ? tours(4, length: 31, seed: 91)
        : readerTexts([.rollCalls, .rollCalls, .narrative], count: 6, seed: 91)
      let stack = try model.made().configuration.decoder!
      guard scores.shape == [stack.layerCount, stack.headCount] else {
        throw FigureError(
          "The answer to 8.11 has the shape \(scores.shape), not [layer, head].")
      }
      let heads = (0..<stack.layerCount).flatMap { layer in
        (0..<stack.headCount).map { HeadPlace(layer: layer, head: $0) }
      }
      let steps = try ask.all(
        SuppressionAsks.steps,
        heads.map { HeadOnTexts(model: model, head: $0, texts: texts) })
      all.append(
        zip(heads, steps).map { head, steps in
          HeadScores(
            antiInduction: Double(scores[head.layer, head.head]),
            copySuppression: -Plain.mean(steps.flatMap(\.self).map { Double($0.effect) }))
        })
    }
    let r = try ask(
      SuppressionAsks.correlation, HeadsOfModels(model: .tours, halves: [], models: all))
    try ScatterPlot(
      zip(kinds, all).map { kind, heads in
        .init(kind.1, heads.map { .init($0.antiInduction, $0.copySuppression) })
      }, title: "Every head of five readers; within models r = \(rounded(r))",
      x: Axis("anti-induction (logit)"), y: Axis("copy suppression (logit)")
    ).styled { $0.plotSize = FigureSize(width: 300, height: 220) }.write(to: file)
  }
}
