import ArgumentParser
import Figures
import Foundation
import Interpretability
import Interventions
import Laboratory
import Models
import Tensors
import Transformers

/// What a logit is split into.
enum LogitComponents: String, CaseIterable, ExpressibleByArgument, Sendable {
  case heads, layers, neurons
}

struct AttributeLogitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attribute-logit",
    abstract: "Split a logit, or a difference of two, into what each head and MLP wrote to it.",
    discussion: """
      Direct attribution: what a component adds to the residual stream, through the final norm at the \
      scale it has in this run, along the token's unembedding. What the norm takes off as a mean is \
      taken off every part. A head's part includes its value bias; `bias` is what is left: output \
      biases, those of norms and of the unembedding. The parts add up to the logit.

      The embedding's part includes the position's. Neurons are the hundred greatest in absolute \
      value.

      Example:
        headlight attribute-logit --model reader --text "The capital of France is" \\
          --answer Paris --foil Rome --output logit.png
      """)

  @OptionGroup var model: ModelOption
  @OptionGroup var texts: ReadingOptions
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The token whose logit is split: its text with the space before it, or #123 for an id.",
      valueName: "token"))
  var answer: TokenName
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "A token whose logit is taken off. (default: none, the logit alone)", valueName: "token"))
  var foil: TokenName?
  @Option(parsing: .unconditional, help: .position("Where the logit is read", default: "-1"))
  var position: String?
  @Option(help: "What the logit is split into.")
  var components = LogitComponents.heads
  @OptionGroup var result: ResultOptions

  func run() throws {
    try result.deliver {
      try attribution(of: model.load())
    } figure: {
      $0.figure(title: $1)
    } report: {
      $0.report
    }
  }

  private func attribution(of loaded: LoadedModel) throws -> LogitAttributionResult {
    let reading = try texts.reading(for: loaded)
    let position = try reading.read.position(self.position ?? "-1", option: "--position")
    let (ids, remarks) = try TokenNames(of: loaded).resolve(
      [("--answer", answer)] + (foil.map { [("--foil", $0)] } ?? []))
    remarks.forEach(note)
    let foil = ids.count > 1 ? ids[1] : nil
    let found = try LogitAttribution(
      loaded.model, reading.input, position: position, answer: ids[0], foil: foil)
    try CommandError.check([found.logit, found.sum], "the logit")
    return LogitAttributionResult(
      modelName: loaded.shortName, attribution: found, components: components,
      stack: loaded.model.configuration.stacks.last!.stack,
      caption: (foil == nil ? "logit of " : "logit difference of ")
        + loaded.contrast(ids[0], against: foil))
  }
}

/// A logit and its parts.
struct LogitAttributionResult {
  let modelName: String
  let attribution: LogitAttribution
  let components: LogitComponents
  let stack: TransformerConfiguration.Stack
  let caption: String

  private func heads(_ kind: AttentionKind) -> [[Float]]? {
    var rows = Array(
      repeating: [Float](repeating: 0, count: stack.headCount), count: stack.layerCount)
    var isThere = false
    for (address, value) in attribution.heads where address.kind == kind {
      rows[address.layer][address.head] = value
      isThere = true
    }
    return isThere ? rows : nil
  }

  private var neurons: [LogitReport.Neuron] {
    attribution.greatestNeurons(100).map {
      .init(neuron: "mlp.\($0.layer).\($0.neuron)", value: $0.value)
    }
  }

  private var layers: [LogitReport.Layer] {
    let (own, cross) = (heads(.own), heads(.cross))
    return (0..<stack.layerCount).map { layer in
      func sum(_ rows: [[Float]]?) -> Float? {
        rows.map { rows in Float(rows[layer].reduce(0.0) { $0 + Double($1) }) }
      }
      return .init(
        attention: sum(own) ?? 0, cross: sum(cross),
        mlp: stack.isAttentionOnly ? nil : attribution.mlps[layer])
    }
  }

  var report: LogitReport {
    var report = LogitReport(
      logit: attribution.logit, embedding: attribution.embedding + attribution.position,
      bias: attribution.bias, scale: attribution.scale)
    switch components {
    case .heads:
      report.heads = heads(.own)
      report.crossHeads = heads(.cross)
      report.mlps = attribution.mlps
    case .layers: report.layers = layers
    case .neurons: report.neurons = neurons
    }
    return report
  }

  func figure(title: String?) -> any Figure {
    let title = title ?? "\(modelName): direct contributions to the \(caption)"
    switch components {
    case .heads: return map(title)
    case .layers:
      let layers = layers
      var series = [BarPlot.Series("attention", layers.map { Double($0.attention) })]
      if layers[0].cross != nil {
        series.append(.init("cross-attention", layers.map { Double($0.cross ?? 0) }))
      }
      if layers[0].mlp != nil { series.append(.init("MLP", layers.map { Double($0.mlp ?? 0) })) }
      return FigureRow(
        [
          BarPlot(
            groups: layers.indices.map(String.init), series, groupTitle: "layer",
            y: Axis("contribution", unit: "logits")), rest,
        ], title: title)
    case .neurons:
      let shown = neurons.prefix(30)
      return BarPlot(
        groups: shown.map { String($0.neuron.dropFirst(4)) },
        [.init("contribution", shown.map { Double($0.value) })],
        title: title, groupTitle: "neuron (layer.neuron)",
        y: Axis("contribution", unit: "logits"))
    }
  }

  /// What is neither a head nor an MLP.
  private var rest: BarPlot {
    let report = report
    return BarPlot(
      groups: ["embedding", "bias", "logit"],
      [.init("contribution", [report.embedding, report.bias, report.logit].map(Double.init))],
      y: Axis("contribution", unit: "logits")
    ).styled { $0.plotSize.width = 90 }
  }

  private func map(_ title: String) -> any Figure {
    var (values, columns) = (heads(.own) ?? [], (0..<stack.headCount).map(String.init))
    if let cross = heads(.cross) {
      values = zip(values, cross).map { $0 + $1 }
      columns += (0..<stack.headCount).map { "×\($0)" }
    }
    if !attribution.mlps.isEmpty {
      values = zip(values, attribution.mlps).map { $0 + [$1] }
      columns.append("MLP")
    }
    var map = HeatMap(
      Tensor(rows: values), rows: values.indices.map(String.init), columns: columns)
    map.rowTitle = "layer"
    map.columnTitle = heads(.cross) == nil ? "head" : "head (× of cross-attention)"
    map.valueTitle = "contribution (logits)"
    map.scale = .diverging
    return FigureRow([map, rest], title: title)
  }
}

/// The parts of a logit, as they are printed.
struct LogitReport: Codable, Equatable {
  struct Layer: Codable, Equatable {
    var attention: Float
    var cross: Float?
    var mlp: Float?
  }

  struct Neuron: Codable, Equatable {
    var neuron: String
    var value: Float
  }

  enum CodingKeys: String, CodingKey {
    case logit, embedding, bias, scale, heads, mlps, layers, neurons
    case crossHeads = "cross-heads"
  }

  var logit: Float
  /// The token's embedding and the position's.
  var embedding: Float
  var bias: Float
  var scale: Float
  /// `[layer][head]`.
  var heads: [[Float]]?
  var crossHeads: [[Float]]?
  var mlps: [Float]?
  var layers: [Layer]?
  var neurons: [Neuron]?
}
