import Transformers

extension ModelFamily {
  /// GPT-2.
  ///
  /// Radford et al., "Language Models are Unsupervised Multitask Learners", 2019.
  static let gpt2 = ModelFamily(
    type: "gpt2",
    configuration: { file, checkpoint throws(CheckpointError) in
      let width = try file.integer("n_embd")
      let heads = try file.integer("n_head")
      try file.refuse("scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn")
      let vocabularySize = try file.integer("vocab_size")
      let end = try file.token("eos_token_id", of: vocabularySize)
      var configuration = TransformerConfiguration.gpt2(
        vocabularySize: vocabularySize, width: width,
        decoder: .init(
          layerCount: try file.layerCount("n_layer"), headCount: heads,
          headWidth: try file.headWidth("n_embd", width, "n_head", heads),
          feedForwardWidth: try file.integer("n_inner", default: 4 * width)),
        positions: try file.integer("n_positions", "n_ctx"),
        normEpsilon: try file.number("layer_norm_epsilon", default: 1e-5),
        startToken: try file.token("bos_token_id", "eos_token_id", of: vocabularySize) ?? 0,
        endToken: end)
      configuration.activation = try file.activation("activation_function", default: "gelu_new")
      configuration.scalesScores = try file.flag("scale_attn_weights") != false
      configuration.tiesEmbeddings = try file.flag("tie_word_embeddings") != false
      return configuration
    },
    weights: WeightNames(table: [
      ("embedding.weight", "wte.weight"), ("blocks.positionEmbedding.weight", "wpe.weight"),
      ("unembedding.weight", "lm_head.weight"), ("blocks.finalNorm", "ln_f"),
      ("blocks.#.attentionNorm", "h.#.ln_1"), ("blocks.#.mlpNorm", "h.#.ln_2"),
      ("blocks.#.attention.queryKeyValue", "h.#.attn.c_attn"),
      ("blocks.#.attention.output", "h.#.attn.c_proj"),
      ("blocks.#.mlp.input", "h.#.mlp.c_fc"), ("blocks.#.mlp.output", "h.#.mlp.c_proj"),
    ]),
    prefixes: ["", "transformer."],
    // GPT-2's layers are one-dimensional convolutions, whose weights lie the other way.
    storesInputFirst: true, fusion: .columns)
}
