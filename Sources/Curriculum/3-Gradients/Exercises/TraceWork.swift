import Coursework
import GradientsVocabulary
import Interpretability
import SheetTools
import Tensors
import Transformers

/// The gradients of a run, from the library, and maps of them in loops of Double.
struct TraceWork {
  private typealias Gradients = [HookPoint: TracedGradient]

  private let model: Transformer
  private let input: ModelInput
  private let target: AttributionTarget
  private let found: Gradients

  init(_ question: TracedPrediction) throws {
    model = try question.model.model()
    input = question.input
    target = question.prediction.target
    found = try Self.gradients(of: target, model, input)
  }

  private static func gradients(
    of target: AttributionTarget, _ model: Transformer, _ input: ModelInput
  ) throws -> Gradients {
    var points: [HookPoint] = []
    for (name, stack) in model.configuration.stacks {
      for layer in 0..<stack.layerCount {
        points += [.residualPre(name, layer), .residualPost(name, layer)]
        if name == .decoder { points.append(.pattern(.decoder, layer, .cross)) }
      }
    }
    return try ExplainedPrediction(model, input, target: target).gradients(at: points)
  }

  /// What a map is of the log-probability, and of the logit in the rows before and after.
  private func mistakes(_ map: (Gradients) -> [[Double]]) throws -> [Mistake<Tensor>] {
    func ofAnother(_ change: (inout AttributionTarget) -> Void) throws -> [[Double]] {
      var other = target
      change(&other)
      return map(try Self.gradients(of: other, model, input))
    }
    let rows = 0..<(input.decoderTokens?[0].count ?? 0)
    let neighbours = [target.position - 1, target.position + 1].filter { rows.contains($0) }
    var mistakes = [
      Mistake<Tensor>(
        "the gradient is of the log-probability; take that of the logit",
        try ofAnother { $0.measure = .logProbability })
    ]
    for row in neighbours {
      mistakes.append(
        Mistake(
          "the gradient is of another row of the logits; `position` is the row, counted from 0",
          try ofAnother { $0.position = row }))
    }
    return mistakes
  }

  /// A map that is wanted; of maps whose values are all small, small differences count.
  private func expected(
    _ map: [[Double]], named name: String, mistakes: @escaping () throws -> [Mistake<Tensor>]
  ) -> Expected<Tensor> {
    let greatest = map.joined().map { Float(abs($0)) }.max() ?? 1
    return Expected(
      map, tolerance: 2e-3 * min(1, greatest), named: name, axes: ["layer", "position"],
      mistakes: mistakes)
  }

  private func layers(_ stack: StackName) -> Range<Int> {
    0..<(model.configuration.stacks.first { $0.name == stack }?.stack.layerCount ?? 0)
  }

  /// The lengths of the gradients of a stack's residual streams, `[layer][position]`.
  func lengths(_ stack: StackName) -> [[Double]] { residuals(stack, found, Self.length) }

  private static func length(_ row: [Double], _: [Double]) -> Double {
    row.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  private func residuals(
    _ stack: StackName, _ gradients: Gradients, after: Bool = false,
    _ reduce: (_ gradient: [Double], _ activation: [Double]) -> Double
  ) -> [[Double]] {
    layers(stack).map { layer in
      let point = HookPoint.block(stack, layer, after ? .residualPost : .residualPre)
      let traced = gradients[point]!
      return zip(traced.gradient[at: 0].doubleRows, traced.activation[at: 0].doubleRows)
        .map(reduce)
    }
  }

  /// The map of a stack's residual streams.
  func residuals(_ stack: StackName, named name: String) -> Expected<Tensor> {
    func map(
      after: Bool = false, _ reduce: (_ gradient: [Double], _ activation: [Double]) -> Double
    ) -> [[Double]] {
      residuals(stack, found, after: after, reduce)
    }
    return expected(lengths(stack), named: name) {
      let own: [Mistake<Tensor>] = [
        Mistake(
          "\(name) holds squares of lengths: the root is not taken",
          map { gradient, _ in gradient.reduce(0) { $0 + $1 * $1 } }),
        Mistake(
          "\(name) adds coordinates up with their signs; a length is the root of their squares",
          map { gradient, _ in gradient.reduce(0, +) }),
        Mistake(
          "\(name) adds absolute values up; a length is the root of the sum of squares",
          map { gradient, _ in gradient.reduce(0) { $0 + abs($1) } }),
        Mistake(
          "\(name) is multiplied by what is there; the length of the gradient alone is asked for",
          map { zip($0, $1).reduce(0) { $0 + $1.0 * $1.1 } }),
        Mistake(
          "\(name) holds the lengths of the residual stream itself, not of its gradient",
          map { Self.length($1, $0) }),
        Mistake(
          "\(name) is one layer late: row l is the stream before layer l, not after it",
          map(after: true, Self.length)),
      ]
      return try mistakes { residuals(stack, $0, Self.length) } + own
    }
  }

  private typealias Entry = (attention: Double, gradient: Double)

  private static func product(_ entry: Entry) -> Double { entry.attention * entry.gradient }

  /// Attention × gradient of cross-attention, `[layer][source]`.
  var products: [[Double]] { crossed(found, Self.product) }

  private func crossed(
    _ gradients: Gradients, rows: Range<Int>? = nil, averagesHeads: Bool = false,
    bySource: Bool = true, _ reduce: (Entry) -> Double
  ) -> [[Double]] {
    layers(.decoder).map { layer in
      let traced = gradients[.pattern(.decoder, layer, .cross)]!
      // [1, head, target, source]
      let (attention, gradient) = (traced.activation, traced.gradient)
      let (heads, targets, sources) = (
        attention.shape[1], attention.shape[2], attention.shape[3]
      )
      var sums = Array(repeating: 0.0, count: bySource ? sources : targets)
      for head in 0..<heads {
        for row in rows ?? 0..<targets {
          for source in 0..<sources {
            sums[bySource ? source : row] += reduce(
              (Double(attention[0, head, row, source]), Double(gradient[0, head, row, source])))
          }
        }
      }
      return sums.map { averagesHeads ? $0 / Double(heads) : $0 }
    }
  }

  /// The map of cross-attention.
  var cross: Expected<Tensor> {
    let name = "the map of cross-attention"
    return expected(products, named: name) {
      let own: [Mistake<Tensor>] = [
        Mistake(
          "\(name) holds attention alone; multiply it with its gradient",
          crossed(found) { $0.attention }),
        Mistake(
          "\(name) holds the gradient alone; multiply it with the attention",
          crossed(found) { $0.gradient }),
        Mistake(
          "the signs are lost in \(name): what speaks against the prediction is negative",
          crossed(found) { abs(Self.product($0)) }),
        Mistake(
          "\(name) counts one row alone; rows before it are read by it in later layers",
          crossed(found, rows: target.position..<(target.position + 1), Self.product)),
        Mistake(
          "\(name) averages the heads; add them up",
          crossed(found, averagesHeads: true, Self.product)),
        Mistake(
          "\(name) is summed over the source; keep the source and sum over the rows",
          crossed(found, bySource: false, Self.product)),
      ]
      return try mistakes { crossed($0, Self.product) } + own
    }
  }
}
