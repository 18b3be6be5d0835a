import Coursework
import Figures
import Foundation
import GradientsVocabulary
import Interpretability
import SheetTools
import Tensors
import Transformers

extension GradientsSheet {
  /// Input × gradient, integrated gradients and occlusion, below one another.
  static let integralFigure = SheetFigure(
    "6-integrated-gradients.png", "your shares along the whole way"
  ) { ask, file in
    let (prediction, padding) = try brun()
    let number = try brunNumber()
    let baseline = try brunBaseline()
    let scores = try ask(
      GradientsAsks.integratedGradients,
      BaselinePath(
        number: .translator(brunPrediction()), baseline: baseline, steps: 64, scores: []))
    try requireCount(scores.count, number.pieces.count, of: "list of scores", for: "piece")
    let occlusion = try prediction.occlusion(
      replacing: .embeddings(EmbeddingValues(source: padding)))
    let products = try prediction.inputTimesGradient()
    let difference = try number(number.embeddings).scalar - number(baseline).scalar
    try TokenHeatMap(
      [
        .init("input × gradient", tokens: number.pieces, values: products.source),
        .init("integrated gradients", tokens: number.pieces, values: scores),
        .init("occlusion", tokens: number.pieces, values: occlusion.source),
      ], title: "Shares of the logit of “brun”"
    ).styled {
      $0.showShares(differences: [nil, Double(difference), nil])
    }.write(to: file)
  }

  /// How the gap closes with more steps, from several baselines.
  static let gapFigure = SheetFigure(
    "7-gap.png", "how far the shares are from adding up, by the number of steps"
  ) { file in
    let (prediction, padding) = try brun()
    let counts = [8, 16, 32, 64, 128, 256]
    func series(_ name: String, _ baseline: Baseline) throws -> LinePlot.Series {
      LinePlot.Series(
        name, x: counts.indices.map(Double.init),
        y: try counts.map { steps in
          let found = try prediction.integratedGradients(
            from: baseline, by: .midpoint, steps: steps, batch: 32)
          return Double(abs(found.convergenceDelta / found.difference))
        })
    }
    try LinePlot(
      [
        series("zero embeddings", .zero),
        series("the mean embedding", .meanEmbedding),
        series("padding", .embeddings(EmbeddingValues(source: padding))),
        series(
          "padding, instruction kept", .embeddings(EmbeddingValues(source: try brunBaseline()))),
      ], title: "The completeness gap, as a share of f(x) − f(x′)",
      x: Axis("steps", labels: counts.map(String.init)),
      y: Axis("gap / difference", range: 1e-4...10, scale: .logarithmic)
    ).styled { $0.reference = ("a twentieth", 0.05) }.write(to: file)
  }

  /// What the same method says from four baselines.
  static let baselineFigure = SheetFigure(
    "8-baselines.png", "one method, one word, three baselines"
  ) { ask, file in
    let (_, padding) = try brun()
    let number = try brunNumber()
    let translator = try SheetTranslator.pictured()
    let kept = try brunPrediction().frame(of: try FigureSentence.brownDog().pair)
    let own = try ask(
      GradientsAsks.baseline,
      BaselineChoices(
        number: .translator(brunPrediction()), filler: try translator.filler(), kept: kept,
        baselines: [], steps: 1))
    guard own.shape == number.embeddings.shape else {
      throw FigureError(
        "your baseline has the shape \(own.shape), not that of the embeddings, "
          + "\(number.embeddings.shape)")
    }
    let prediction = try brun().prediction
    let found = try [.zeros(padding.shape), padding, own].map { baseline in
      try prediction.integratedGradients(
        from: .embeddings(EmbeddingValues(source: baseline)), by: .midpoint, steps: 256, batch: 32)
    }
    let names = ["zero embeddings", "padding", "padding, instruction kept (yours)"]
    try TokenHeatMap(
      zip(names, found).map { name, found in
        .init(name, tokens: number.pieces, values: found.tokens.source)
      }, title: "Integrated gradients of “brun” from three baselines, 256 steps"
    ).styled {
      $0.showShares(differences: found.map(\.difference))
    }.write(to: file)
  }

  /// Padding between the instruction and the end of “The brown dog ran.”, `[position, width]`.
  static func brunBaseline() throws -> Tensor {
    try brunPrediction().padding(wordsOf: try FigureSentence.brownDog().pair)
  }
}

extension TokenHeatMap {
  /// Attributions as people know them: tokens in columns, and at the end of each line the sum, what there
  /// was to share out, and the gap.
  ///
  /// - Parameter differences: f(x) − f(x′) of each line, or nil where nothing says what its scores should
  ///   add up to.
  mutating func showShares(differences: [Double?]) {
    let sums = lines.map { $0.values.reduce(0) { $0 + Double($1) } }
    // A gap of a hundred-thousandth is none at one decimal.
    func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
    valueTitle = "attribution (logits)"
    annotationDecimals = 1
    alignsTokens = true
    totals = [
      ("sum", sums.map(Optional.some)), ("f(x) − f(x′)", differences),
      (
        "gap",
        zip(sums, differences).map { sum, difference in difference.map { rounded(sum - $0) } }
      ),
    ]
  }
}
