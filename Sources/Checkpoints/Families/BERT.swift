import Transformers

extension ModelFamily {
  /// BERT, with its masked-language-model head or without; the pooler is not read.
  ///
  /// Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers for Language
  /// Understanding", 2019.
  static let bert = ModelFamily(
    type: "bert",
    configuration: { file, checkpoint throws(CheckpointError) in
      try encoder(file) { (activation) in
        let hasHead = checkpoint.contains("cls.predictions.transform.dense.weight")
        return hasHead ? .transformed(activation) : .none
      }
    },
    weights: WeightNames(
      table: encoderNames + [
        ("head.dense", "cls.predictions.transform.dense"),
        ("head.norm", "cls.predictions.transform.LayerNorm"),
        ("unembedding.weight", "cls.predictions.decoder.weight"),
        // Where both are there and differ, the decoder's is the one that is added.
        ("unembedding.bias", "cls.predictions.decoder.bias"),
        ("unembedding.bias", "cls.predictions.bias"),
      ]),
    prefixes: ["", "bert."])

  /// RoBERTa, with its masked-language-model head or without; the pooler is not read.
  ///
  /// Liu et al., "RoBERTa: A Robustly Optimized BERT Pretraining Approach", 2019.
  static let roberta = ModelFamily(
    type: "roberta",
    configuration: { file, checkpoint throws(CheckpointError) in
      var configuration = try encoder(file) { _ in
        checkpoint.contains("lm_head.dense.weight") ? .transformed(.gelu) : .none
      }
      // The rows up to the padding token's are not positions.
      configuration.padToken = try file.padToken(of: configuration.vocabularySize, default: 1)
      let (rows, first) = (configuration.maximumLength ?? 0, configuration.padToken + 1)
      guard rows > first else {
        throw file.contradiction(
          "max_position_embeddings = \(rows) leaves no position after pad_token_id = \(first - 1)")
      }
      configuration.position = .learned(count: rows - first, firstRow: first)
      configuration.positionOrigin = .firstUnpadded
      return configuration
    },
    weights: WeightNames(
      table: encoderNames + [
        ("head.dense", "lm_head.dense"), ("head.norm", "lm_head.layer_norm"),
        ("unembedding.weight", "lm_head.decoder.weight"),
        ("unembedding.bias", "lm_head.decoder.bias"), ("unembedding.bias", "lm_head.bias"),
      ]),
    prefixes: ["", "roberta."])

  private static func encoder(
    _ file: ModelConfigurationFile,
    head: (TransformerConfiguration.Activation) -> TransformerConfiguration.Head
  ) throws(CheckpointError) -> TransformerConfiguration {
    try file.refuse("is_decoder", "add_cross_attention")
    let kind = try file.string("position_embedding_type") ?? "absolute"
    guard kind == "absolute" else {
      throw CheckpointError(
        "\(file.path) has position_embedding_type = \(kind); only absolute is supported.")
    }
    let width = try file.integer("hidden_size")
    let heads = try file.integer("num_attention_heads")
    let size = try file.integer("vocab_size")
    let activation = try file.activation("hidden_act", default: "gelu")
    var configuration = TransformerConfiguration.bert(
      vocabularySize: size, width: width,
      encoder: .init(
        layerCount: try file.layerCount("num_hidden_layers"), headCount: heads,
        headWidth: try file.headWidth("hidden_size", width, "num_attention_heads", heads),
        feedForwardWidth: try file.integer("intermediate_size")),
      positions: try file.integer("max_position_embeddings"),
      tokenTypeCount: try file.integer("type_vocab_size", default: 2),
      head: head(activation), normEpsilon: try file.number("layer_norm_eps", default: 1e-12),
      padToken: try file.padToken(of: size, default: 0))
    configuration.activation = activation
    configuration.tiesEmbeddings = try file.flag("tie_word_embeddings") != false
    return configuration
  }

  private static let encoderNames: [(ours: String, theirs: String)] = [
    ("embedding.weight", "embeddings.word_embeddings.weight"),
    ("blocks.positionEmbedding.weight", "embeddings.position_embeddings.weight"),
    ("blocks.tokenTypeEmbedding.weight", "embeddings.token_type_embeddings.weight"),
    ("blocks.embeddingNorm", "embeddings.LayerNorm"),
    ("blocks.#.attention.query", "encoder.layer.#.attention.self.query"),
    ("blocks.#.attention.key", "encoder.layer.#.attention.self.key"),
    ("blocks.#.attention.value", "encoder.layer.#.attention.self.value"),
    ("blocks.#.attention.output", "encoder.layer.#.attention.output.dense"),
    ("blocks.#.attentionNorm", "encoder.layer.#.attention.output.LayerNorm"),
    ("blocks.#.mlp.input", "encoder.layer.#.intermediate.dense"),
    ("blocks.#.mlp.output", "encoder.layer.#.output.dense"),
    ("blocks.#.mlpNorm", "encoder.layer.#.output.LayerNorm"),
  ]
}
