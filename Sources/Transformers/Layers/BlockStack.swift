package import Tensors

/// Blocks in a row, with what comes before and after them.
package struct BlockStack: Sendable {
  let name: StackName
  /// Added to token embeddings, where positions are.
  package var positions: PositionTable?
  /// Embeddings of token types, `[type, width]`.
  package var tokenTypes: Tensor?
  /// The norm between the embeddings and the first block.
  package var embeddingNorm: Norm?
  /// The bias on the scores of all blocks.
  package var positionBias: RelativePositionBias?
  package var blocks: [Block]
  /// The norm after the last block, where norms stand before the layers.
  package var finalNorm: Norm?

  /// What the first block reads: the embeddings of tokens `[batch, position, width]` with those of
  /// their positions and types.
  func embed(
    _ tokens: Tensor, at positions: [[Int]], types: [[Int]]?, hooks: Hooks
  ) throws -> Tensor {
    let isDecoder = name == .decoder
    var x = try hooks[isDecoder ? .decoderEmbedding : .embedding](tokens)
    if let table = self.positions {
      let point: HookPoint = isDecoder ? .decoderPositionEmbedding : .positionEmbedding
      x = x + (try hooks[point](table(positions, batch: x.shape[0])))
    }
    if let tokenTypes {
      let rows = types?.flatMap { $0 } ?? Array(repeating: 0, count: x.shape[0] * x.shape[1])
      x = x + (try hooks[.tokenTypeEmbedding](tokenTypes.gathering(rows).reshaped(to: x.shape)))
    }
    return try embeddingNorm.map { try $0(x, hooks.embeddingNorm(name)) } ?? x
  }

  /// - Parameter skipped: How many blocks `x` has passed already.
  func callAsFunction(
    _ x: Tensor, context: StackContext, cache: inout [BlockCache], skipping skipped: Int = 0,
    hooks: Hooks
  ) throws -> Tensor {
    var context = context
    if let positionBias {
      let offset = context.mask.queryOffset
      context.bias = try hooks[.block(name, 0, .attention(.own, .positionBias))](
        positionBias(queryCount: x.shape[1], keyCount: offset + x.shape[1], offset: offset))
    }
    var residual = x
    for layer in blocks.indices.dropFirst(skipped) {
      residual = try blocks[layer](
        residual, context: context, cache: &cache[layer], hooks: hooks.block(name, layer))
    }
    return try end(residual, hooks: hooks)
  }

  /// What the stack returns when the last block has been passed.
  func end(_ residual: Tensor, hooks: Hooks) throws -> Tensor {
    try finalNorm.map { try $0(residual, hooks.finalNorm(name)) } ?? residual
  }

  mutating func visit(_ body: (String, inout Tensor) -> Void) {
    let name = name.rawValue
    if positions?.isLearned == true {
      body("\(name).positionEmbedding.weight", &positions!.weight)
    }
    if tokenTypes != nil { body("\(name).tokenTypeEmbedding.weight", &tokenTypes!) }
    embeddingNorm?.visit("\(name).embeddingNorm", body)
    if positionBias != nil { body("\(name).positionBias.weight", &positionBias!.weight) }
    for layer in blocks.indices { blocks[layer].visit("\(name).\(layer)", body) }
    finalNorm?.visit("\(name).finalNorm", body)
  }
}
