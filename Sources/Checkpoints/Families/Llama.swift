import Files
import Transformers

extension ModelFamily {
  /// Llama 2 and 3, Vicuna, SmolLM2.
  ///
  /// Touvron et al., "Llama 2: Open Foundation and Fine-Tuned Chat Models", 2023.
  static let llama = ModelFamily(
    type: "llama",
    configuration: { file, _ throws(CheckpointError) in
      var configuration = try gatedDecoder(file)
      let hasBiases = try file.flag("attention_bias") == true
      configuration.biases = .init(
        queryKeyValue: hasBiases, attentionOutput: hasBiases,
        mlp: try file.flag("mlp_bias") == true)
      return configuration
    },
    weights: gatedDecoderNames, prefixes: ["", "model."])

  /// Qwen2: queries, keys and values have biases.
  ///
  /// Yang et al., "Qwen2 Technical Report", 2024.
  static let qwen2 = ModelFamily(
    type: "qwen2",
    configuration: { file, _ throws(CheckpointError) in
      try refuseWindows(file)
      var configuration = try gatedDecoder(file)
      configuration.biases.queryKeyValue = true
      return configuration
    },
    weights: gatedDecoderNames, prefixes: ["", "model."])

  /// Qwen3: queries and keys are normalised head by head.
  ///
  /// Yang et al., "Qwen3 Technical Report", 2025.
  static let qwen3 = ModelFamily(
    type: "qwen3",
    configuration: { file, _ throws(CheckpointError) in
      try refuseWindows(file)
      var configuration = try gatedDecoder(file, headWidth: 128)
      let hasBiases = try file.flag("attention_bias") == true
      configuration.biases = .init(
        queryKeyValue: hasBiases, attentionOutput: hasBiases, mlp: false)
      configuration.normalizesQueriesAndKeys = true
      return configuration
    },
    weights: gatedDecoderNames, prefixes: ["", "model."])

  /// - Parameter headWidth: What it is where the file does not say; nil means width over heads.
  private static func gatedDecoder(
    _ file: ModelConfigurationFile, headWidth fallback: Int? = nil
  ) throws(CheckpointError) -> TransformerConfiguration {
    let width = try file.integer("hidden_size")
    let heads = try file.integer("num_attention_heads")
    let keyHeads = try file.integer("num_key_value_heads", default: heads)
    guard heads % keyHeads == 0 else {
      throw file.contradiction(
        "num_attention_heads = \(heads) is not a multiple of num_key_value_heads = \(keyHeads)")
    }
    let headWidth =
      if let fallback {
        try file.integer("head_dim", default: fallback)
      } else if file.contains("head_dim") {
        try file.integer("head_dim")
      } else {
        try file.headWidth("hidden_size", width, "num_attention_heads", heads)
      }
    let size = try file.integer("vocab_size")
    var configuration = TransformerConfiguration.llama(
      vocabularySize: size, width: width,
      decoder: .init(
        layerCount: try file.layerCount("num_hidden_layers"), headCount: heads,
        keyHeadCount: keyHeads, headWidth: headWidth,
        feedForwardWidth: try file.integer("intermediate_size")),
      rotary: try file.rotary(
        headWidth: headWidth, baseKey: "rope_theta", factorKey: "partial_rotary_factor", part: 1,
        mayTurnAPart: false),
      tiesEmbeddings: try file.flag("tie_word_embeddings") == true,
      normEpsilon: try file.number("rms_norm_eps", default: 1e-6),
      startToken: try file.token("bos_token_id", "eos_token_id", of: size) ?? 0,
      endToken: try file.token("eos_token_id", of: size))
    configuration.activation = try file.activation("hidden_act", default: "silu")
    configuration.padToken = try file.padToken(of: size, default: configuration.padToken)
    return configuration
  }

  private static func refuseWindows(_ file: ModelConfigurationFile) throws(CheckpointError) {
    try file.refuse("use_sliding_window")
    let types = try file.list("layer_types") ?? []
    guard types.allSatisfy({ $0.text == "full_attention" }) else {
      throw file.wrong("layer_types", .array(types), expected: "“full_attention” for every layer")
    }
  }

  private static let gatedDecoderNames = WeightNames(table: [
    ("embedding.weight", "embed_tokens.weight"), ("unembedding.weight", "lm_head.weight"),
    ("blocks.finalNorm", "norm"), ("blocks.#.attentionNorm", "layers.#.input_layernorm"),
    ("blocks.#.mlpNorm", "layers.#.post_attention_layernorm"),
    ("blocks.#.attention.query", "layers.#.self_attn.q_proj"),
    ("blocks.#.attention.key", "layers.#.self_attn.k_proj"),
    ("blocks.#.attention.value", "layers.#.self_attn.v_proj"),
    ("blocks.#.attention.output", "layers.#.self_attn.o_proj"),
    ("blocks.#.attention.queryNorm", "layers.#.self_attn.q_norm"),
    ("blocks.#.attention.keyNorm", "layers.#.self_attn.k_norm"),
    ("blocks.#.mlp.gate", "layers.#.mlp.gate_proj"), ("blocks.#.mlp.input", "layers.#.mlp.up_proj"),
    ("blocks.#.mlp.output", "layers.#.mlp.down_proj"),
  ])
}
