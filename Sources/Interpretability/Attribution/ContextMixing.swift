public import Tensors
public import Transformers

/// Ways to say which inputs a position has mixed in, from attention alone and whatever is predicted.
public enum MixingMethod: String, Sendable, Codable, CaseIterable {
  /// The mean attention of all heads and layers.
  case attention
  /// Attention rollout.
  case rollout
  /// Value zeroing, its layers multiplied as in rollout.
  case valueZeroing = "value-zeroing"
}

/// How much of every input is in every position where a model predicts.
public struct ContextMixing: Sendable {
  /// From the tokens that the encoder reads, or the only stack; `[position, source]`.
  public let source: Tensor
  /// From the tokens that the decoder reads, `[position, decoder]`, where the model has one.
  public let decoder: Tensor?
}

/// How much of every input is in every position where a model predicts: attention, rollout and value
/// zeroing as attributions, to stand beside those of gradients.
///
/// Rollout starts from each stack's own tokens; in a decoder, cross-attention brings in the rows of
/// the encoder's rollout. Every attention layer is taken to keep half of what was there, as in
/// ``attentionRollout(_:)``; for value zeroing, whose rows count what was there already, self-attention
/// is multiplied as it stands. Rows sum to 1, over source and decoder tokens together for the two that
/// roll out, and over each of them for the mean attention.
///
/// - Parameters:
///   - model: The model.
///   - input: A batch of one.
///   - method: Which of the three.
///   - progress: Is told how many layers are done of value zeroing, which takes long.
/// - Throws: ``AttributionError/batch(_:)`` and what running the model throws.
public func contextMixing(
  _ model: Transformer, on input: ModelInput, by method: MixingMethod,
  progress: ((_ finished: Int, _ total: Int) -> Void)? = nil
) throws -> ContextMixing {
  guard input.tokens.count == 1 else { throw AttributionError.batch(input.tokens.count) }
  let stacks = model.configuration.stacks
  let trace =
    method == .valueZeroing
    ? nil : try model.run(input, capturing: .matching("*attn.hook_pattern")).trace
  // A decoder that reads across has two kinds of attention a layer.
  let total = stacks.reduce(0) { $0 + $1.stack.layerCount * ($1.name == .decoder ? 2 : 1) }
  var finished = 0
  /// How each layer mixes, heads together; `[query, key]`.
  func layers(_ stack: Int, _ kind: AttentionKind = .own) throws -> [Tensor] {
    try (0..<stacks[stack].stack.layerCount).map { layer in
      guard let trace else {
        defer {
          finished += 1
          progress?(finished, total)
        }
        return try valueZeroing(
          model, on: input, stack: stacks[stack].name, layer: layer, kind: kind)
      }
      return try trace[.pattern(stacks[stack].name, layer, kind)][at: 0].mean(axis: 0)
    }
  }
  if method == .attention {
    func mean(_ layers: [Tensor]) -> Tensor { Tensor.stack(layers).mean(axis: 0) }
    guard stacks.count > 1 else { return ContextMixing(source: mean(try layers(0)), decoder: nil) }
    return ContextMixing(source: mean(try layers(1, .cross)), decoder: mean(try layers(1)))
  }
  let keptByOwn: Float = method == .rollout ? 0.5 : 0
  func step(_ pattern: Tensor, _ state: Tensor) -> Tensor {
    pattern.matmul(state) * (1 - keptByOwn) + state * keptByOwn
  }
  var first = Tensor.identity(input.tokens[0].count)
  for pattern in try layers(0) { first = step(pattern, first) }
  guard stacks.count > 1, let read = input.decoderTokens?[0].count else {
    return ContextMixing(source: first, decoder: nil)
  }
  var (source, decoder) = (Tensor.zeros([read, first.shape[1]]), Tensor.identity(read))
  for (own, cross) in zip(try layers(1), try layers(1, .cross)) {
    source = (step(own, source) + cross.matmul(first)) * 0.5
    decoder = step(own, decoder) * 0.5
  }
  return ContextMixing(source: source, decoder: decoder)
}

extension ExplainedPrediction {
  /// How much of every token is in the position that predicts, by attention alone.
  ///
  /// The same for every target and foil: what is read, not what it is read for.
  public func mixing(
    by method: MixingMethod, progress: ((_ finished: Int, _ total: Int) -> Void)? = nil
  ) throws -> TokenScores {
    try contextMixing(model, on: input, by: method, progress: progress).scores(for: self)
  }
}

extension ContextMixing {
  /// The row of the position that predicts.
  func scores(for prediction: ExplainedPrediction) -> TokenScores {
    let row = prediction.target.position
    return TokenScores(
      source: source[at: row].values,
      decoder: prediction.embeddings.decoder == nil ? nil : decoder?[at: row].values)
  }
}

extension Tensor {
  /// 1 on the diagonal and 0 elsewhere, `[length, length]`.
  static func identity(_ length: Int) -> Tensor {
    var identity = zeros([length, length])
    for position in 0..<length { identity[position, position] = 1 }
    return identity
  }
}
