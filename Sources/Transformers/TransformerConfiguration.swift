/// What a transformer is made of: one stack serves every family, a family is a configuration.
public struct TransformerConfiguration: Codable, Sendable, Equatable {
  /// The depth and widths of one stack of blocks.
  public struct Stack: Codable, Sendable, Equatable {
    /// How many blocks there are.
    public var layerCount: Int
    /// How many attention heads a layer has.
    public var headCount: Int
    /// The width of a head's queries, keys and values; not always the model's width over heads.
    public var headWidth: Int
    /// The width of the MLP's hidden layer.
    public var feedForwardWidth: Int

    /// A stack.
    public init(layerCount: Int, headCount: Int, headWidth: Int, feedForwardWidth: Int) {
      self.layerCount = layerCount
      self.headCount = headCount
      self.headWidth = headWidth
      self.feedForwardWidth = feedForwardWidth
    }
  }

  /// How a residual stream is normalised before a layer reads it.
  public enum Norm: String, Codable, Sendable {
    /// Divided by its root mean square. Zhang and Sennrich, 2019.
    case rootMeanSquare
    /// Centred, divided by its standard deviation, shifted. Ba et al., "Layer Normalization", 2016.
    case layer
  }

  /// How a model knows where a token is.
  public enum Position: Codable, Sendable, Equatable {
    /// A learned bias on the scores by distance, in buckets that widen with it, shared by all layers.
    /// Raffel et al., "Exploring the Limits of Transfer Learning", 2020.
    case relativeBias(buckets: Int, maximumDistance: Int)
    /// A learned embedding for each of so many positions.
    case learned(count: Int)
  }

  /// The non-linearity of an MLP.
  public enum Activation: String, Codable, Sendable {
    /// max(x, 0).
    case relu
    /// The Gaussian error linear unit by its tanh formula.
    case geluTanh
    /// The exact Gaussian error linear unit.
    case gelu
    /// x σ(x).
    case silu
  }

  /// How many tokens there are.
  public var vocabularySize: Int
  /// The width of the residual stream.
  public var width: Int
  /// The encoder, or nil for a model without one.
  public var encoder: Stack?
  /// The decoder, or nil for a model without one.
  public var decoder: Stack?
  /// The kind of norm.
  public var norm: Norm
  /// Added to the mean square under the root.
  public var normEpsilon: Float
  /// The kind of position.
  public var position: Position
  /// The non-linearity of the MLPs.
  public var activation: Activation
  /// Whether an MLP multiplies its activation with a second, linear projection.
  public var isGated: Bool
  /// Whether linear layers have biases.
  public var hasBiases: Bool
  /// Whether scores are divided by the root of the head width.
  public var scalesScores: Bool
  /// Whether the embedding is also the unembedding.
  public var tiesEmbeddings: Bool
  /// What the final residual is multiplied by before the unembedding.
  public var logitScale: Float
  /// The token a decoder starts from.
  public var startToken: Int
  /// The token that ends a text, or nil.
  public var endToken: Int?
  /// The token that fills a batch.
  public var padToken: Int

  /// A T5-style encoder–decoder: RMS norm, relative position bias, unscaled scores, no biases.
  public static func t5(
    vocabularySize: Int, width: Int, encoder: Stack, decoder: Stack, activation: Activation,
    isGated: Bool, tiesEmbeddings: Bool, buckets: Int = 32, maximumDistance: Int = 128,
    normEpsilon: Float = 1e-6, startToken: Int = 0, endToken: Int? = 1, padToken: Int = 0
  ) -> TransformerConfiguration {
    TransformerConfiguration(
      vocabularySize: vocabularySize, width: width, encoder: encoder, decoder: decoder,
      norm: .rootMeanSquare, normEpsilon: normEpsilon,
      position: .relativeBias(buckets: buckets, maximumDistance: maximumDistance),
      activation: activation, isGated: isGated, hasBiases: false, scalesScores: false,
      tiesEmbeddings: tiesEmbeddings,
      logitScale: tiesEmbeddings ? 1 / Float(width).squareRoot() : 1,
      startToken: startToken, endToken: endToken, padToken: padToken)
  }

  /// A GPT-2-style decoder: layer norm, learned positions, scaled scores, biases, tied embeddings.
  public static func gpt2(
    vocabularySize: Int, width: Int, decoder: Stack, positions: Int,
    normEpsilon: Float = 1e-5, startToken: Int, endToken: Int?
  ) -> TransformerConfiguration {
    TransformerConfiguration(
      vocabularySize: vocabularySize, width: width, encoder: nil, decoder: decoder,
      norm: .layer, normEpsilon: normEpsilon, position: .learned(count: positions),
      activation: .geluTanh, isGated: false, hasBiases: true, scalesScores: true,
      tiesEmbeddings: true, logitScale: 1, startToken: startToken, endToken: endToken,
      padToken: endToken ?? startToken)
  }

  /// Whether the model has both an encoder and a decoder.
  public var isEncoderDecoder: Bool { encoder != nil && decoder != nil }

  /// The most tokens a sequence may have, or nil when positions have no end.
  public var maximumLength: Int? {
    if case .learned(let count) = position { count } else { nil }
  }

  /// The stacks there are, each under the name its hook points have.
  public var stacks: [(name: StackName, stack: Stack)] {
    switch (encoder, decoder) {
    case (let encoder?, let decoder?): [(.encoder, encoder), (.decoder, decoder)]
    case (let only?, nil), (nil, let only?): [(.blocks, only)]
    case (nil, nil): []
    }
  }

  /// Every point of this model, in the order in which a forward pass meets them; a position
  /// bias, computed before the first block, stands with the attention it is added to.
  public var hookPoints: [HookPoint] {
    var points: [HookPoint] = []
    for (name, stack) in stacks {
      points.append(name == .decoder ? .decoderEmbedding : .embedding)
      if case .learned = position { points.append(.positionEmbedding) }
      for layer in 0..<stack.layerCount {
        points += blockPoints(in: name, layer: layer).map { .block(name, layer, $0) }
      }
      points += HookPoint.NormPoint.allCases.map { .finalNorm(name, $0) }
    }
    return points
  }

  private func blockPoints(in stack: StackName, layer: Int) -> [HookPoint.BlockPoint] {
    func norm(_ number: Int) -> [HookPoint.BlockPoint] {
      [.norm(number, .scale), .norm(number, .normalized)]
    }
    func attention(_ kind: AttentionKind) -> [HookPoint.BlockPoint] {
      var points: [HookPoint.AttentionPoint] = [.query, .key, .value]
      if kind == .own, layer == 0, case .relativeBias = position { points.append(.positionBias) }
      points += [.scores, .pattern, .mixed]
      return points.map { .attention(kind, $0) } + [.attentionOut(kind)]
    }
    var points: [HookPoint.BlockPoint] = [.residualPre] + norm(1) + attention(.own)
    points.append(.residualMid)
    if stack == .decoder { points += norm(2) + attention(.cross) + [.residualMidCross] }
    points += norm(stack == .decoder ? 3 : 2) + [.mlp(.pre)]
    if isGated { points.append(.mlp(.preLinear)) }
    return points + [.mlp(.post), .mlpOut, .residualPost]
  }
}
