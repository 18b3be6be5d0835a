import Tensors

/// Keys and values a decoder has computed for the tokens so far, `[batch, key, head, headWidth]`.
struct KeyValues: Sendable {
  var keys: Tensor
  var values: Tensor
}

/// An attention layer with its four projections.
///
/// Vaswani et al., "Attention Is All You Need", 2017.
package struct Attention: Sendable {
  package var query: Linear
  package var key: Linear
  package var value: Linear
  package var output: Linear
  let kind: AttentionKind
  let headCount: Int
  let headWidth: Int
  let scale: Float

  /// - Parameters:
  ///   - x: What asks, `[batch, query, width]`.
  ///   - source: What is read, `[batch, key, width]`.
  ///   - mask: Which keys a query may see.
  ///   - bias: Added to the scores, `[head, query, key]`.
  ///   - cache: Earlier keys and values, which new ones join in self-attention; in cross-attention
  ///     they stand for the source once it has been read.
  /// - Returns: What the layer adds to the residual stream, `[batch, query, width]`.
  func callAsFunction(
    _ x: Tensor, reading source: Tensor, mask: AttentionMask, bias: Tensor?,
    cache: inout KeyValues?, hooks: inout Hooks,
    point: (HookPoint.AttentionPoint) -> HookPoint
  ) throws -> Tensor {
    let q = try hooks(point(.query), heads(query(x)))
    let k: Tensor
    let v: Tensor
    if kind == .cross, let cached = cache {
      (k, v) = (cached.keys, cached.values)
    } else {
      let newKeys = try hooks(point(.key), heads(key(source)))
      let newValues = try hooks(point(.value), heads(value(source)))
      k = cache.map { .concatenation([$0.keys, newKeys], axis: 1) } ?? newKeys
      v = cache.map { .concatenation([$0.values, newValues], axis: 1) } ?? newValues
    }
    cache = KeyValues(keys: k, values: v)
    var scores = q.attentionScores(keys: k, scale: scale)
    if let bias { scores = scores + bias }
    scores = try hooks(point(.scores), scores.masked(by: mask))
    let pattern = try hooks(point(.pattern), scores.softmax())
    let mixed = try hooks(point(.mixed), pattern.attentionMix(values: v))
    return output(mixed.reshaped(to: x.shape.dropLast() + [headCount * headWidth]))
  }

  private func heads(_ x: Tensor) -> Tensor {
    x.reshaped(to: x.shape.dropLast() + [headCount, headWidth])
  }

  mutating func visit(_ name: String, _ body: (String, inout Tensor) -> Void) {
    query.visit(name + ".query", body)
    key.visit(name + ".key", body)
    value.visit(name + ".value", body)
    output.visit(name + ".output", body)
  }
}
