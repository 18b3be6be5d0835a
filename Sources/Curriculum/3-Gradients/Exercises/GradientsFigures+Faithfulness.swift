import Coursework
import Figures
import Foundation
import GradientsVocabulary
import Interpretability
import Laboratory
import SheetTools
import Tensors
import Transformers

extension GradientsSheet {
  /// The pictures of 3.6 and what follows.
  static let laterFigures = [contrastFigure, traceFigure, curvesFigure, agreementFigure]

  /// What speaks for “brun”, and what for “brun” rather than “brune”.
  private static let contrastFigure = SheetFigure(
    "9-contrast.png", "what speaks for “brun”, and what against “brune”"
  ) { ask, file in
    let (prediction, pair) = (try brunContrast(), try FigureSentence.brownDog().pair)
    let baseline = try prediction.padding(wordsOf: pair)
    let row = try prediction.row()
    let steps = 64
    let contrast = try ask(
      GradientsAsks.contrast,
      TargetAndFoil(
        row: .translator(prediction), target: prediction.target.token,
        foil: prediction.target.foil!, baseline: baseline, steps: steps))
    try requireCount(contrast.count, row.pieces.count, of: "contrast", for: "piece")
    var alone = prediction
    alone.target.foil = nil
    let shares = try alone.explained().integratedGradients(
      from: .embeddings(EmbeddingValues(source: baseline)), by: .midpoint, steps: steps)
    let written = try prediction.lossesWithoutWritten()
    try TokenHeatMap(
      [
        .init("brun", tokens: row.pieces, values: shares.tokens.source),
        .init("brun, not brune", tokens: row.pieces, values: contrast),
        .init(
          "loss without each piece written before", tokens: try prediction.writtenPieces(),
          values: written),
      ], title: "One logit, and the difference of two"
    ).styled {
      $0.valueTitle = "attribution (logits)"
      $0.annotationDecimals = 1
    }.write(to: file)
  }

  /// Encoder, decoder and what lies between.
  private static let traceFigure = SheetFigure(
    "10-trace.png", "the gradient of “brun” through both stacks"
  ) { ask, file in
    let sentence = try FigureSentence.brownDog()
    let prediction = try brunPrediction()
    let maps = try ask(
      GradientsAsks.gradientMaps, TracedPrediction(model: .translator, prediction: prediction))
    func layers(_ map: Tensor) -> [String] { (0..<(map.shape.first ?? 0)).map { "layer \($0)" } }
    var streams = HeatMapGrid(
      [
        .init(
          "encoder", maps.encoder, rows: layers(maps.encoder), columns: sentence.sourceLabels),
        .init("decoder", maps.decoder, rows: layers(maps.decoder), columns: sentence.read),
      ], columns: 2)
    streams.valueTitle = "gradient norm (logits per unit)"
    streams.columnTitle = "what is read"
    var cross = HeatMapGrid(
      [
        .init(
          "cross-attention", maps.cross, rows: layers(maps.cross), columns: sentence.sourceLabels)
      ], columns: 1)
    cross.scale = .diverging
    cross.valueTitle = "attention × gradient (logits)"
    cross.columnTitle = "what is read"
    try FigureRow([streams, cross], title: "The logit of “brun”, traced back").write(to: file)
  }

  /// Deletion and insertion, the mean of some sentences.
  private static let curvesFigure = SheetFigure(
    "11-curves.png", "the logit as words are taken away, and as they come back"
  ) { ask, file in
    let samples = try FaithfulnessSample.drawn(count: 10)
    let names = ["integrated gradients", "input × gradient", "attention", "random"]
    let places = (0...20).map { Double($0) / 20 }
    func plot(
      _ title: String, _ axis: String, isReversed: Bool = false
    ) throws -> LinePlot {
      let series = try (names + ["occlusion"]).map { name in
        let curves = try deletions(by: name, isReversed: isReversed).map {
          resampled($0, at: places)
        }
        return LinePlot.Series(
          name, x: places,
          y: places.indices.map { place in
            curves.reduce(0) { $0 + $1[place] } / Double(curves.count)
          })
      }
      return LinePlot(series, title: title, x: Axis(axis), y: Axis("mean logit")).styled {
        $0.showsMarkers = false
      }
    }
    func deletions(by name: String, isReversed: Bool) throws -> [[Float]] {
      let scores = samples.map { sample in
        // What comes back first is what would go last.
        sample.scores(name).map { isReversed ? -$0 : $0 }
      }
      let curves = try ask.all(
        GradientsAsks.deletionCurve,
        zip(samples, scores).map { sample, scores in
          DeletionScores(
            number: .translator(sample.prediction), scores: sample.framedLast(scores),
            baseline: sample.baseline, curve: [])
        })
      return try zip(curves, zip(samples, scores)).map { curve, asked in
        try requireCount(
          curve.count, asked.1.count + 1, of: "deletion curve", for: "piece and one before")
        let shown = curve.prefix(asked.0.words.count + 1)
        return isReversed ? shown.reversed() : Array(shown)
      }
    }
    try FigureRow(
      [
        plot("Words taken away, the highest score first", "share of words deleted"),
        plot(
          "Words brought back, the highest score first", "share of words inserted",
          isReversed: true),
      ]
    ).write(to: file)
  }

  /// How much each method's order of words agrees with that of occlusion.
  private static let agreementFigure = SheetFigure(
    "12-attention-and-gradients.png", "whose order of words is that of occlusion"
  ) { ask, file in
    let samples = try FaithfulnessSample.drawn(count: 40).map(\.methodScores)
    let questions = FaithfulnessSample.names.map { name in
      ScoresToRank(
        pairs: samples.map { sample in
          RankedLists(
            x: sample.methods[name]!.map { abs($0) }, y: sample.occlusion.map { abs($0) })
        }, sets: [])
    }
    let means = try ask.all(GradientsAsks.rankCorrelation, questions).map { correlations in
      correlations.reduce(0) { $0 + Double($1) } / Double(samples.count)
    }
    try BarPlot(
      groups: FaithfulnessSample.names, [.init("mean of 40 sentences", means)],
      title: "Agreement with occlusion", groupTitle: "method",
      y: Axis("mean rank correlation")
    ).styled {
      $0.plotSize = FigureSize(width: 420, height: 160)
    }.write(to: file)
  }

  /// A curve at other places from 0 to 1, straight between its values.
  private static func resampled(_ curve: [Float], at places: [Double]) -> [Double] {
    places.map { place in
      let along = place * Double(curve.count - 1)
      let left = min(Int(along), curve.count - 2)
      let share = along - Double(left)
      return Double(curve[left]) * (1 - share) + Double(curve[left + 1]) * share
    }
  }

  /// The row of “brun” for the brown dog that ran, against “brune”.
  static func brunContrast() throws -> TranslatorPrediction {
    let pair = try FigureSentence.brownDog().pair
    guard let contrast = try SheetTranslator.translator().genderContrast(in: pair) else {
      throw FigureError("the model's pieces do not tell “brun” from “brune”")
    }
    return contrast
  }
}
