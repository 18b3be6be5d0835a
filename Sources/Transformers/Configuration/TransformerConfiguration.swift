/// What a transformer is made of: one stack serves every family, a family is a configuration.
public struct TransformerConfiguration: Codable, Sendable, Equatable {
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
  /// Where in a block the norms stand.
  public var normPlacement: NormPlacement
  /// How attention and MLP follow each other in a block.
  public var blockOrder: BlockOrder
  /// The kind of position.
  public var position: Position
  /// Where positions are counted from in a padded batch.
  public var positionOrigin: PositionOrigin
  /// What token embeddings are multiplied by.
  public var embeddingScale: Float
  /// Whether the sum of all embeddings is normalised before the first block.
  public var normalizesEmbedding: Bool
  /// How many kinds of tokens, such as first and second sentence, have an embedding of their own.
  public var tokenTypeCount: Int
  /// The non-linearity of the MLPs.
  public var activation: Activation
  /// Whether an MLP multiplies its activation with a second, linear projection.
  public var isGated: Bool
  /// Which linear layers have biases.
  public var biases: Biases
  /// Whether scores are divided by the root of the head width.
  public var scalesScores: Bool
  /// Whether every head's queries and keys are normalised before they are rotated.
  public var normalizesQueriesAndKeys: Bool
  /// How the final residual becomes scores of tokens.
  public var head: Head
  /// Whether the embedding is also the unembedding.
  public var tiesEmbeddings: Bool
  /// Whether every token's score has a bias.
  public var hasLogitBias: Bool
  /// What the final residual is multiplied by before the unembedding.
  public var logitScale: Float
  /// The token a decoder starts from.
  public var startToken: Int
  /// The tokens that end a text.
  public var endTokens: [Int]
  /// The token that fills a batch.
  public var padToken: Int
  /// What else decides how a text goes on.
  public var generation = GenerationSettings()

  /// The first of the tokens that end a text, or nil.
  public var endToken: Int? {
    get { endTokens.first }
    set { endTokens = newValue.map { [$0] } ?? [] }
  }

  /// Whether the model has both an encoder and a decoder.
  public var isEncoderDecoder: Bool { encoder != nil && decoder != nil }

  /// The most tokens a sequence may have, or nil when positions have no end.
  public var maximumLength: Int? {
    switch position {
    case .learned(let count, _), .sinusoidal(let count): count
    case .relativeBias, .rotary: nil
    }
  }

  /// Whether a position's vector is added to a token's embedding.
  var addsPositions: Bool { maximumLength != nil }

  /// The stacks there are, each under the name its hook points have.
  public var stacks: [(name: StackName, stack: Stack)] {
    switch (encoder, decoder) {
    case (let encoder?, let decoder?): [(.encoder, encoder), (.decoder, decoder)]
    case (let only?, nil), (nil, let only?): [(.blocks, only)]
    case (nil, nil): []
    }
  }
}
