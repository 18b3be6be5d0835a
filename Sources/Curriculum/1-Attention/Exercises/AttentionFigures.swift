import AttentionVocabulary
import Coursework
import Figures
import Foundation
import Interpretability
import Laboratory
import SheetTools
import Tensors
import Transformers

extension AttentionSheet {
  /// The pictures of the sheet, in the order of its text.
  static let figures: [SheetFigure] =
    [modelView, neuronView, threeMaps, rowsReadLate, headView] + answerFigures

  private static let headView = SheetFigure(
    "5-head-view.png", "which English words each French word is predicted from"
  ) { file in
    let sentence = try FigureSentence.brownDog()
    let layer = try lastLayer()
    var view = HeadView(
      try sentence.pattern(.decoder, layer, .cross), queries: sentence.predicted,
      keys: sentence.sourceLabels, title: "Cross-attention of the decoder's last layer")
    view.queryTitle = "row predicts"
    try view.write(to: file)
  }

  private static let modelView = SheetFigure(
    "1-model-view.png", "every head of the encoder, the decoder and between them"
  ) { file in
    let sentence = try FigureSentence.brownDog()
    let translator = try SheetTranslator.pictured()
    func view(
      _ title: String, _ stack: StackName, _ layers: Int, _ kind: AttentionKind,
      queries: [String], keys: [String]
    ) throws -> ModelView {
      var view = ModelView(
        try (0..<layers).map { try sentence.pattern(stack, $0, kind) }, queries: queries,
        keys: keys, title: title)
      view.maximumCellWidth = 30
      return view
    }
    var views = try translator.model.configuration.stacks.map { name, stack in
      let labels = sentence.labels(name)
      return try view(name.title, name, stack.layerCount, .own, queries: labels, keys: labels)
    }
    if let decoder = try? translator.decoder() {
      views.append(
        try view(
          "Cross-attention", .decoder, decoder.layerCount, .cross, queries: sentence.predicted,
          keys: sentence.sourceLabels))
    }
    try FigureRow(views).write(to: file)
  }

  private static let neuronView = SheetFigure(
    "2-neuron-view.png", "one row computed: query, keys, products, softmax"
  ) { file in
    let sentence = try FigureSentence.brownDog()
    let layer = try lastLayer()
    let head = try SheetTranslator.pictured().bestHead()
    let row = sentence.predicted.firstIndex(of: "brun") ?? 0
    func vectors(_ point: HookPoint.AttentionPoint) throws -> Tensor {
      let all = try sentence.trace[.block(.decoder, layer, .attention(.cross, point))][at: 0]
      return all.slice(axis: 1, head..<(head + 1)).reshaped(to: [all.shape[0], all.shape[2]])
    }
    try NeuronView(
      query: try vectors(.query)[at: row], keys: try vectors(.key),
      scale: try SheetTranslator.pictured().scoreScale,
      pattern: try sentence.pattern(.decoder, layer, .cross)[at: head][at: row].values,
      queryToken: "row of “\(sentence.predicted[row])”", keyTokens: sentence.sourceLabels,
      title: "How the row that predicts “\(sentence.predicted[row])” finds its word (head \(head))"
    ).write(to: file)
  }

  /// What tells the three kinds apart: who may look where, and at how many columns.
  private static let threeMaps = SheetFigure(
    "3-three-maps.png", "one head of the encoder, of the decoder and between them"
  ) { file in
    let sentence = try FigureSentence.brownDog()
    let decoder = try SheetTranslator.pictured().decoder()
    let encoder = try SheetTranslator.pictured().model.configuration.encoder!
    let head = 0
    var grid = HeatMapGrid(
      [
        .init(
          "encoder, L\(encoder.layerCount - 1)H\(head)",
          try sentence.pattern(.encoder, encoder.layerCount - 1)[at: head],
          rows: sentence.sourceLabels, columns: sentence.sourceLabels),
        .init(
          "decoder, L0H\(head): causal",
          try sentence.pattern(.decoder, 0)[at: head],
          rows: sentence.read, columns: sentence.read),
        .init(
          "cross-attention, L\(decoder.layerCount - 1)H\(head)",
          try sentence.pattern(.decoder, decoder.layerCount - 1, .cross)[at: head],
          rows: sentence.predicted, columns: sentence.sourceLabels),
      ], columns: 2, title: "Who may look where")
    grid.rowTitle = "query"
    grid.columnTitle = "key"
    grid.valueTitle = "attention"
    grid.range = 0...1
    try grid.write(to: file)
  }

  private static let rowsReadLate = SheetFigure(
    "4-rows-read-late.png", "one head, labelled by what its rows read and by what they predict"
  ) { file in
    let sentence = try FigureSentence.brownDog()
    let head = try SheetTranslator.pictured().bestHead()
    let pattern = try sentence.pattern(.decoder, try lastLayer(), .cross)[at: head]
    let labels = sentence.sourceLabels
    var grid = HeatMapGrid(
      [
        .init("by what a row reads", pattern, rows: sentence.read, columns: labels),
        .init("by what it predicts", pattern, rows: sentence.predicted, columns: labels),
      ], columns: 2, title: "The same head twice: only the labels differ")
    grid.columnTitle = "source piece"
    grid.valueTitle = "attention"
    grid.range = 0...1
    try grid.write(to: file)
  }

  /// The last layer that reads across.
  static func lastLayer() throws -> Int { try SheetTranslator.pictured().decoder().layerCount - 1 }
}

extension SheetTranslator {
  /// What a product of a query and a key of cross-attention is multiplied by.
  fileprivate var scoreScale: Float {
    get throws {
      model.configuration.scalesScores ? 1 / Float(try decoder().headWidth).squareRoot() : 1
    }
  }
}

extension StackName {
  /// The stack's name in a title.
  var title: String {
    switch self {
    case .encoder: "Encoder"
    case .decoder: "Decoder"
    case .blocks: "Attention"
    }
  }
}
