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
    func logits(_ x: Tensor) throws -> (target: Float, foil: Float) {
      let all = try row(x)
      return (all[prediction.target.token], all[prediction.target.foil!])
    }
    let (end, start) = (try logits(row.embeddings), try logits(baseline))
    let differences = [
      end.target - start.target, (end.target - end.foil) - (start.target - start.foil),
    ]
    try TokenHeatMap(
      [
        .init("brun", tokens: row.pieces, values: shares.tokens.source),
        .init("brun, not brune", tokens: row.pieces, values: contrast),
        .init(
          "loss without each piece written before", tokens: try prediction.writtenPieces(),
          values: written),
      ], title: "One logit, and the difference of two"
    ).styled {
      $0.showShares(differences: differences.map(Double.init) + [nil])
      // Each loss is another experiment: they are not shares of anything.
      $0.totals[0].values[2] = nil
    }.write(to: file)
  }

  /// Encoder, decoder and what lies between.
  private static let traceFigure = SheetFigure(
    "10-trace.png", "the gradient of “brun” through both stacks"
  ) { ask, file in
    let sentence = try FigureSentence.brownDog()
    let prediction = try brunPrediction()
    let maps = try ask(
      GradientsAsks.gradientMaps,
      TracedPrediction(model: .named(prediction.model), prediction: prediction))
    func panel(_ title: String, _ map: Tensor, columns: [String]) throws -> HeatMapGrid.Panel {
      guard map.rank == 2, map.shape[1] == columns.count else {
        throw FigureError(
          "your \(title) map has the shape \(map.shape), not a column for each of the "
            + "\(columns.count) positions")
      }
      let greatest = (0..<map.shape[0]).map { map[at: $0].values.map { abs($0) }.max() ?? 0 }
      return .init(
        title,
        Tensor(
          rows: zip(0..., greatest).map { row, greatest in
            map[at: row].values.map { greatest > 0 ? $0 / greatest : 0 }
          }),
        rows: zip(0..., greatest).map { row, greatest in
          "layer \(row): \(Numbers.fixed(Double(greatest), decimals: 2))"
        }, columns: columns)
    }
    func grid(_ panels: [HeatMapGrid.Panel], _ value: String) -> HeatMapGrid {
      HeatMapGrid(panels, columns: 2).styled {
        $0.valueTitle = value
        $0.columnTitle = "what is read"
      }
    }
    let streams = grid(
      [
        try panel("encoder", maps.encoder, columns: sentence.sourceLabels),
        try panel("decoder", maps.decoder, columns: sentence.read),
      ], "share of the row's greatest"
    ).styled { $0.range = 0...1 }
    let cross = grid(
      [try panel("cross-attention", maps.cross, columns: sentence.sourceLabels)],
      "share of the row's greatest"
    ).styled {
      $0.scale = .diverging
      $0.range = -1...1
    }
    try FigureRow(
      [streams, cross], title: "The logit of “brun”, traced back; each row's greatest beside it",
      columns: 1
    ).write(to: file)
  }

  /// Deletion and insertion, the mean of some sentences.
  private static let curvesFigure = SheetFigure(
    "11-curves.png", "the logit as words are taken away, and as they come back"
  ) { ask, file in
    let samples = try FaithfulnessSample.drawn(count: 10)
    let names = ["integrated gradients", "input × gradient", "attention", "random", "occlusion"]
    let places = (0...20).map { Double($0) / 20 }
    func curves(by name: String, _ filling: Filling) throws -> [[Double]] {
      let scores = samples.map { sample in
        // What comes back first is what would go last.
        sample.scores(name).map { filling == .backwards ? -$0 : $0 }
      }
      let curves = try ask.all(
        GradientsAsks.deletionCurve,
        zip(samples, scores).map { sample, scores in
          DeletionScores(
            number: .translator(sample.prediction), scores: sample.framedLast(scores),
            baseline: filling == .otherWords ? sample.otherWords : sample.baseline, curve: [])
        })
      return try zip(curves, zip(samples, scores)).map { curve, asked in
        try requireCount(
          curve.count, asked.1.count + 1, of: "deletion curve", for: "piece and one before")
        let shown = Array(curve.prefix(asked.0.words.count + 1))
        return resampled(filling == .backwards ? shown.reversed() : shown, at: places)
      }
    }
    let plots = try Filling.allCases.map { filling in
      let series = try names.map { name in
        let curves = try curves(by: name, filling)
        return LinePlot.Series(
          // One legend serves all: it stands beside the first.
          filling == .padding ? name : "", x: places,
          y: places.indices.map { place in
            curves.reduce(0) { $0 + $1[place] } / Double(curves.count)
          })
      }
      return LinePlot(
        series, title: filling.title, x: Axis("share of words \(filling.done)"),
        y: Axis("mean logit")
      ).styled {
        $0.showsMarkers = false
        $0.plotSize.height = 120
      }
    }
    try FigureRow(plots, columns: 1).write(to: file)
  }

  /// What becomes of words whose turn it is.
  private enum Filling: CaseIterable {
    case padding, otherWords, backwards

    var title: String {
      switch self {
      case .padding: "Taken away, the highest score first: padding"
      case .otherWords: "Taken away, the highest score first: other words"
      case .backwards: "Brought back, the highest score first: padding"
      }
    }

    var done: String { self == .backwards ? "inserted" : "deleted" }
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
      try requireCount(
        correlations.count, samples.count, of: "list of correlations", for: "sentence")
      return Bootstrap().mean(
        of: correlations.map(Double.init), groups: Array(correlations.indices))
    }
    try BarPlot(
      groups: FaithfulnessSample.names,
      [
        .init(
          "", means.map(\.value),
          interval: Interval(lower: means.map(\.lower), upper: means.map(\.upper)))
      ],
      title: "Agreement with occlusion", groupTitle: "method",
      y: Axis("mean rank correlation")
    ).styled {
      $0.plotSize = FigureSize(width: 320, height: 160)
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
    guard let contrast = try SheetTranslator.pictured().genderContrast(in: pair) else {
      throw FigureError("the model's pieces do not tell “brun” from “brune”")
    }
    return contrast
  }
}
