import Transformers

extension ModelFamily {
  /// DistilBERT, with its masked-language-model head or without.
  ///
  /// Sanh et al., "DistilBERT, a distilled version of BERT: smaller, faster, cheaper and lighter",
  /// 2019.
  static let distilBERT = ModelFamily(
    type: "distilbert",
    configuration: { file, checkpoint throws(CheckpointError) in
      let width = try file.integer("dim", "hidden_size")
      let heads = try file.integer("n_heads", "num_attention_heads")
      let size = try file.integer("vocab_size")
      let activation = try file.activation("activation", default: "gelu")
      var configuration = TransformerConfiguration.bert(
        vocabularySize: size, width: width,
        encoder: .init(
          layerCount: try file.layerCount("n_layers", "num_hidden_layers"), headCount: heads,
          headWidth: try file.headWidth("dim", width, "n_heads", heads),
          feedForwardWidth: try file.integer("hidden_dim", default: 4 * width)),
        positions: try file.integer("max_position_embeddings"), tokenTypeCount: 0,
        head: checkpoint.contains("vocab_transform.weight") ? .transformed(activation) : .none,
        padToken: try file.padToken(of: size, default: 0))
      configuration.activation = activation
      configuration.tiesEmbeddings = try file.flag("tie_word_embeddings") != false
      return configuration
    },
    weights: WeightNames(table: [
      ("embedding.weight", "embeddings.word_embeddings.weight"),
      ("blocks.positionEmbedding.weight", "embeddings.position_embeddings.weight"),
      ("blocks.embeddingNorm", "embeddings.LayerNorm"),
      ("blocks.#.attention.query", "transformer.layer.#.attention.q_lin"),
      ("blocks.#.attention.key", "transformer.layer.#.attention.k_lin"),
      ("blocks.#.attention.value", "transformer.layer.#.attention.v_lin"),
      ("blocks.#.attention.output", "transformer.layer.#.attention.out_lin"),
      ("blocks.#.attentionNorm", "transformer.layer.#.sa_layer_norm"),
      ("blocks.#.mlp.input", "transformer.layer.#.ffn.lin1"),
      ("blocks.#.mlp.output", "transformer.layer.#.ffn.lin2"),
      ("blocks.#.mlpNorm", "transformer.layer.#.output_layer_norm"),
      ("head.dense", "vocab_transform"), ("head.norm", "vocab_layer_norm"),
      ("unembedding", "vocab_projector"),
    ]),
    prefixes: ["", "distilbert."])
}
