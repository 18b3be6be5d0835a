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
    case trace(GradientTrace, GradientReduction)
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
    let title = title ?? "\(run.modelName): \(methodName), \(number)"
    switch content {
    case .sentence(let sentence): return figure(of: sentence, title)
    case .prediction(let scores): return figure(of: scores, title)
    case .trace(let trace, let reduction): return figure(of: trace, reduction, title)
    case .curves(let curves): return figure(of: curves, title)
    }
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
    return TokenHeatMap(lines, title: title).styled {
      $0.valueTitle = unit
      $0.scale = scale
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
    of trace: GradientTrace, _ reduction: GradientReduction, _ title: String
  ) -> any Figure {
    func map(_ values: Tensor, _ columns: [String], _ heading: String, ends: Bool) -> HeatMap {
      HeatMap(
        values,
        rows: (0..<values.shape[0]).map { ends && $0 == values.shape[0] - 1 ? "out" : "\($0)" },
        columns: columns, title: heading
      ).styled {
        $0.rowTitle = ends ? "residual stream before layer" : "layer"
        $0.columnTitle = "position"
        $0.valueTitle = reduction == .norm ? "gradient norm" : "activation × gradient"
        $0.scale = reduction == .norm ? .sequential : .diverging
      }
    }
    var maps: [any Figure] = []
    for (stack, _) in trace.residuals {
      let columns = stack == .decoder ? run.readTokens! : run.sourceTokens
      let name = stack == .blocks ? "" : stack.rawValue
      maps.append(map(trace.map(of: stack, by: reduction)!, columns, name, ends: true))
      if stack == .encoder, let cross = trace.crossMap(by: reduction) {
        maps.append(map(cross, run.sourceTokens, "read by cross-attention", ends: false))
      }
    }
    return FigureRow(maps, title: title)
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
