import Files
package import Foundation
import Tensors
package import Transformers

extension Transformer {
  /// Writes a T5 model in the Hugging Face layout, in half precision.
  ///
  /// - Throws: ``CheckpointError`` when the directory cannot be written.
  package func writeT5(to directory: URL) throws(CheckpointError) {
    let c = configuration
    guard let encoder = c.encoder, let decoder = c.decoder,
      case .relativeBias(let buckets, let maximumDistance) = c.position,
      c.norm == .rootMeanSquare, c.biases == .none, !c.scalesScores,
      // T5's “gated-gelu” is the tanh formula, and its stacks differ in depth alone.
      !(c.isGated && c.activation == .gelu),
      encoder.headCount == decoder.headCount, encoder.headWidth == decoder.headWidth,
      encoder.feedForwardWidth == decoder.feedForwardWidth
    else { throw CheckpointError("only a T5 model can be written as T5.") }
    var writer = SafetensorsWriter(metadata: ["format": "pt"])
    for (name, tensor) in parameters {
      let ours = c.isGated ? name.replacing(".mlp.input.", with: ".mlp.gatedInput.") : name
      guard let theirs = ModelFamily.t5.weights.theirs(ours).first else {
        throw CheckpointError("a t5 model has no weight for \(name).")
      }
      writer.add(theirs, tensor, as: .float16)
    }
    let activation =
      switch c.activation {
      case .relu: "relu"
      case .geluTanh: c.isGated ? "gelu" : "gelu_new"
      case .gelu: "gelu"
      case .silu: "silu"
      }
    let end: Any = c.endTokens.count > 1 ? c.endTokens : c.endToken.map { $0 as Any } ?? NSNull()
    let values: [String: Any] = [
      "architectures": ["T5ForConditionalGeneration"], "model_type": "t5",
      "vocab_size": c.vocabularySize, "d_model": c.width, "d_kv": encoder.headWidth,
      "d_ff": encoder.feedForwardWidth, "num_layers": encoder.layerCount,
      "num_decoder_layers": decoder.layerCount, "num_heads": encoder.headCount,
      "relative_attention_num_buckets": buckets,
      "relative_attention_max_distance": maximumDistance,
      "feed_forward_proj": (c.isGated ? "gated-" : "") + activation,
      "layer_norm_epsilon": Double("\(c.normEpsilon)") ?? 1e-6,
      // The old spelling of whether logits are scaled, and the new one.
      "tie_word_embeddings": c.logitScale != 1, "scale_decoder_outputs": c.logitScale != 1,
      "is_encoder_decoder": true, "dropout_rate": 0.0, "decoder_start_token_id": c.startToken,
      "eos_token_id": end, "pad_token_id": c.padToken,
      "torch_dtype": "float16",
    ]
    try writer.write(beside: values, to: directory)
  }

  /// Writes a GPT-2 model in the Hugging Face layout, in half precision.
  ///
  /// - Throws: ``CheckpointError`` when the directory cannot be written.
  package func writeGPT2(to directory: URL) throws(CheckpointError) {
    let c = configuration
    guard c.encoder == nil, let decoder = c.decoder,
      case .learned(count: let positions, firstRow: 0) = c.position,
      c
        == .gpt2(
          vocabularySize: c.vocabularySize, width: c.width, decoder: decoder,
          positions: positions, normEpsilon: c.normEpsilon, startToken: c.startToken,
          endToken: c.endToken),
      decoder.headCount * decoder.headWidth == c.width, decoder.keyHeadCount == decoder.headCount,
      decoder.windows.isEmpty
    else { throw CheckpointError("only a GPT-2 model can be written as GPT-2.") }
    var writer = SafetensorsWriter(metadata: ["format": "pt"])
    let weights = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.tensor) })
    for (name, tensor) in parameters {
      // Queries, keys and values lie side by side in one weight.
      var (ours, parts) = (name, [tensor])
      if name.contains(".attention.query.") {
        ours = name.replacing(".query.", with: ".queryKeyValue.")
        parts = ["query", "key", "value"].map {
          weights[name.replacing(".query.", with: ".\($0).")]!
        }
      } else if name.contains(".attention.key.") || name.contains(".attention.value.") {
        continue
      }
      guard let theirs = ModelFamily.gpt2.weights.theirs(ours).first else {
        throw CheckpointError("a gpt2 model has no weight for \(name).")
      }
      let isLinear = name.contains(".attention.") || name.contains(".mlp.")
      if isLinear && tensor.rank == 2 { parts = parts.map { $0.transposed() } }
      writer.add(
        theirs, parts.count == 1 ? parts[0] : .concatenation(parts, axis: parts[0].rank - 1),
        as: .float16)
    }
    let end: Any = c.endToken.map { $0 as Any } ?? NSNull()
    try writer.write(
      beside: [
        "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2",
        "vocab_size": c.vocabularySize, "n_embd": c.width, "n_layer": decoder.layerCount,
        "n_head": decoder.headCount, "n_inner": decoder.feedForwardWidth,
        "n_positions": positions, "n_ctx": positions, "activation_function": "gelu_new",
        "layer_norm_epsilon": Double("\(c.normEpsilon)") ?? 1e-5, "bos_token_id": c.startToken,
        "eos_token_id": end, "attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0,
        "scale_attn_weights": true, "tie_word_embeddings": true, "torch_dtype": "float16",
      ], to: directory)
  }
}

extension SafetensorsWriter {
  /// Writes `model.safetensors`, and the configuration beside it.
  fileprivate func write(
    beside configuration: [String: Any], to directory: URL
  ) throws(CheckpointError) {
    do {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    } catch {
      throw CheckpointError(
        "\(directory.path) cannot be written: \(error.localizedDescription).")
    }
    try write(to: directory.appendingPathComponent("model.safetensors"))
    // A dictionary of texts, numbers and lists of numbers is JSON.
    let json = try! JSONSerialization.data(
      withJSONObject: configuration, options: [.prettyPrinted, .sortedKeys])
    do throws(FileError) {
      try AtomicFile.write(json, to: directory.appendingPathComponent("config.json"))
    } catch { throw CheckpointError(error) }
  }
}
