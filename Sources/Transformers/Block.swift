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
  package var mlp: MLP?
  let placement: TransformerConfiguration.NormPlacement
  let order: TransformerConfiguration.BlockOrder

  func callAsFunction(
    _ x: Tensor, context: StackContext, cache: inout BlockCache, hooks: inout Hooks,
    point: (HookPoint.BlockPoint) -> HookPoint
  ) throws -> Tensor {
    let read = try hooks(point(.residualPre), x)
    // What the block adds to: the positions that are wanted behind it.
    let pre = context.wanted(read)
    func attend(_ asked: Tensor, _ hooks: inout Hooks) throws -> Tensor {
      try attention(
        context.wanted(asked), reading: asked, heads: headInputs(read, context, &hooks, point),
        mask: context.mask, bias: context.bias, rotation: context.rotation,
        queryRotation: context.queryRotation, cache: &cache.own, hooks: &hooks
      ) { point(.attention(.own, $0)) }
    }

    // One norm for both layers is computed whichever of them is known.
    let shared =
      order == .parallelWithOneNorm ? try norm(attentionNorm, 1, read, &hooks, point) : nil
    func attended(_ hooks: inout Hooks) throws -> Tensor {
      try hooks(point(.attentionOut(.own))) { hooks in
        let asked =
          try shared
          ?? (placement == .before ? norm(attentionNorm, 1, read, &hooks, point) : read)
        return try attend(asked, &hooks)
      }
    }

    guard let mlp else { return try hooks(point(.residualPost)) { try pre + attended(&$0) } }
    if order != .sequential {
      let added = try attended(&hooks)
      let computed = try hooks(point(.mlpOut)) { hooks in
        let read =
          try mlpNorm.map { try norm($0, 2, pre, &hooks, point) } ?? context.wanted(shared ?? pre)
        return try mlp(read, &hooks) { point(.mlp($0)) }
      }
      return try hooks(point(.residualPost), pre + added + computed)
    }

    var residual = try hooks(point(.residualMid)) { try pre + attended(&$0) }
    if placement == .after { residual = try norm(attentionNorm, 1, residual, &hooks, point) }
    if let cross, let crossNorm, let source = context.source, let mask = context.sourceMask {
      let before = residual
      residual = try hooks(point(.residualMidCross)) { hooks in
        before
          + (try hooks(point(.attentionOut(.cross))) { hooks in
            let asked =
              try placement == .before ? norm(crossNorm, 2, before, &hooks, point) : before
            return try cross(
              asked, reading: source, mask: mask, cache: &cache.cross, hooks: &hooks
            ) { point(.attention(.cross, $0)) }
          })
      }
      if placement == .after { residual = try norm(crossNorm, 2, residual, &hooks, point) }
    }

    guard let mlpNorm else { preconditionFailure("a sequential block has a norm for its MLP") }
    let number = cross == nil ? 2 : 3
    let computed = try hooks(point(.mlpOut)) { hooks in
      let read =
        try placement == .before ? norm(mlpNorm, number, residual, &hooks, point) : residual
      return try mlp(read, &hooks) { point(.mlp($0)) }
    }
    let post = try hooks(point(.residualPost), residual + computed)
    if placement == .before { return post }
    return try hooks(
      point(.normalizedResidualPost), norm(mlpNorm, number, post, &hooks, point))
  }

  private func norm(
    _ norm: Norm, _ number: Int, _ x: Tensor, _ hooks: inout Hooks,
    _ point: (HookPoint.BlockPoint) -> HookPoint
  ) throws -> Tensor {
    try norm(x, &hooks) { point(.norm(number, $0)) }
  }

  /// The copies of the residual stream that single heads read, where they are asked for; those that
  /// come back as they were are left to the common path.
  private func headInputs(
    _ residual: Tensor, _ context: StackContext, _ hooks: inout Hooks,
    _ point: (HookPoint.BlockPoint) -> HookPoint
  ) throws -> HeadInputs {
    func input(_ input: HookPoint.AttentionInput, heads: Int) throws -> Tensor? {
      guard hooks.requests(point(.input(input))) else { return nil }
      let residual = input == .query ? context.wanted(residual) : residual
      let (batch, length, width) = (residual.shape[0], residual.shape[1], residual.shape[2])
      let copies = Tensor.concatenation(
        Array(repeating: residual.reshaped(to: [batch, length, 1, width]), count: heads), axis: 2)
      let passed = try hooks(point(.input(input)), copies)
      guard hooks.changes(point(.input(input))) else { return nil }
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
