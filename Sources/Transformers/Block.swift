import Tensors

/// What a stack's forward pass needs beside the residual stream.
struct StackContext {
  var mask: AttentionMask
  /// The encoder's output `[batch, key, width]` and which of it may be read, for a decoder.
  var source: Tensor?
  var sourceMask: AttentionMask?
}

/// One block: attention, cross-attention in a decoder that has it, MLP; each reads a norm of the
/// residual stream and adds to it.
package struct Block: Sendable {
  package var attentionNorm: Norm
  package var attention: Attention
  package var crossNorm: Norm?
  package var cross: Attention?
  package var mlpNorm: Norm
  package var mlp: MLP

  func callAsFunction(
    _ x: Tensor, context: StackContext, bias: Tensor?, cache: inout BlockCache,
    hooks: inout Hooks, point: (HookPoint.BlockPoint) -> HookPoint
  ) throws -> Tensor {
    let pre = try hooks(point(.residualPre), x)
    let asked = try attentionNorm(pre, &hooks) { point(.norm(1, $0)) }
    let attended = try attention(
      asked, reading: asked, mask: context.mask, bias: bias, cache: &cache.own, hooks: &hooks
    ) { point(.attention(.own, $0)) }
    var residual = try hooks(
      point(.residualMid), pre + hooks(point(.attentionOut(.own)), attended))

    if let cross, let crossNorm, let source = context.source, let mask = context.sourceMask {
      let asked = try crossNorm(residual, &hooks) { point(.norm(2, $0)) }
      let attended = try cross(
        asked, reading: source, mask: mask, bias: nil, cache: &cache.cross, hooks: &hooks
      ) { point(.attention(.cross, $0)) }
      residual = try hooks(
        point(.residualMidCross), residual + hooks(point(.attentionOut(.cross)), attended))
    }

    let normalized = try mlpNorm(residual, &hooks) { point(.norm(cross == nil ? 2 : 3, $0)) }
    let computed = try mlp(normalized, &hooks) { point(.mlp($0)) }
    return try hooks(point(.residualPost), residual + hooks(point(.mlpOut), computed))
  }

  mutating func visit(_ name: String, _ body: (String, inout Tensor) -> Void) {
    attentionNorm.visit(name + ".attentionNorm", body)
    attention.visit(name + ".attention", body)
    crossNorm?.visit(name + ".crossNorm", body)
    cross?.visit(name + ".cross", body)
    mlpNorm.visit(name + ".mlpNorm", body)
    mlp.visit(name + ".mlp", body)
  }
}

/// What one block of a decoder remembers between steps of generation.
struct BlockCache: Sendable {
  var own: KeyValues?
  var cross: KeyValues?
}

/// Blocks in a row, their shared position bias and the norm after them.
package struct BlockStack: Sendable {
  let name: StackName
  package var positionBias: RelativePositionBias?
  package var blocks: [Block]
  package var finalNorm: Norm

  func callAsFunction(
    _ x: Tensor, context: StackContext, cache: inout [BlockCache], hooks: inout Hooks
  ) throws -> Tensor {
    let bias = try positionBias.map { positionBias in
      let offset = context.mask.queryOffset
      return try hooks(
        .block(name, 0, .attention(.own, .positionBias)),
        positionBias(queryCount: x.shape[1], keyCount: offset + x.shape[1], offset: offset))
    }
    var residual = x
    for layer in blocks.indices {
      residual = try blocks[layer](
        residual, context: context, bias: bias, cache: &cache[layer], hooks: &hooks
      ) { .block(name, layer, $0) }
    }
    return try finalNorm(residual, &hooks) { .finalNorm(name, $0) }
  }

  mutating func visit(_ body: (String, inout Tensor) -> Void) {
    if positionBias != nil { body("\(name.rawValue).positionBias.weight", &positionBias!.weight) }
    for layer in blocks.indices { blocks[layer].visit("\(name.rawValue).\(layer)", body) }
    finalNorm.visit("\(name.rawValue).finalNorm", body)
  }
}
