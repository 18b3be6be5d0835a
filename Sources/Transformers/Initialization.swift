package import Tensors

extension Transformer {
  /// A model with random weights.
  ///
  /// A matrix that is read by `n` inputs has the standard deviation 1/√n, so that activations keep
  /// their size; where scores are not scaled, queries are smaller by the root of the head width, as
  /// in T5. Embeddings have the deviation 1 with relative positions and 0.02 with learned ones.
  public init(
    configuration: TransformerConfiguration, using generator: inout some RandomNumberGenerator
  ) {
    self.init(configuration: configuration) { name, shape in
      if name.hasSuffix("orm.weight") { return Tensor(repeating: 1, shape: shape) }
      if name.hasSuffix(".bias") { return .zeros(shape) }
      var deviation: Float
      switch name {
      case "embedding.weight": deviation = configuration.maximumLength == nil ? 1 : 0.02
      case "positionEmbedding.weight": deviation = 0.02
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
      c.maximumLength == nil || !c.isEncoderDecoder,
      "an encoder–decoder has relative positions; learned ones are for a single stack")
    func linear(_ name: String, _ input: Int, _ output: Int) throws -> Linear {
      Linear(
        weight: try weight(name + ".weight", [output, input]),
        bias: c.hasBiases ? try weight(name + ".bias", [output]) : nil)
    }
    func norm(_ name: String) throws -> Norm {
      Norm(
        weight: try weight(name + ".weight", [c.width]),
        bias: c.norm == .layer ? try weight(name + ".bias", [c.width]) : nil,
        epsilon: c.normEpsilon)
    }
    func attention(
      _ name: String, _ kind: AttentionKind, _ stack: TransformerConfiguration.Stack
    ) throws -> Attention {
      let inner = stack.headCount * stack.headWidth
      return Attention(
        query: try linear(name + ".query", c.width, inner),
        key: try linear(name + ".key", c.width, inner),
        value: try linear(name + ".value", c.width, inner),
        output: try linear(name + ".output", inner, c.width),
        kind: kind, headCount: stack.headCount, headWidth: stack.headWidth,
        scale: c.scalesScores ? 1 / Float(stack.headWidth).squareRoot() : 1)
    }
    func block(
      _ name: String, _ stackName: StackName, _ stack: TransformerConfiguration.Stack
    ) throws -> Block {
      let reads = stackName == .decoder
      return Block(
        attentionNorm: try norm(name + ".attentionNorm"),
        attention: try attention(name + ".attention", .own, stack),
        crossNorm: reads ? try norm(name + ".crossNorm") : nil,
        cross: reads ? try attention(name + ".cross", .cross, stack) : nil,
        mlpNorm: try norm(name + ".mlpNorm"),
        mlp: MLP(
          input: try linear(name + ".mlp.input", c.width, stack.feedForwardWidth),
          gate: c.isGated
            ? try linear(name + ".mlp.gate", c.width, stack.feedForwardWidth) : nil,
          output: try linear(name + ".mlp.output", stack.feedForwardWidth, c.width),
          activation: c.activation))
    }
    configuration = c
    embedding = try weight("embedding.weight", [c.vocabularySize, c.width])
    positionEmbedding = try c.maximumLength.map {
      try weight("positionEmbedding.weight", [$0, c.width])
    }
    stacks = try c.stacks.map { name, stack in
      var bias: RelativePositionBias?
      if case .relativeBias(let buckets, let maximumDistance) = c.position {
        bias = RelativePositionBias(
          weight: try weight(name.rawValue + ".positionBias.weight", [buckets, stack.headCount]),
          maximumDistance: maximumDistance, isBidirectional: c.decoder == nil || name == .encoder)
      }
      return BlockStack(
        name: name, positionBias: bias,
        blocks: try (0..<stack.layerCount).map { layer in
          try block("\(name.rawValue).\(layer)", name, stack)
        },
        finalNorm: try norm(name.rawValue + ".finalNorm"))
    }
    unembedding =
      c.tiesEmbeddings ? nil : try weight("unembedding.weight", [c.vocabularySize, c.width])
  }
}
