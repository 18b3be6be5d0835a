/// The kinds of model there are; a checkpoint's family starts from one of them and says what differs.
extension TransformerConfiguration {
  /// A T5-style encoder–decoder: RMS norm, relative position bias, unscaled scores, no biases.
  public static func t5(
    vocabularySize: Int, width: Int, encoder: Stack, decoder: Stack, activation: Activation,
    isGated: Bool, tiesEmbeddings: Bool, buckets: Int = 32, maximumDistance: Int = 128,
    normEpsilon: Float = 1e-6, startToken: Int = 0, endToken: Int? = 1, padToken: Int = 0
  ) -> TransformerConfiguration {
    TransformerConfiguration(
      vocabularySize: vocabularySize, width: width, encoder: encoder, decoder: decoder,
      norm: .rootMeanSquare, normEpsilon: normEpsilon, normPlacement: .before,
      blockOrder: .sequential,
      position: .relativeBias(buckets: buckets, maximumDistance: maximumDistance),
      positionOrigin: .firstColumn, embeddingScale: 1, normalizesEmbedding: false,
      tokenTypeCount: 0, activation: activation, isGated: isGated, biases: .none,
      scalesScores: false, normalizesQueriesAndKeys: false, head: .unembedding,
      tiesEmbeddings: tiesEmbeddings, hasLogitBias: false,
      logitScale: tiesEmbeddings ? 1 / Float(width).squareRoot() : 1,
      startToken: startToken, endTokens: [endToken].compactMap(\.self), padToken: padToken)
  }

  /// A GPT-2-style decoder: layer norm, learned positions, scaled scores, biases, tied embeddings.
  public static func gpt2(
    vocabularySize: Int, width: Int, decoder: Stack, positions: Int,
    normEpsilon: Float = 1e-5, startToken: Int, endToken: Int?
  ) -> TransformerConfiguration {
    TransformerConfiguration(
      vocabularySize: vocabularySize, width: width, encoder: nil, decoder: decoder,
      norm: .layer, normEpsilon: normEpsilon, normPlacement: .before, blockOrder: .sequential,
      position: .learned(count: positions), positionOrigin: .firstUnmasked, embeddingScale: 1,
      normalizesEmbedding: false, tokenTypeCount: 0, activation: .geluTanh, isGated: false,
      biases: .all, scalesScores: true, normalizesQueriesAndKeys: false, head: .unembedding,
      tiesEmbeddings: true, hasLogitBias: false, logitScale: 1, startToken: startToken,
      endTokens: [endToken].compactMap(\.self), padToken: endToken ?? startToken)
  }

  /// A Llama-style decoder: RMS norm, rotary positions, a gated MLP, no biases.
  public static func llama(
    vocabularySize: Int, width: Int, decoder: Stack, rotary: RotaryAngles,
    tiesEmbeddings: Bool, normEpsilon: Float = 1e-6, startToken: Int, endToken: Int?
  ) -> TransformerConfiguration {
    TransformerConfiguration(
      vocabularySize: vocabularySize, width: width, encoder: nil, decoder: decoder,
      norm: .rootMeanSquare, normEpsilon: normEpsilon, normPlacement: .before,
      blockOrder: .sequential, position: .rotary(rotary), positionOrigin: .firstUnmasked,
      embeddingScale: 1, normalizesEmbedding: false, tokenTypeCount: 0, activation: .silu,
      isGated: true, biases: .none, scalesScores: true, normalizesQueriesAndKeys: false,
      head: .unembedding, tiesEmbeddings: tiesEmbeddings, hasLogitBias: false, logitScale: 1,
      startToken: startToken, endTokens: [endToken].compactMap(\.self),
      padToken: endToken ?? startToken)
  }

  /// A BERT-style encoder: norms after each layer, learned positions and token types.
  public static func bert(
    vocabularySize: Int, width: Int, encoder: Stack, positions: Int, tokenTypeCount: Int = 2,
    head: Head, normEpsilon: Float = 1e-12, padToken: Int = 0
  ) -> TransformerConfiguration {
    TransformerConfiguration(
      vocabularySize: vocabularySize, width: width, encoder: encoder, decoder: nil,
      norm: .layer, normEpsilon: normEpsilon, normPlacement: .after, blockOrder: .sequential,
      position: .learned(count: positions), positionOrigin: .firstColumn, embeddingScale: 1,
      normalizesEmbedding: true, tokenTypeCount: tokenTypeCount, activation: .gelu,
      isGated: false, biases: .all, scalesScores: true, normalizesQueriesAndKeys: false,
      head: head, tiesEmbeddings: true, hasLogitBias: head != .none, logitScale: 1,
      startToken: padToken, endTokens: [], padToken: padToken)
  }

  /// A BART-style encoder–decoder: norms after each layer, learned positions from row 2 on.
  public static func bart(
    vocabularySize: Int, width: Int, encoder: Stack, decoder: Stack, positions: Int,
    activation: Activation = .gelu, startToken: Int, endToken: Int?, padToken: Int
  ) -> TransformerConfiguration {
    TransformerConfiguration(
      vocabularySize: vocabularySize, width: width, encoder: encoder, decoder: decoder,
      norm: .layer, normEpsilon: 1e-5, normPlacement: .after, blockOrder: .sequential,
      position: .learned(count: positions, firstRow: 2), positionOrigin: .firstColumn,
      embeddingScale: 1, normalizesEmbedding: true, tokenTypeCount: 0, activation: activation,
      isGated: false, biases: .all, scalesScores: true, normalizesQueriesAndKeys: false,
      head: .unembedding, tiesEmbeddings: true, hasLogitBias: true, logitScale: 1,
      startToken: startToken, endTokens: [endToken].compactMap(\.self), padToken: padToken)
  }
}
