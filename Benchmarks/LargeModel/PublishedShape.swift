import Foundation
import Tensors

/// The shape of a published model: its configuration and the tensors of its checkpoint.
struct PublishedShape {
  let tokens: Int
  let configuration: [String: any Sendable]
  let tensors: [(name: String, shape: [Int])]

  static let all = ["neox-1.4b": neox, "gptj-6b": gptj, "llama-7b": llama]

  /// Pythia-1.4B's.
  private static let neox: PublishedShape = {
    let (width, hidden, tokens) = (2048, 8192, 50_304)
    var tensors: [(name: String, shape: [Int])] = [
      ("gpt_neox.embed_in.weight", [tokens, width]), ("embed_out.weight", [tokens, width]),
    ]
    tensors += norm("gpt_neox.final_layer_norm", width)
    for layer in 0..<24 {
      let prefix = "gpt_neox.layers.\(layer)."
      tensors += linear(prefix + "attention.query_key_value", 3 * width, width)
      tensors += linear(prefix + "attention.dense", width, width)
      tensors += linear(prefix + "mlp.dense_h_to_4h", hidden, width)
      tensors += linear(prefix + "mlp.dense_4h_to_h", width, hidden)
      tensors += norm(prefix + "input_layernorm", width)
      tensors += norm(prefix + "post_attention_layernorm", width)
    }
    return PublishedShape(
      tokens: tokens,
      configuration: [
        "model_type": "gpt_neox", "hidden_size": width, "num_hidden_layers": 24,
        "num_attention_heads": 16, "intermediate_size": hidden, "vocab_size": tokens,
        "rotary_pct": 0.25, "rotary_emb_base": 10_000, "bos_token_id": 0, "eos_token_id": 0,
        "tie_word_embeddings": false,
      ], tensors: tensors)
  }()

  /// GPT-J-6B's.
  private static let gptj: PublishedShape = {
    let (width, tokens) = (4096, 50_400)
    var tensors: [(name: String, shape: [Int])] = [("transformer.wte.weight", [tokens, width])]
    tensors += linear("lm_head", tokens, width) + norm("transformer.ln_f", width)
    for layer in 0..<28 {
      let prefix = "transformer.h.\(layer)."
      for projection in ["q_proj", "k_proj", "v_proj", "out_proj"] {
        tensors.append((prefix + "attn.\(projection).weight", [width, width]))
      }
      tensors += linear(prefix + "mlp.fc_in", 4 * width, width)
      tensors += linear(prefix + "mlp.fc_out", width, 4 * width)
      tensors += norm(prefix + "ln_1", width)
    }
    return PublishedShape(
      tokens: tokens,
      configuration: [
        "model_type": "gptj", "n_embd": width, "n_layer": 28, "n_head": 16, "n_positions": 2048,
        "rotary_dim": 64, "vocab_size": tokens, "bos_token_id": 50_256, "eos_token_id": 50_256,
        "tie_word_embeddings": false,
      ], tensors: tensors)
  }()

  /// Llama-7B's.
  private static let llama: PublishedShape = {
    let (width, hidden, tokens) = (4096, 11_008, 32_000)
    var tensors: [(name: String, shape: [Int])] = [
      ("model.embed_tokens.weight", [tokens, width]), ("lm_head.weight", [tokens, width]),
      ("model.norm.weight", [width]),
    ]
    for layer in 0..<32 {
      let prefix = "model.layers.\(layer)."
      for projection in ["q_proj", "k_proj", "v_proj", "o_proj"] {
        tensors.append((prefix + "self_attn.\(projection).weight", [width, width]))
      }
      tensors.append((prefix + "mlp.gate_proj.weight", [hidden, width]))
      tensors.append((prefix + "mlp.up_proj.weight", [hidden, width]))
      tensors.append((prefix + "mlp.down_proj.weight", [width, hidden]))
      tensors.append((prefix + "input_layernorm.weight", [width]))
      tensors.append((prefix + "post_attention_layernorm.weight", [width]))
    }
    return PublishedShape(
      tokens: tokens,
      configuration: [
        "model_type": "llama", "hidden_size": width, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 32, "intermediate_size": hidden,
        "vocab_size": tokens, "rms_norm_eps": 1e-6, "hidden_act": "silu", "rope_theta": 10_000,
        "max_position_embeddings": 2048, "bos_token_id": 1, "eos_token_id": 2,
        "tie_word_embeddings": false,
      ], tensors: tensors)
  }()

  private static func linear(
    _ name: String, _ output: Int, _ input: Int
  ) -> [(name: String, shape: [Int])] {
    [(name + ".weight", [output, input]), (name + ".bias", [output])]
  }

  private static func norm(_ name: String, _ width: Int) -> [(name: String, shape: [Int])] {
    [(name + ".weight", [width]), (name + ".bias", [width])]
  }

  /// Writes configuration and weights, and returns how many weights there are.
  ///
  /// - Parameter isSparse: Whether weights are zeros that nobody wrote.
  func write(to folder: URL, isSparse: Bool) throws -> Int {
    try JSONSerialization.data(withJSONObject: configuration)
      .write(to: folder.appendingPathComponent("config.json"))
    var (entries, end): ([String], Int) = ([], 0)
    for (name, shape) in tensors {
      let begin = end
      end += 2 * shape.reduce(1, *)
      entries.append(
        "\"\(name)\":{\"dtype\":\"BF16\",\"shape\":\(shape),\"data_offsets\":[\(begin),\(end)]}")
    }
    var header = Data("{\(entries.joined(separator: ","))}".utf8)
    // As the reference implementation does.
    header.append(contentsOf: repeatElement(0x20, count: (8 - header.count % 8) % 8))
    let url = folder.appendingPathComponent("model.safetensors")
    try Data().write(to: url)
    let file = try FileHandle(forWritingTo: url)
    defer { try? file.close() }
    try file.write(contentsOf: withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) })
    try file.write(contentsOf: header)

    if isSparse {
      try file.truncate(atOffset: UInt64(8 + header.count + end))
      return end / 2
    }
    // Four weights a word: a sign, an exponent of 2⁻⁷ or 2⁻⁸ and a fraction. So many that a matrix
    // repeats none of its rows, and no more, because the disk is to be what takes time.
    var generator = SeededGenerator(seed: 0)
    let words = (0..<(1 << 23) + 1).map { _ in
      generator.next() & 0x80FF_80FF_80FF_80FF | 0x3C00_3C00_3C00_3C00
    }
    let chunk = words.withUnsafeBytes { Data($0) }
    var left = end
    while left > 0 {
      try file.write(contentsOf: chunk.prefix(left))
      left -= min(left, chunk.count)
    }
    return end / 2
  }
}
