import Tensors

/// Keys and values a decoder has computed for the tokens so far, `[batch, key, head, headWidth]`.
struct KeyValues: Sendable {
  var keys: Tensor
  var values: Tensor
}

/// What single heads read in the place of what all read, where that was changed:
/// `[batch, position, head, width]`.
struct HeadInputs {
  var query, key, value: Tensor?
}

/// An attention layer with its four projections.
///
/// Vaswani et al., "Attention Is All You Need", 2017.
package struct Attention: Sendable {
  package var query: Linear
  package var key: Linear
  package var value: Linear
  package var output: Linear
  /// Norms of every head's queries and keys.
  ///
  /// Dehghani et al., "Scaling Vision Transformers to 22 Billion Parameters", 2023.
  var queryNorm: Norm?
  var keyNorm: Norm?
  let kind: AttentionKind
  let headCount: Int
  let keyHeadCount: Int
  let scale: Float
  /// How many positions back a query sees, or nil for all the way.
  let window: Int?

  /// - Parameters:
  ///   - x: What asks, `[batch, query, width]`.
  ///   - source: What is read, `[batch, key, width]`.
  ///   - heads: What single heads read instead.
  ///   - mask: Which keys a query may see; the layer's window is added.
  ///   - bias: Added to the scores, `[head, query, key]`.
  ///   - rotation: The angles that keys are turned by.
  ///   - queryRotation: The angles that queries are turned by.
  ///   - cache: Earlier keys and values, which new ones join in self-attention; in cross-attention
  ///     they stand for the source once it has been read.
  /// - Returns: What the layer adds to the residual stream, `[batch, query, width]`.
  func callAsFunction(
    _ x: Tensor, reading source: Tensor, heads: HeadInputs = HeadInputs(), mask: AttentionMask,
    bias: Tensor? = nil, rotation: Rotation? = nil, queryRotation: Rotation? = nil,
    cache: inout KeyValues?, hooks: inout Hooks, point: (HookPoint.AttentionPoint) -> HookPoint
  ) throws -> Tensor {
    let mixed = try hooks(point(.mixed)) { hooks in
      var q = try hooks(point(.query)) { _ in
        heads.query.map(query.perHead) ?? split(query(x), headCount)
      }
      if let queryNorm { q = queryNorm(q) }
      if let queryRotation {
        q = try hooks(point(.rotatedQuery), q.rotated(by: queryRotation))
      }
      let k: Tensor
      let v: Tensor
      if kind == .cross, let cached = cache {
        (k, v) = (cached.keys, cached.values)
      } else {
        var newKeys = try hooks(point(.key)) { _ in
          heads.key.map(key.perHead) ?? split(key(source), keyHeadCount)
        }
        if let keyNorm { newKeys = keyNorm(newKeys) }
        if let rotation { newKeys = try hooks(point(.rotatedKey), newKeys.rotated(by: rotation)) }
        let newValues = try hooks(point(.value)) { _ in
          heads.value.map(value.perHead) ?? split(value(source), keyHeadCount)
        }
        k = cache.map { .concatenation([$0.keys, newKeys], axis: 1) } ?? newKeys
        v = cache.map { .concatenation([$0.values, newValues], axis: 1) } ?? newValues
      }
      cache = KeyValues(keys: k, values: v)
      var mask = mask
      mask.window = window
      let pattern = try hooks(point(.pattern)) { hooks in
        try hooks(point(.scores)) { _ in
          q.attentionScores(keys: k, scale: scale, adding: bias).masked(by: mask)
        }.softmax()
      }
      return pattern.attentionMix(values: v)
    }
    if hooks.requests(point(.result)) {
      let results = try hooks(point(.result), output.results(of: mixed))
      // Unchanged they add up to what the layer computes at once, and faster.
      if hooks.changes(point(.result)) {
        let sum = results.sum(axis: 2)
        return output.bias.map { sum + $0 } ?? sum
      }
    }
    return output(mixed.reshaped(to: x.shape.dropLast() + [mixed.shape[2] * mixed.shape[3]]))
  }

  private func split(_ x: Tensor, _ heads: Int) -> Tensor {
    x.reshaped(to: x.shape.dropLast() + [heads, x.shape[x.rank - 1] / heads])
  }

  mutating func visit(_ name: String, _ body: (String, inout Tensor) -> Void) {
    query.visit(name + ".query", body)
    key.visit(name + ".key", body)
    value.visit(name + ".value", body)
    output.visit(name + ".output", body)
    queryNorm?.visit(name + ".queryNorm", body)
    keyNorm?.visit(name + ".keyNorm", body)
  }
}
