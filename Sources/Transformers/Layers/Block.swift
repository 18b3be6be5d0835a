import Tensors

/// What a stack's forward pass needs beside the residual stream.
struct StackContext {
  var mask: AttentionMask
  /// The angles of rotary positions.
  var rotation: Rotation?
  /// The relative position bias, `[head, query, key]`.
  var bias: Tensor?
  /// Which of the positions that are read are wanted behind the block; nil for all of them.
  ///
  /// Keys and values are computed for all, and nothing else; mask and bias are those of these.
  var queries: Range<Int>?
  /// The encoder's output `[batch, key, width]` and which of it may be read, for a decoder.
  var source: Tensor?
  var sourceMask: AttentionMask?

  /// The angles of the queries that are wanted.
  var queryRotation: Rotation? {
    guard let queries else { return rotation }
    return rotation.map { $0.at(queries) }
  }

  /// The positions of `[batch, position, …]` that are wanted behind a block.
  func wanted(_ x: Tensor) -> Tensor { queries.map { x.slice(axis: 1, $0) } ?? x }
}

/// One block: attention, cross-attention in a decoder that has it, MLP in most models; each reads the
/// residual stream and adds to it.
package struct Block: Sendable {
  package var attentionNorm: Norm
  package var attention: Attention
  package var crossNorm: Norm?
  package var cross: Attention?
  /// Nil where the MLP reads through the norm of attention, and where there is no MLP.
  package var mlpNorm: Norm?
  /// Nil where attention stands alone.
  package var mlp: MLP?
  let placement: TransformerConfiguration.NormPlacement
  let order: TransformerConfiguration.BlockOrder

  /// Where the MLP stands.
  private enum FeedForward {
    /// Attention alone.
    case none
    /// It reads what attention has added to.
    case afterAttention(norm: Norm, MLP)
    /// It reads what attention reads, through a norm of its own.
    case besideAttention(norm: Norm, MLP)
    /// It reads what attention reads, through the norm of attention.
    case besideAttentionWithItsNorm(MLP)
  }

  // The weights stand apart from the case: a case that held them would be taken out and put back
  // whenever one is visited.
  private var feedForward: FeedForward {
    guard let mlp else { return .none }
    guard let mlpNorm else { return .besideAttentionWithItsNorm(mlp) }
    return order == .sequential
      ? .afterAttention(norm: mlpNorm, mlp) : .besideAttention(norm: mlpNorm, mlp)
  }

  /// - Parameter x: `[batch, position, width]`.
  /// - Returns: The residual stream at the positions that are wanted, `[batch, query, width]`.
  func callAsFunction(
    _ x: Tensor, context: StackContext, cache: inout BlockCache,
    hooks: HookScope<HookPoint.BlockPoint>
  ) throws -> Tensor {
    let read = try hooks[.residualPre](x)  // [batch, position, width]
    // What the block adds to: the positions that are wanted behind it.
    let pre = context.wanted(read)  // [batch, query, width]

    /// What self-attention reads, `[batch, position, width]`.
    func normed() throws -> Tensor {
      placement == .before ? try attentionNorm(read, hooks.norm(1)) : read
    }
    /// What self-attention adds, `[batch, query, width]`.
    func attended(_ asked: () throws -> Tensor) throws -> Tensor {
      try hooks[.attentionOut(.own)] {
        let asked = try asked()
        return try attention(
          context.wanted(asked), reading: asked, heads: headInputs(read, context, hooks),
          mask: context.mask, bias: context.bias, rotation: context.rotation,
          queryRotation: context.queryRotation, cache: &cache.own, hooks: hooks.attention(.own))
      }
    }

    switch feedForward {
    case .none:
      return try hooks[.residualPost] { try pre + attended(normed) }

    case .besideAttention(let norm, let mlp):
      let attention = try attended(normed)
      let added = try hooks[.mlpOut] { try mlp(norm(pre, hooks.norm(2)), hooks.mlp) }
      return try hooks[.residualPost](pre + attention + added)

    case .besideAttentionWithItsNorm(let mlp):
      // Computed whichever of the two is known.
      let shared = try attentionNorm(read, hooks.norm(1))
      let attention = try attended { shared }
      let added = try hooks[.mlpOut] { try mlp(context.wanted(shared), hooks.mlp) }
      return try hooks[.residualPost](pre + attention + added)

    case .afterAttention(let norm, let mlp):
      var residual = try hooks[.residualMid] { try pre + attended(normed) }
      if placement == .after { residual = try attentionNorm(residual, hooks.norm(1)) }
      residual = try crossed(residual, context, &cache.cross, hooks)
      let number = hooks.norm(cross == nil ? 2 : 3)
      let added = try hooks[.mlpOut] {
        try mlp(placement == .before ? norm(residual, number) : residual, hooks.mlp)
      }
      let post = try hooks[.residualPost](residual + added)
      if placement == .before { return post }
      return try hooks[.normalizedResidualPost](norm(post, number))
    }
  }

  /// The residual stream after cross-attention, where there is any, `[batch, query, width]`.
  private func crossed(
    _ residual: Tensor, _ context: StackContext, _ cache: inout KeyValues?,
    _ hooks: HookScope<HookPoint.BlockPoint>
  ) throws -> Tensor {
    guard let crossNorm, let cross, let source = context.source, let mask = context.sourceMask
    else { return residual }
    let mid = try hooks[.residualMidCross] {
      residual
        + (try hooks[.attentionOut(.cross)] {
          let asked = placement == .before ? try crossNorm(residual, hooks.norm(2)) : residual
          return try cross(
            asked, reading: source, mask: mask, cache: &cache, hooks: hooks.attention(.cross))
        })
    }
    return placement == .before ? mid : try crossNorm(mid, hooks.norm(2))
  }

  /// The copies of the residual stream that single heads read, where they are asked for; those that
  /// come back as they were are left to the common path.
  private func headInputs(
    _ residual: Tensor, _ context: StackContext, _ hooks: HookScope<HookPoint.BlockPoint>
  ) throws -> HeadInputs {
    func input(_ input: HookPoint.AttentionInput, heads: Int) throws -> Tensor? {
      let hook = hooks[.input(input)]
      guard hook.isRequested else { return nil }
      let residual = input == .query ? context.wanted(residual) : residual
      let (batch, length, width) = (residual.shape[0], residual.shape[1], residual.shape[2])
      let copies = Tensor.concatenation(  // [batch, position, head, width]
        Array(repeating: residual.reshaped(to: [batch, length, 1, width]), count: heads), axis: 2)
      let passed = try hook(copies)
      guard hook.isChanged else { return nil }
      return placement == .before ? attentionNorm(passed) : passed
    }
    return HeadInputs(
      query: try input(.query, heads: attention.headCount),
      key: try input(.key, heads: attention.keyHeadCount),
      value: try input(.value, heads: attention.keyHeadCount))
  }

  mutating func visit(_ name: String, _ body: (String, inout Tensor) -> Void) {
    attentionNorm.visit(name + ".attentionNorm", body)
    attention.visit(name + ".attention", body)
    crossNorm?.visit(name + ".crossNorm", body)
    cross?.visit(name + ".cross", body)
    mlpNorm?.visit(name + ".mlpNorm", body)
    mlp?.visit(name + ".mlp", body)
  }
}

/// What one block of a decoder remembers between steps of generation.
struct BlockCache: Sendable {
  var own: KeyValues?
  var cross: KeyValues?
}
