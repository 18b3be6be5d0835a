import Transformers

extension ModelFamily {
  /// GPT-NeoX and Pythia.
  ///
  /// Black et al., "GPT-NeoX-20B: An Open-Source Autoregressive Language Model", 2022; Biderman et
  /// al., "Pythia", 2023.
  static let gptNeoX = ModelFamily(
    type: "gpt_neox",
    configuration: { file, checkpoint throws(CheckpointError) in
      let width = try file.integer("hidden_size")
      let heads = try file.integer("num_attention_heads")
      let headWidth = try file.headWidth("hidden_size", width, "num_attention_heads", heads)
      let size = try file.integer("vocab_size")
      let end = try file.token("eos_token_id", of: size)
      var configuration = TransformerConfiguration.gpt2(
        vocabularySize: size, width: width,
        decoder: .init(
          layerCount: try file.layerCount("num_hidden_layers"), headCount: heads,
          headWidth: headWidth, feedForwardWidth: try file.integer("intermediate_size")),
        positions: 1, normEpsilon: try file.number("layer_norm_eps", default: 1e-5),
        startToken: try file.token("bos_token_id", "eos_token_id", of: size) ?? 0, endToken: end)
      configuration.position = .rotary(
        try file.rotary(
          headWidth: headWidth, baseKey: "rotary_emb_base", factorKey: "rotary_pct", part: 0.25,
          mayTurnAPart: true))
      configuration.activation = try file.activation("hidden_act", default: "gelu")
      configuration.blockOrder =
        try file.flag("use_parallel_residual") != false ? .parallel : .sequential
      let hasBiases = try file.flag("attention_bias") != false
      configuration.biases = .init(
        queryKeyValue: hasBiases, attentionOutput: hasBiases, mlp: true)
      configuration.tiesEmbeddings = try file.flag("tie_word_embeddings") == true
      configuration.padToken = try file.padToken(of: size, default: configuration.padToken)
      return configuration
    },
    weights: WeightNames(table: [
      ("embedding.weight", "embed_in.weight"), ("unembedding.weight", "embed_out.weight"),
      ("unembedding.weight", "lm_head.weight"), ("blocks.finalNorm", "final_layer_norm"),
      ("blocks.#.attentionNorm", "layers.#.input_layernorm"),
      ("blocks.#.mlpNorm", "layers.#.post_attention_layernorm"),
      ("blocks.#.attention.queryKeyValue", "layers.#.attention.query_key_value"),
      ("blocks.#.attention.output", "layers.#.attention.dense"),
      ("blocks.#.mlp.input", "layers.#.mlp.dense_h_to_4h"),
      ("blocks.#.mlp.output", "layers.#.mlp.dense_4h_to_h"),
    ]),
    prefixes: ["", "gpt_neox."], fusion: .rowsOfHeads)
}
