import Files
import Foundation
import Transformers

extension ModelFamily {
  /// GPT-Neo.
  ///
  /// Black et al., "GPT-Neo: Large Scale Autoregressive Language Modeling with Mesh-Tensorflow", 2021.
  static let gptNeo = ModelFamily(
    type: "gpt_neo",
    configuration: { file, checkpoint throws(CheckpointError) in
      let width = try file.integer("hidden_size")
      let heads = try file.integer("num_heads", "num_attention_heads")
      let layers = try file.layerCount("num_layers", "num_hidden_layers")
      let size = try file.integer("vocab_size")
      let end = try file.token("eos_token_id", of: size)
      var configuration = TransformerConfiguration.gpt2(
        vocabularySize: size, width: width,
        decoder: .init(
          layerCount: layers, headCount: heads,
          headWidth: try file.headWidth("hidden_size", width, "num_heads", heads),
          feedForwardWidth: try file.integer("intermediate_size", default: 4 * width),
          windows: try windows(file, layers: layers)),
        positions: try file.integer("max_position_embeddings"),
        normEpsilon: try file.number("layer_norm_epsilon", default: 1e-5),
        startToken: try file.token("bos_token_id", "eos_token_id", of: size) ?? 0, endToken: end)
      configuration.activation = try file.activation("activation_function", default: "gelu_new")
      configuration.scalesScores = false
      configuration.biases.queryKeyValue = false
      configuration.tiesEmbeddings = try file.flag("tie_word_embeddings") != false
      configuration.padToken = try file.padToken(of: size, default: configuration.padToken)
      return configuration
    },
    weights: WeightNames(table: [
      ("embedding.weight", "wte.weight"), ("blocks.positionEmbedding.weight", "wpe.weight"),
      ("unembedding.weight", "lm_head.weight"), ("blocks.finalNorm", "ln_f"),
      ("blocks.#.attentionNorm", "h.#.ln_1"), ("blocks.#.mlpNorm", "h.#.ln_2"),
      ("blocks.#.attention.query", "h.#.attn.attention.q_proj"),
      ("blocks.#.attention.key", "h.#.attn.attention.k_proj"),
      ("blocks.#.attention.value", "h.#.attn.attention.v_proj"),
      ("blocks.#.attention.output", "h.#.attn.attention.out_proj"),
      ("blocks.#.mlp.input", "h.#.mlp.c_fc"), ("blocks.#.mlp.output", "h.#.mlp.c_proj"),
    ]),
    prefixes: ["", "transformer."])

  /// A window for each local layer: `attention_types` is a list of (kinds, how often).
  private static func windows(
    _ file: ModelConfigurationFile, layers: Int
  ) throws(CheckpointError) -> [Int?] {
    let window = try file.integer("window_size", default: 256)
    let expected = "a list such as [[[\"global\", \"local\"], 6]] that makes \(layers) layers"
    let types =
      try file.list("attention_types") ?? [.array([.array(["global", "local"]), .number(12)])]
    var kinds: [String] = []
    for type in types {
      guard case .array(let pair) = type, pair.count == 2, case .array(let listed) = pair[0],
        case let names = listed.compactMap(\.text), names.count == listed.count,
        case .number(let number) = pair[1], let count = Int(exactly: number),
        count >= 0, count <= layers, names.count <= layers, kinds.count <= layers,
        names.allSatisfy({ ["global", "local"].contains($0) })
      else { throw file.wrong("attention_types", .array(types), expected: expected) }
      for _ in 0..<count where kinds.count <= layers { kinds += names }
    }
    guard kinds.count == layers else {
      throw file.wrong("attention_types", .array(types), expected: expected)
    }
    return kinds.map { $0 == "local" ? window : nil }
  }
}
