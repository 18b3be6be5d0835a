import Transformers

extension ModelFamily {
  /// GPT-J.
  ///
  /// Wang and Komatsuzaki, "GPT-J-6B: A 6 Billion Parameter Autoregressive Language Model", 2021.
  static let gptJ = ModelFamily(
    type: "gptj",
    configuration: { file, checkpoint throws(CheckpointError) in
      let width = try file.integer("n_embd")
      let heads = try file.integer("n_head")
      let headWidth = try file.headWidth("n_embd", width, "n_head", heads)
      let size = try file.integer("vocab_size")
      let end = try file.token("eos_token_id", of: size)
      let rotated = try file.integer("rotary_dim", minimum: 2, maximum: headWidth)
      guard rotated % 2 == 0 else {
        throw CheckpointError(
          "\(file.path) has rotary_dim = \(rotated) where an even number is expected.")
      }
      var configuration = TransformerConfiguration.gpt2(
        vocabularySize: size, width: width,
        decoder: .init(
          layerCount: try file.layerCount("n_layer"), headCount: heads, headWidth: headWidth,
          feedForwardWidth: try file.integer("n_inner", default: 4 * width)),
        positions: 1, normEpsilon: try file.number("layer_norm_epsilon", default: 1e-5),
        startToken: try file.token("bos_token_id", "eos_token_id", of: size) ?? 0, endToken: end)
      configuration.position = .rotary(RotaryAngles(width: rotated, isInterleaved: true))
      configuration.activation = try file.activation("activation_function", default: "gelu_new")
      configuration.blockOrder = .parallelWithOneNorm
      configuration.biases = .init(queryKeyValue: false, attentionOutput: false, mlp: true)
      configuration.tiesEmbeddings = try file.flag("tie_word_embeddings") == true
      configuration.hasLogitBias = true
      configuration.padToken = try file.padToken(of: size, default: configuration.padToken)
      return configuration
    },
    weights: WeightNames(table: [
      ("embedding.weight", "wte.weight"), ("unembedding", "lm_head"), ("blocks.finalNorm", "ln_f"),
      ("blocks.#.attentionNorm", "h.#.ln_1"), ("blocks.#.attention.query", "h.#.attn.q_proj"),
      ("blocks.#.attention.key", "h.#.attn.k_proj"),
      ("blocks.#.attention.value", "h.#.attn.v_proj"),
      ("blocks.#.attention.output", "h.#.attn.out_proj"),
      ("blocks.#.mlp.input", "h.#.mlp.fc_in"), ("blocks.#.mlp.output", "h.#.mlp.fc_out"),
    ]),
    prefixes: ["", "transformer."])
}
