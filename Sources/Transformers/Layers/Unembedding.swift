public import Tensors

extension Transformer {
  /// The norm between the last block and the unembedding, with the statistics of what it is given.
  ///
  /// `[…, width]` becomes `[…, width]`. Where norms stand after the layers there is no such norm, and
  /// nothing changes.
  public func finalNorm(_ residual: Tensor) -> Tensor {
    guard let norm = stacks[stacks.count - 1].finalNorm else { return residual }
    return norm(residual)
  }

  /// The logits of states that have gone through ``finalNorm(_:)``, `[…, width]` to `[…, token]`.
  ///
  /// - Precondition: the model has a head.
  public func logits(ofNormed states: Tensor) -> Tensor {
    precondition(configuration.head != .none, "the model has no head to compute logits with")
    return unembed(states)
  }

  /// A product that gives the same logits, for whoever wants them a few columns at a time.
  ///
  /// It is `states weightᵀ + bias`; `weight` is `[token, width]`, `bias` `[token]`.
  package func logitProduct(ofNormed states: Tensor) -> (
    states: Tensor, weight: Tensor, bias: Tensor?
  ) {
    precondition(configuration.head != .none, "the model has no head to compute logits with")
    var states = headTransform?(states) ?? states
    if configuration.logitScale != 1 { states = states * configuration.logitScale }
    return (states, unembedding ?? embedding, logitBias)
  }
}

extension TransformerConfiguration {
  /// Where the residual stream of the last stack can be read or changed at every layer: before the
  /// first block, then after each.
  ///
  /// Where norms stand after the layers, what leaves a block has gone through one.
  public var residualPoints: [HookPoint] {
    guard let (name, stack) = stacks.last else { return [] }
    return [.residualPre(name, 0)]
      + (0..<stack.layerCount).map {
        .block(name, $0, normPlacement == .before ? .residualPost : .normalizedResidualPost)
      }
  }
}
