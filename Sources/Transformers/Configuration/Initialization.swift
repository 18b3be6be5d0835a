package import Tensors

extension Transformer {
  /// A model with random weights.
  ///
  /// A matrix that is read by `n` inputs has the standard deviation 1/√n, so that activations keep
  /// their size; where scores are not scaled, queries are smaller by the root of the head width, as
  /// in T5. Embeddings have the deviation 1 with a relative position bias and 0.02 without.
  public init(
    configuration: TransformerConfiguration, using generator: inout some RandomNumberGenerator
  ) {
    let hasRelativeBias = if case .relativeBias = configuration.position { true } else { false }
    self.init(configuration: configuration) { name, shape in
      if name.hasSuffix("orm.weight") { return Tensor(repeating: 1, shape: shape) }
      if name.hasSuffix(".bias") { return .zeros(shape) }
      var deviation: Float
      switch name {
      case "embedding.weight": deviation = hasRelativeBias ? 1 : 0.02
      case let table where table.hasSuffix("Embedding.weight"): deviation = 0.02
      default: deviation = 1 / Float(shape[1]).squareRoot()
      }
      if name.hasSuffix("positionBias.weight") {
        deviation = 1 / Float(configuration.width).squareRoot()
      }
      if name.hasSuffix(".query.weight") && !configuration.scalesScores {
        let heads = configuration.stacks.first { name.hasPrefix($0.name.rawValue) }
        deviation /= Float(heads?.stack.headWidth ?? 1).squareRoot()
      }
      return .randomNormal(shape, standardDeviation: deviation, using: &generator)
    }
  }

  /// A model whose weights are asked for by name and shape.
  ///
  /// Linear weights are `[output, input]`. This is the one place where the parts of a model are put
  /// together; a checkpoint and a random start differ only in what `weight` returns.
  package init(
    configuration c: TransformerConfiguration,
    weight: (_ name: String, _ shape: [Int]) throws -> Tensor
  ) rethrows {
    precondition(
      c.blockOrder == .sequential || (c.normPlacement == .before && !c.isEncoderDecoder),
      "attention and MLP side by side are for a single stack with norms before its layers")
    precondition(
      c.stacks.allSatisfy { !$0.stack.isAttentionOnly }
        || c.normPlacement == .before && !c.isEncoderDecoder,
      "blocks of attention alone are for a single stack with norms before its layers")
    func linear(_ name: String, _ input: Int, _ output: Int, hasBias: Bool) throws -> Linear {
      Linear(
        weight: try weight(name + ".weight", [output, input]),
        bias: hasBias ? try weight(name + ".bias", [output]) : nil)
    }
    func norm(_ name: String, width: Int = c.width) throws -> Norm {
      Norm(
        weight: try weight(name + ".weight", [width]),
        bias: c.norm == .layer ? try weight(name + ".bias", [width]) : nil,
        epsilon: c.normEpsilon)
    }
    func attention(
      _ name: String, _ kind: AttentionKind, _ stack: TransformerConfiguration.Stack,
      window: Int? = nil
    ) throws -> Attention {
      let (inner, shared) = (
        stack.headCount * stack.headWidth, stack.keyHeadCount * stack.headWidth
      )
      let (reads, writes) = (c.biases.queryKeyValue, c.biases.attentionOutput)
      let normalizes = c.normalizesQueriesAndKeys
      return Attention(
        query: try linear(name + ".query", c.width, inner, hasBias: reads),
        key: try linear(name + ".key", c.width, shared, hasBias: reads),
        value: try linear(name + ".value", c.width, shared, hasBias: reads),
        output: try linear(name + ".output", inner, c.width, hasBias: writes),
        queryNorm: normalizes ? try norm(name + ".queryNorm", width: stack.headWidth) : nil,
        keyNorm: normalizes ? try norm(name + ".keyNorm", width: stack.headWidth) : nil,
        kind: kind, headCount: stack.headCount, keyHeadCount: stack.keyHeadCount,
        scale: c.scalesScores ? 1 / Float(stack.headWidth).squareRoot() : 1, window: window)
    }
    func mlp(_ name: String, _ stack: TransformerConfiguration.Stack) throws -> MLP? {
      if stack.isAttentionOnly { return nil }
      let (hidden, hasBias) = (stack.feedForwardWidth, c.biases.mlp)
      return MLP(
        input: try linear(name + ".input", c.width, hidden, hasBias: hasBias),
        gate: c.isGated ? try linear(name + ".gate", c.width, hidden, hasBias: hasBias) : nil,
        output: try linear(name + ".output", hidden, c.width, hasBias: hasBias),
        activation: c.activation)
    }
    func block(
      _ stackName: StackName, _ stack: TransformerConfiguration.Stack, layer: Int
    ) throws -> Block {
      let name = "\(stackName.rawValue).\(layer)"
      let reads = stackName == .decoder
      let window = stack.windows.indices.contains(layer) ? stack.windows[layer] : nil
      return Block(
        attentionNorm: try norm(name + ".attentionNorm"),
        attention: try attention(name + ".attention", .own, stack, window: window),
        crossNorm: reads ? try norm(name + ".crossNorm") : nil,
        cross: reads ? try attention(name + ".cross", .cross, stack) : nil,
        mlpNorm: stack.isAttentionOnly || c.blockOrder == .parallelWithOneNorm
          ? nil : try norm(name + ".mlpNorm"),
        mlp: try mlp(name + ".mlp", stack), placement: c.normPlacement, order: c.blockOrder)
    }
    func positions(_ name: String) throws -> PositionTable? {
      switch c.position {
      case .relativeBias, .rotary: return nil
      case .sinusoidal(let count): return PositionTable(sinusoidal: count, width: c.width)
      case .learned(let count, let firstRow):
        let table = try weight(name + ".positionEmbedding.weight", [count + firstRow, c.width])
        return PositionTable(learned: table, firstRow: firstRow)
      }
    }
    configuration = c
    embedding = try weight("embedding.weight", [c.vocabularySize, c.width])
    stacks = try c.stacks.map { name, stack in
      let table = try positions(name.rawValue)
      let types = name.rawValue + ".tokenTypeEmbedding.weight"
      let tokenTypes = c.tokenTypeCount > 0 ? try weight(types, [c.tokenTypeCount, c.width]) : nil
      let embeddingNorm =
        c.normalizesEmbedding ? try norm(name.rawValue + ".embeddingNorm") : nil
      var bias: RelativePositionBias?
      if case .relativeBias(let buckets, let maximumDistance) = c.position {
        bias = RelativePositionBias(
          weight: try weight(name.rawValue + ".positionBias.weight", [buckets, stack.headCount]),
          maximumDistance: maximumDistance, isBidirectional: c.decoder == nil || name == .encoder)
      }
      return BlockStack(
        name: name, positions: table, tokenTypes: tokenTypes, embeddingNorm: embeddingNorm,
        positionBias: bias,
        blocks: try (0..<stack.layerCount).map { try block(name, stack, layer: $0) },
        finalNorm: c.normPlacement == .before ? try norm(name.rawValue + ".finalNorm") : nil)
    }
    if case .transformed(let activation) = c.head {
      headTransform = HeadTransform(
        dense: try linear("head.dense", c.width, c.width, hasBias: true), activation: activation,
        norm: try norm("head.norm"))
    }
    let (hasHead, tokens) = (c.head != .none, c.vocabularySize)
    unembedding =
      hasHead && !c.tiesEmbeddings ? try weight("unembedding.weight", [tokens, c.width]) : nil
    logitBias = hasHead && c.hasLogitBias ? try weight("unembedding.bias", [tokens]) : nil
  }
}
