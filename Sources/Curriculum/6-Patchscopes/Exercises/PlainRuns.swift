import SheetTools
import Tensors
import Transformers

/// Whole runs with interventions, one at a time: what answers are held against.
extension Transformer {
  var points: [HookPoint] { configuration.residualPoints }
  var blockCount: Int { points.count - 1 }

  /// The residual stream of a text at every layer, `[position, width]` each.
  func layers(of tokens: [Int], _ changes: [Intervention] = []) throws -> [Tensor] {
    let points = points
    let trace = try run(ModelInput(tokens), capturing: .points(Set(points)), intervening: changes)
      .trace
    return try points.map { try trace[$0][at: 0] }
  }

  /// What the parts of every block add, `[position, width]` each.
  func outputs(of points: [HookPoint], _ tokens: [Int]) throws -> [Tensor] {
    let trace = try run(ModelInput(tokens), capturing: .points(Set(points))).trace
    return try points.map { try trace[$0][at: 0] }
  }

  /// The logits of a run with changes, `[position, token]`.
  func logits(of tokens: [Int], _ changes: [Intervention] = []) throws -> Tensor {
    try run(ModelInput(tokens), intervening: changes).logits[at: 0]
  }

  /// The probability of a token at the last position, in Double.
  func probability(
    of token: Int, after tokens: [Int], _ changes: [Intervention] = []
  ) throws -> Double {
    probabilities(try logits(of: tokens, changes)[at: tokens.count - 1])[token]
  }
}

/// The softmax of logits, in Double.
func probabilities(_ logits: Tensor) -> [Double] {
  DoubleSoftmax.probabilities(logits.values.map(Double.init))
}

extension Intervention {
  /// Puts rows of `[position, width]` in the place of what stands at positions of a batch of one.
  static func rows(
    _ point: HookPoint, _ rows: [(position: Int, state: Tensor)], adds: Bool = false
  ) -> Intervention {
    Intervention(at: point) { activation in
      var changed = activation
      for (position, state) in rows {
        let values = state.values
        for (column, value) in values.enumerated() {
          changed[0, position, column] = value + (adds ? activation[0, position, column] : 0)
        }
      }
      return changed
    }
  }

  /// Puts one row of a matrix in the place of what stands at its position.
  static func row(_ position: Int, of states: Tensor, at point: HookPoint) -> Intervention {
    .rows(point, [(position, states[at: position])])
  }

  /// Adds noise `[position, width]` to token embeddings.
  static func noise(_ noise: Tensor, at positions: Range<Int>) -> Intervention {
    .rows(.embedding, positions.enumerated().map { ($1, noise[at: $0]) }, adds: true)
  }

  /// Sets scores, or what else stands between queries and keys, to a value in all heads.
  static func between(
    _ queries: [Int], _ keys: [Int], block: Int, _ point: HookPoint.AttentionPoint = .scores,
    becomes value: Float = -.infinity
  ) -> Intervention {
    Intervention(at: .block(.blocks, block, .attention(.own, point))) { scores in
      var changed = scores
      for head in 0..<scores.shape[1] {
        for query in queries { for key in keys { changed[0, head, query, key] = value } }
      }
      return changed
    }
  }
}
