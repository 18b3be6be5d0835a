import Figures
import Foundation
import Interpretability
import Tensors
import Transformers

/// What `headlight attribute` found, to be drawn and written.
struct AttributionResult {
  enum Content {
    case sentence(SentenceAttribution)
    case prediction(TokenScores)
    /// - Parameter isShared: Whether one colour scale serves all layers.
    case trace([TraceMap], GradientReduction, isShared: Bool)
    case curves(AttributionRun.Curves)
  }

  /// What was asked of one prediction.
  struct Question {
    let target: AttributionTarget
    let value: Float
  }

  let run: AttributionRun
  let method: AttributionMethod
  let measure: AttributionTarget.Measure
  var question: Question?
  /// What integrated gradients add up to, one for each explained prediction; none of other methods.
  var completeness: [Completeness] = []
  let content: Content

  /// The method, unless the content is another's.
  private var methodName: String {
    if case .trace = content { return "gradients at every layer" }
    return method.rawValue
  }

  /// The measured number: “logit of brun − brune”.
  private var number: String {
    guard let target = question?.target else { return measure.rawValue }
    return "\(measure.rawValue) of \(run.contrast(of: target))"
  }

  private var unit: String {
    let unit = measure == .logit ? "logits" : measure == .probability ? "probability" : "nats"
    switch method {
    case .inputTimesGradient, .integratedGradients, .occlusion: return "attribution (\(unit))"
    case .saliency, .smoothGrad: return "gradient norm (\(unit) per unit)"
    case .random: return "random score"
    case .valueZeroing, .rollout, .attention: return "share"
    }
  }

  private var scale: ColourScale { method.isSigned ? .diverging : .sequential }

  /// The figure of the content.
  func figure(title: String?) -> any Figure {
    let title = title ?? "\(run.modelName): \(methodName), \(number)\(widestGap)"
    switch content {
    case .sentence(let sentence): return figure(of: sentence, title)
    case .prediction(let scores): return figure(of: scores, title)
    case .trace(let maps, let reduction, let isShared):
      return figure(of: maps, reduction, isShared: isShared, title)
    case .curves(let curves): return figure(of: curves, title)
    }
  }

  /// What a title says of a sentence in which some sums are not to be trusted.
  private var widestGap: String {
    guard case .sentence = content, let widest = completeness.max(by: { $0.share < $1.share }),
      !widest.isClose
    else { return "" }
    return "; gaps up to \(widest.percent) of the difference"
  }

  private func figure(of scores: TokenScores, _ title: String) -> any Figure {
    var lines = [
      TokenHeatMap.Line(
        scores.decoder == nil ? "" : "source", tokens: run.sourceTokens, values: scores.source)
    ]
    if let decoder = scores.decoder, let tokens = run.readTokens {
      // What comes after the prediction cannot matter.
      let count = min(question!.target.position + 1, tokens.count)
      lines.append(
        .init(
          "read so far", tokens: Array(tokens[..<count]), values: Array(decoder[..<count])))
    }
    let own = completeness.first
    /// Beside the first line; the sum is over all of them.
    func column(_ value: Double?) -> [Double?] { lines.indices.map { $0 == 0 ? value : nil } }
    return TokenHeatMap(lines, title: title).styled {
      $0.valueTitle = unit
      $0.scale = scale
      guard let own else { return }
      $0.totals = [
        ("sum", column(own.sum)), ("f(x) − f(x′)", column(own.difference)),
        ("gap", column(own.gap)),
      ]
    }
  }

  private func figure(of sentence: SentenceAttribution, _ title: String) -> any Figure {
    func map(_ values: Tensor, columns: [String], _ heading: String, _ what: String) -> HeatMap {
      HeatMap(values, rows: run.predictedTokens, columns: columns, title: heading).styled {
        $0.rowTitle = "predicted"
        $0.columnTitle = what
        $0.valueTitle = unit
        $0.scale = scale
      }
    }
    let isCausal = run.model.configuration.decoder != nil
    guard let decoder = sentence.decoder, let read = run.readTokens else {
      let values = isCausal ? sentence.source.hidingLaterColumns : sentence.source
      return map(values, columns: run.sourceTokens, title, "attributed to")
    }
    return FigureRow(
      [
        map(sentence.source, columns: run.sourceTokens, "source", "attributed to"),
        map(decoder.hidingLaterColumns, columns: read, "written before", "attributed to"),
      ], title: title)
  }

  private func figure(
    of maps: [TraceMap], _ reduction: GradientReduction, isShared: Bool, _ title: String
  ) -> any Figure {
    let what = reduction == .norm ? "gradient norm" : "activation × gradient"
    return FigureRow(
      maps.map { map in
        let greatest = (0..<map.values.shape[0]).map { row in
          map.values[at: row].values.map { abs($0) }.max() ?? 0
        }
        let shown =
          isShared
          ? map.values
          : Tensor(
            rows: greatest.enumerated().map { row, greatest in
              map.values[at: row].values.map { greatest > 0 ? $0 / greatest : 0 }
            })
        return HeatMap(
          shown,
          rows: greatest.enumerated().map { row, greatest in
            let name = map.hasEnd && row == map.values.shape[0] - 1 ? "out" : "\(row)"
            return isShared ? name : "\(name): \(String(format: "%.2g", greatest))"
          }, columns: map.columns, title: map.title
        ).styled {
          $0.rowTitle = map.hasEnd ? "residual stream before layer" : "layer"
          $0.columnTitle = "position"
          $0.valueTitle = isShared ? what : "\(what), share of the layer's greatest"
          $0.scale = reduction == .norm ? .sequential : .diverging
          if !isShared { $0.range = reduction == .norm ? 0...1 : -1...1 }
        }
      }, title: title)
  }

  private func figure(of curves: AttributionRun.Curves, _ title: String) -> any Figure {
    func plot(
      _ curve: PerturbationCurve, _ random: [PerturbationCurve], _ name: String
    ) -> LinePlot {
      let means = curve.shares.indices.map { index in
        random.reduce(0) { $0 + $1.values[index] } / Double(random.count)
      }
      let deviations = curve.shares.indices.map { index in
        (random.reduce(0) {
          $0 + ($1.values[index] - means[index]) * ($1.values[index] - means[index])
        }
          / Double(random.count - 1)).squareRoot()
      }
      return LinePlot(
        [
          .init(method.rawValue, x: curve.shares, y: curve.values),
          .init(
            "random, ± 1 sd", x: curve.shares, y: means,
            interval: Interval(
              lower: zip(means, deviations).map { $0 - $1 },
              upper: zip(means, deviations).map { $0 + $1 })),
        ], title: name, x: Axis("share of source tokens"), y: Axis(measure.rawValue))
    }
    return FigureRow(
      [
        plot(curves.deletion, curves.randomDeletions, "deletion"),
        plot(curves.insertion, curves.randomInsertions, "insertion"),
      ], title: title)
  }
}

extension Tensor {
  /// Without what a row cannot see: the columns after its own are no numbers.
  fileprivate var hidingLaterColumns: Tensor {
    var copy = self
    for row in 0..<shape[0] {
      for column in 0..<shape[1] where column > row { copy[row, column] = .nan }
    }
    return copy
  }
}

/// What a trace shows of one stack, or of what is read across: `[layer, position]`.
struct TraceMap {
  static let cross = "cross-attention"

  let name: String
  let title: String
  var values: Tensor
  let columns: [String]
  /// Whether the last row is the stream behind the last layer.
  let hasEnd: Bool

  /// The maps of a trace, in the order in which a figure shows them.
  static func all(
    of trace: GradientTrace, by reduction: GradientReduction, in run: AttributionRun
  ) -> [TraceMap] {
    trace.residuals.flatMap { stack, _ in
      var maps = [
        TraceMap(
          stack, trace.map(of: stack, by: reduction)!, in: run)
      ]
      if stack == .encoder, let cross = trace.crossMap(by: reduction) {
        maps.append(
          TraceMap(
            name: Self.cross, title: "read by cross-attention", values: cross,
            columns: run.sourceTokens, hasEnd: false))
      }
      return maps
    }
  }

  /// Maps of zeros in the shape that a trace of a model will have.
  static func placeholders(in run: AttributionRun) -> [TraceMap] {
    run.model.configuration.stacks.map { name, stack in
      let count = (name == .decoder ? run.readTokens ?? [] : run.sourceTokens).count
      return TraceMap(name, .zeros([stack.layerCount + 1, count]), in: run)
    }
  }

  private init(_ stack: StackName, _ values: Tensor, in run: AttributionRun) {
    self.init(
      name: stack.rawValue, title: stack == .blocks ? "" : stack.rawValue, values: values,
      columns: stack == .decoder ? run.readTokens! : run.sourceTokens, hasEnd: true)
  }

  private init(name: String, title: String, values: Tensor, columns: [String], hasEnd: Bool) {
    self.name = name
    self.title = title
    self.values = values
    self.columns = columns
    self.hasEnd = hasEnd
  }
}

extension Completeness {
  /// The size of the gap as a share of the difference's.
  var share: Double { abs(gap) / abs(difference) }

  /// The same for people.
  var percent: String {
    share.isFinite && share < 100 ? "\(Int((share * 100).rounded())) %" : "many times"
  }
}
