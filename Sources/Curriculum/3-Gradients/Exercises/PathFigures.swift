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
    try TokenHeatMap(
      [
        .init("input × gradient", tokens: number.pieces, values: products.source),
        .init("integrated gradients", tokens: number.pieces, values: scores),
        .init("occlusion", tokens: number.pieces, values: occlusion.source),
      ], title: "Shares of the logit of “brun”"
    ).styled {
      $0.valueTitle = "attribution (logits)"
      $0.annotationDecimals = 1
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
        name, x: counts.map { log2(Double($0)) },
        y: try counts.map { steps in
          let found = try prediction.integratedGradients(
            from: baseline, by: .midpoint, steps: steps, batch: 32)
          return abs(found.convergenceDelta / found.difference)
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
      x: Axis("steps, as a power of 2"), y: Axis("gap / difference")
    ).styled { $0.reference = ("a twentieth", 0.05) }.write(to: file)
  }

  /// What the same method says from four baselines.
  static let baselineFigure = SheetFigure(
    "8-baselines.png", "one method, one word, three baselines"
  ) { ask, file in
    let (_, padding) = try brun()
    let number = try brunNumber()
    let translator = try SheetTranslator.translator()
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
    func line(_ name: String, _ baseline: Tensor) throws -> TokenHeatMap.Line {
      .init(
        name, tokens: number.pieces,
        values: try prediction.integratedGradients(
          from: .embeddings(EmbeddingValues(source: baseline)), by: .midpoint, steps: 256, batch: 32
        ).tokens.source)
    }
    try TokenHeatMap(
      [
        line("zero embeddings", .zeros(padding.shape)), line("padding", padding),
        line("padding, instruction kept (yours)", own),
      ], title: "Integrated gradients of “brun” from three baselines, 256 steps"
    ).styled {
      $0.valueTitle = "attribution (logits)"
      $0.annotationDecimals = 1
    }.write(to: file)
  }

  /// Padding between the instruction and the end of “The brown dog ran.”, `[position, width]`.
  static func brunBaseline() throws -> Tensor {
    try brunPrediction().padding(wordsOf: try FigureSentence.brownDog().pair)
  }
}
