import Interpretability
import Tensors
import Transformers

/// The gradients of a run, from the library, and maps of them in loops of Double.
struct TraceWork {
  private let model: Transformer
  private let found: [HookPoint: TracedGradient]
  /// The same of the log-probability, and of the logit in the rows before and after.
  private let others: [(sentence: String, gradients: [HookPoint: TracedGradient])]
  private let position: Int

  init(_ model: Transformer, _ input: ModelInput, target: AttributionTarget) throws {
    self.model = model
    position = target.position
    var points: [HookPoint] = []
    for (name, stack) in model.configuration.stacks {
      for layer in 0..<stack.layerCount {
        points += [.residualPre(name, layer), .residualPost(name, layer)]
        if name == .decoder { points.append(.pattern(.decoder, layer, .cross)) }
      }
    }
    func gradients(
      _ change: (inout AttributionTarget) -> Void = { _ in }
    ) throws -> [HookPoint: TracedGradient] {
      var target = target
      change(&target)
      return try ExplainedPrediction(model, input, target: target).gradients(at: points)
    }
    found = try gradients()
    let rows = input.decoderTokens?[0].count ?? 0
    let neighbours = [position - 1, position + 1].filter { (0..<rows).contains($0) }
    others =
      [
        (
          "the gradient is of the log-probability; take that of the logit",
          try gradients { $0.measure = .logProbability }
        )
      ]
      + (try neighbours.map { row in
        (
          "the gradient is of another row of the logits; `position` is the row, counted from 0",
          try gradients { $0.position = row }
        )
      })
  }

  private func layers(_ stack: StackName) -> Range<Int> {
    0..<(model.configuration.stacks.first { $0.name == stack }?.stack.layerCount ?? 0)
  }

  /// The map of a stack's residual streams.
  func residuals(_ stack: StackName, named name: String) throws -> GradientsSheet.MapKey {
    func map(
      _ gradients: [HookPoint: TracedGradient], after: Bool = false,
      _ reduce: (_ gradient: [Double], _ activation: [Double]) -> Double
    ) -> [[Double]] {
      layers(stack).map { layer in
        let point = HookPoint.block(stack, layer, after ? .residualPost : .residualPre)
        let traced = gradients[point]!
        return zip(traced.gradient[at: 0].doubleRows, traced.activation[at: 0].doubleRows)
          .map(reduce)
      }
    }
    func length(_ row: [Double], _: [Double]) -> Double {
      row.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
    return GradientsSheet.MapKey(
      name, map(found, length),
      others.map { ($0.sentence, map($0.gradients, length)) } + [
        (
          "\(name) holds squares of lengths: the root is not taken",
          map(found) { gradient, _ in gradient.reduce(0) { $0 + $1 * $1 } }
        ),
        (
          "\(name) adds coordinates up with their signs; a length is the root of their squares",
          map(found) { gradient, _ in gradient.reduce(0, +) }
        ),
        (
          "\(name) adds absolute values up; a length is the root of the sum of squares",
          map(found) { gradient, _ in gradient.reduce(0) { $0 + abs($1) } }
        ),
        (
          "\(name) is multiplied by what is there; the length of the gradient alone is asked for",
          map(found) { zip($0, $1).reduce(0) { $0 + $1.0 * $1.1 } }
        ),
        (
          "\(name) holds the lengths of the residual stream itself, not of its gradient",
          map(found) { length($1, $0) }
        ),
        (
          "\(name) is one layer late: row l is the stream before layer l, not after it",
          map(found, after: true, length)
        ),
      ])
  }

  /// The map of cross-attention.
  func cross() -> GradientsSheet.MapKey {
    let name = "the map of cross-attention"
    typealias Entry = (attention: Double, gradient: Double)
    func map(
      _ gradients: [HookPoint: TracedGradient], rows: Range<Int>? = nil,
      averagesHeads: Bool = false, bySource: Bool = true, _ reduce: (Entry) -> Double
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
    func product(_ entry: Entry) -> Double { entry.attention * entry.gradient }
    return GradientsSheet.MapKey(
      name, map(found, product),
      others.map { ($0.sentence, map($0.gradients, product)) } + [
        ("\(name) holds attention alone; multiply it with its gradient", map(found, \.attention)),
        (
          "\(name) holds the gradient alone; multiply it with the attention", map(found, \.gradient)
        ),
        (
          "the signs are lost in \(name): what speaks against the prediction is negative",
          map(found) { abs(product($0)) }
        ),
        (
          "\(name) counts one row alone; rows before it are read by it in later layers",
          map(found, rows: position..<(position + 1), product)
        ),
        ("\(name) averages the heads; add them up", map(found, averagesHeads: true, product)),
        (
          "\(name) is summed over the source; keep the source and sum over the rows",
          map(found, bySource: false, product)
        ),
      ])
  }
}
