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
  /// The pictures of the sheet, in the order of its text.
  static let figures: [SheetFigure] =
    [sentenceFigure, saturationFigure, gapFigure] + answerFigures

  /// The pictures that show answers, and wait for them.
  static let answerFigures =
    [tangentFigure, saliencyFigure, productFigure, integralFigure, baselineFigure] + laterFigures

  /// What every source piece does for every piece that is written.
  private static let sentenceFigure = SheetFigure(
    "1-sentence.png", "what each French word owes to each English one"
  ) { file in
    let sentence = try FigureSentence.brownDog()
    let matrix = try attributeSentence(
      try SheetTranslator.pictured().model, sentence.input,
      predicted: try sentence.encoded().target, by: .inputTimesGradient)
    try HeatMap(
      matrix.source, rows: sentence.predicted, columns: sentence.sourceLabels,
      title: "Input × gradient of every word that is written"
    ).styled {
      $0.rowTitle = "predicted"
      $0.columnTitle = "attributed to"
      $0.valueTitle = "attribution (logits)"
      $0.scale = .diverging
    }.write(to: file)
  }

  /// The logit on the way from padding to the sentence, and what the slope at its end foretells.
  private static let saturationFigure = SheetFigure(
    "5-saturation.png", "the logit of “brun” on the way from nothing said to the sentence"
  ) { file in
    let (prediction, padding) = try brun()
    let steps = 60
    let difference = prediction.embeddings.source - padding
    let values = try (0...steps).map { step in
      let x = padding + difference * (Float(step) / Float(steps))
      return Double(try prediction.at(EmbeddingValues(source: x)).value())
    }
    let slope = Double((difference * (try prediction.gradients().source)).sum().scalar)
    let places = (0...steps).map { Double($0) / Double(steps) }
    try LinePlot(
      [
        .init("the logit", x: places, y: values),
        .init("its tangent at 1", x: places, y: places.map { values[steps] + slope * ($0 - 1) }),
      ], title: "The slope at the end says little of the way there",
      x: Axis("α, from padding (0) to the sentence (1)"), y: Axis("logit of “brun”")
    ).styled { $0.showsMarkers = false }.write(to: file)
  }

  /// The number along one coordinate, and the student's slope as a tangent.
  private static let tangentFigure = SheetFigure(
    "2-tangent.png", "your slope is the tangent of the curve"
  ) { ask, file in
    let (prediction, _) = try brun()
    let number = try brunNumber()
    let gradients = try prediction.gradients().source
    let place = gradients.values.indices.max {
      abs(gradients.values[$0]) < abs(gradients.values[$1])
    }!
    let (position, column) = (place / gradients.shape[1], place % gradients.shape[1])
    let slope = Double(
      try ask(
        GradientsAsks.slope,
        NumberCoordinates(
          number: .translator(brunPrediction()),
          places: [.init(position: position, column: column)]))[0])
    let moves = (-40...40).map { Float($0) / 10 }
    let values = try moves.map { move in
      var x = number.embeddings
      x[position, column] += move
      return Double(try number(x).scalar)
    }
    let here = values[40]
    guard slope.isFinite else { throw FigureError("your slope is \(slope), which no line has") }
    try LinePlot(
      [
        .init("the logit", x: moves.map(Double.init), y: values),
        .init(
          "your slope", x: moves.map(Double.init),
          y: moves.map { here + slope * Double($0) }),
      ],
      title: "Moving one coordinate of “\(number.labels[position])”",
      x: Axis("change of coordinate \(column)"), y: Axis("logit of “brun”")
    ).styled {
      $0.showsMarkers = false
      $0.yAxis.range = (values.min()! - 1)...(values.max()! + 1)
    }.write(to: file)
  }

  private static let saliencyFigure = SheetFigure(
    "3-saliency.png", "how much “brun” moves when a word's embedding does"
  ) { ask, file in
    let number = try brunNumber()
    let scores = try ask(
      GradientsAsks.saliency,
      NumberCoordinates(number: .translator(brunPrediction()), places: []))
    try requireCount(scores.count, number.pieces.count, of: "saliency", for: "piece")
    try TokenHeatMap(tokens: number.pieces, values: scores, title: "Saliency for “brun”").styled {
      $0.valueTitle = "gradient norm (logits per unit)"
      $0.scale = .sequential
      $0.annotationDecimals = 2
    }.write(to: file)
  }

  private static let productFigure = SheetFigure(
    "4-input-times-gradient.png", "your shares of “brun”, beside what occlusion says"
  ) { ask, file in
    let (prediction, padding) = try brun()
    let number = try brunNumber()
    let scores = try ask(
      GradientsAsks.inputTimesGradient,
      NumberAndPieces(number: .translator(brunPrediction()), scores: [], words: []))
    try requireCount(scores.count, number.pieces.count, of: "list of products", for: "piece")
    let occlusion = try prediction.occlusion(
      replacing: .embeddings(EmbeddingValues(source: padding)))
    try TokenHeatMap(
      [
        .init("input × gradient", tokens: number.pieces, values: scores),
        .init("occlusion", tokens: number.pieces, values: occlusion.source),
      ], title: "Shares of the logit of “brun”"
    ).styled {
      $0.valueTitle = "attribution (logits)"
      $0.annotationDecimals = 1
      $0.alignsTokens = true
    }.write(to: file)
  }
}

extension GradientsSheet {
  /// The row that predicts “brun” for the brown dog that ran.
  static func brunPrediction() throws -> TranslatorPrediction {
    let sentence = try FigureSentence.brownDog()
    let encoded = try sentence.encoded()
    let translator = try SheetTranslator.pictured()
    let row = sentence.predicted.firstIndex(of: "brun") ?? 0
    return TranslatorPrediction(
      model: translator.value, source: encoded.source,
      decoder: encoded.decoderInput(
        startToken: translator.model.configuration.startToken),
      words: encoded.sourceWords,
      target: AttributionTarget(encoded.target[row], at: row))
  }

  static func brunNumber() throws -> PredictedNumber { try brunPrediction().number() }

  /// The prediction, and padding in the place of all it reads, `[position, width]`.
  static func brun() throws -> (prediction: ExplainedPrediction, padding: Tensor) {
    let prediction = try brunPrediction().explained()
    let padding = try SheetTranslator.pictured().filler()
    return (prediction, Tensor.zeros(prediction.embeddings.source.shape) + padding)
  }
}

extension SheetTranslator {
  /// The embedding of padding, the piece that says nothing, `[width]`.
  func filler() throws -> Tensor {
    let pad = model.configuration.padToken
    return try model.run(ModelInput([pad], decoderTokens: [pad]), capturing: [.embedding])
      .trace[.embedding].reshaped(to: [model.configuration.width])
  }
}

extension PredictedNumber {
  /// The pieces without the mark of the space before them.
  var labels: [String] {
    pieces.map { $0.hasPrefix("▁") && $0.count > 1 ? String($0.dropFirst()) : $0 }
  }
}
