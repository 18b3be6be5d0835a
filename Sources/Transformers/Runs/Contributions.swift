public import Tensors

/// A part of the model that adds to a residual stream.
public enum Component: Hashable, Sendable {
  /// The embeddings of the tokens.
  case embedding
  /// The embeddings of their positions.
  case positionEmbedding
  /// The embeddings of their types.
  case tokenTypeEmbedding
  /// A head of an attention layer.
  case head(layer: Int, kind: AttentionKind, head: Int)
  /// The output bias of an attention layer, which belongs to no head.
  case attentionBias(layer: Int, kind: AttentionKind)
  /// An MLP, its bias included.
  case mlp(layer: Int)
  /// The bias of the norm after the embeddings.
  case embeddingNormBias
  /// The bias of a block's first, second or third norm, where norms stand after the layers.
  case normBias(layer: Int, number: Int)
}

/// What one part of the model adds to the final residual.
public struct Contribution: Sendable {
  /// The part.
  public let component: Component
  /// `[batch, position, width]`.
  public let value: Tensor
}

extension Transformer {
  /// What every component adds to the final residual of a stack, in the order in which the model
  /// computes them; together they are that residual.
  ///
  /// With norms before the layers, the final residual is `hook_resid_post` of the last block, before
  /// the final norm, and a contribution is what the component wrote.
  ///
  /// With norms after the layers (BERT, BART, Marian), the residual stream itself passes through two
  /// or three norms a block, and the final residual is the last `hook_normalized_resid_post`. A norm
  /// whose scale is held at the value it had is linear but for its bias. So a contribution is what
  /// the component wrote, carried through all later norms – centred, divided by the scale the whole
  /// residual had, multiplied by the norm's weight – and the biases of the norms are components of
  /// their own. What is additive is this, for these scales: a component taken away would change the
  /// scales too.
  ///
  /// - Parameters:
  ///   - input: What the model reads.
  ///   - stack: Whose residual is meant; nil means the last stack's.
  ///   - interventions: Changes, as in ``run(_:capturing:intervening:logitsAt:)``.
  /// - Throws: As ``run(_:capturing:intervening:logitsAt:)``.
  public func contributions(
    to stack: StackName? = nil, of input: ModelInput, intervening interventions: [Intervention] = []
  ) throws -> [Contribution] {
    let stack = try stack.map(named) ?? stacks[stacks.count - 1]
    let trace = try run(
      input, capturing: .points(stack.contributionPoints(configuration)),
      intervening: interventions
    ).trace
    return try stack.contributions(in: trace, configuration)
  }

  private func named(_ name: StackName) throws -> BlockStack {
    if let stack = stacks.first(where: { $0.name == name }) { return stack }
    throw TransformerError.unknownPoint(
      "\(name.rawValue).*", nearest: configuration.stacks.map { "\($0.name.rawValue).*" })
  }
}

extension BlockStack {
  /// The points whose activations are contributions, or the scales of norms they pass.
  fileprivate func contributionPoints(_ configuration: TransformerConfiguration) -> Set<HookPoint> {
    let points = configuration.allHookPoints.filter { point in
      switch point {
      case .embedding, .positionEmbedding: name != .decoder
      case .decoderEmbedding, .decoderPositionEmbedding: name == .decoder
      case .tokenTypeEmbedding: true
      case .embeddingNorm(let stack, .scale): stack == name
      case .block(let stack, _, .attention(_, .result)), .block(let stack, _, .mlpOut):
        stack == name
      case .block(let stack, _, .norm(_, .scale)):
        stack == name && configuration.normPlacement == .after
      default: false
      }
    }
    return Set(points)
  }

  fileprivate func contributions(
    in trace: Trace, _ configuration: TransformerConfiguration
  ) throws -> [Contribution] {
    var sum = ComponentSum()
    let isDecoder = name == .decoder
    sum.add(.embedding, try trace[isDecoder ? .decoderEmbedding : .embedding])
    if positions != nil {
      let point = isDecoder ? HookPoint.decoderPositionEmbedding : .positionEmbedding
      sum.add(.positionEmbedding, try trace[point])
    }
    if tokenTypes != nil { sum.add(.tokenTypeEmbedding, try trace[.tokenTypeEmbedding]) }
    if let embeddingNorm {
      sum.pass(
        embeddingNorm, scale: try trace[.embeddingNorm(name, .scale)], .embeddingNormBias)
    }
    for (layer, block) in blocks.enumerated() {
      func add(_ attention: Attention) throws {
        let point = HookPoint.block(name, layer, .attention(attention.kind, .result))
        sum.add(
          try trace[point], bias: attention.output.bias, layer: layer, kind: attention.kind)
      }
      func pass(_ norm: Norm, _ number: Int) throws {
        guard configuration.normPlacement == .after else { return }
        sum.pass(
          norm, scale: try trace[.block(name, layer, .norm(number, .scale))],
          .normBias(layer: layer, number: number))
      }
      try add(block.attention)
      try pass(block.attentionNorm, 1)
      if let cross = block.cross, let crossNorm = block.crossNorm {
        try add(cross)
        try pass(crossNorm, 2)
      }
      if block.mlp != nil {
        sum.add(.mlp(layer: layer), try trace[.block(name, layer, .mlpOut)])
      }
      if let mlpNorm = block.mlpNorm { try pass(mlpNorm, block.cross == nil ? 2 : 3) }
    }
    return sum.contributions
  }
}

/// The components of a residual stream on their way through it.
private struct ComponentSum {
  private(set) var contributions: [Contribution] = []

  mutating func add(_ component: Component, _ value: Tensor) {
    contributions.append(Contribution(component: component, value: value))
  }

  /// Adds the heads of `[batch, position, head, width]` one by one, and the layer's bias.
  mutating func add(_ results: Tensor, bias: Tensor?, layer: Int, kind: AttentionKind) {
    let shape = results.shape
    let (batch, length, heads, width) = (shape[0], shape[1], shape[2], shape[3])
    for head in 0..<heads {
      add(
        .head(layer: layer, kind: kind, head: head),
        results.slice(axis: 2, head..<(head + 1)).reshaped(to: [batch, length, width]))
    }
    if let bias {
      add(.attentionBias(layer: layer, kind: kind), bias.repeated([batch, length, width]))
    }
  }

  /// Carries everything through a norm, whose bias joins in.
  mutating func pass(_ norm: Norm, scale: Tensor, _ component: Component) {
    contributions = contributions.map {
      Contribution(component: $0.component, value: norm.part($0.value, scale: scale))
    }
    if let bias = norm.bias, let shape = contributions.first?.value.shape {
      add(component, bias.repeated(shape))
    }
  }
}

extension Tensor {
  fileprivate func repeated(_ shape: [Int]) -> Tensor { .zeros(shape) + self }
}
