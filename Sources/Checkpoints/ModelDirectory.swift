public import Foundation
import Tensors
public import Transformers

extension Transformer {
  /// Loads a model from a directory in the Hugging Face layout: `config.json` and safetensors, in
  /// one file or in shards.
  ///
  /// - Throws: ``CheckpointError``: one sentence on what is missing, contradictory or unsupported.
  public init(directory: URL) throws(CheckpointError) {
    let file = try ModelConfigurationFile(
      contentsOf: directory.appendingPathComponent("config.json"))
    let family = try ModelFamily.named(try file.string("model_type"), in: file)
    let checkpoint = try Checkpoint(directory: directory)
    let configuration = try family.configuration(file, checkpoint)
    let prefix = family.prefixes.first { prefix in
      family.weights.theirs("embedding.weight").map { checkpoint.contains(prefix + $0) } ?? false
    }
    let loader = WeightLoader(
      family: family, checkpoint: checkpoint, prefix: prefix ?? family.prefixes[0],
      isGated: configuration.isGated)
    do {
      // All shapes first: a wrong file is refused before anything large is read.
      _ = try Transformer(configuration: configuration) { name, shape in
        try loader.check(name, shape: shape)
        return Tensor.zeros([0])
      }
      try self.init(configuration: configuration) { name, shape in
        try loader.weight(name, shape: shape)
      }
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw CheckpointError("\(directory.path) could not be loaded: \(error).")
    }
  }
}

/// Finds a model's weights in a checkpoint.
private struct WeightLoader {
  let family: ModelFamily
  let checkpoint: Checkpoint
  let prefix: String
  let isGated: Bool

  /// Where a weight is in the checkpoint, and how.
  private func place(
    _ name: String, shape: [Int]
  ) throws(CheckpointError) -> (theirs: String, stored: [Int], isTransposed: Bool, part: Int?) {
    let theirs = try checkpointName(name)
    let isTransposed = family.transposesLinear(name) && shape.count == 2
    var stored = isTransposed ? [shape[1], shape[0]] : shape
    var part: Int?
    // Queries, keys and values in one weight, side by side.
    if theirs.contains(".c_attn.") {
      part = ["query", "key", "value"].firstIndex { name.contains(".attention.\($0).") }
      stored[stored.count - 1] *= 3
    }
    return (theirs, stored, isTransposed, part)
  }

  func check(_ name: String, shape: [Int]) throws(CheckpointError) {
    let (theirs, expected, _, _) = try place(name, shape: shape)
    let stored = try checkpoint.shape(of: theirs)
    guard stored == expected else {
      throw CheckpointError(
        "\(checkpoint.directory.path) holds \(theirs) of shape \(stored) where config.json makes it "
          + "\(expected); they do not belong together.")
    }
  }

  func weight(_ name: String, shape: [Int]) throws(CheckpointError) -> Tensor {
    let (theirs, stored, isTransposed, part) = try place(name, shape: shape)
    var tensor = try checkpoint.tensor(theirs)
    if let part {
      let width = stored[stored.count - 1] / 3
      tensor = tensor.slice(axis: stored.count - 1, (part * width)..<((part + 1) * width))
    }
    return isTransposed ? tensor.transposed() : tensor
  }

  private func checkpointName(_ name: String) throws(CheckpointError) -> String {
    guard let theirs = family.weights.theirs(family.ourName(name, isGated: isGated)) else {
      throw CheckpointError("a \(family.type) model has no weight for \(name).")
    }
    // The head stands outside the body, and so has no prefix.
    return name.hasPrefix("unembedding") ? theirs : prefix + theirs
  }
}

extension ModelFamily {
  /// T5 gives a gated MLP's linear input another name than an ungated one's.
  fileprivate func ourName(_ name: String, isGated: Bool) -> String {
    guard isGated else { return name }
    return name.replacing(".mlp.input.", with: ".mlp.gatedInput.")
  }
}

extension Transformer {
  /// Writes a T5 model in the Hugging Face layout, in half precision.
  ///
  /// - Throws: ``CheckpointError`` when the directory cannot be written.
  package func writeT5(to directory: URL) throws(CheckpointError) {
    let c = configuration
    guard let encoder = c.encoder, let decoder = c.decoder,
      case .relativeBias(let buckets, let maximumDistance) = c.position,
      c.norm == .rootMeanSquare, !c.hasBiases, !c.scalesScores,
      // T5's “gated-gelu” is the tanh formula, and its stacks differ in depth alone.
      !(c.isGated && c.activation == .gelu),
      encoder.headCount == decoder.headCount, encoder.headWidth == decoder.headWidth,
      encoder.feedForwardWidth == decoder.feedForwardWidth
    else { throw CheckpointError("only a T5 model can be written as T5.") }
    var writer = SafetensorsWriter(metadata: ["format": "pt"])
    for (name, tensor) in parameters {
      guard
        let theirs = ModelFamily.t5.weights.theirs(
          ModelFamily.t5.ourName(name, isGated: c.isGated))
      else { throw CheckpointError("a t5 model has no weight for \(name).") }
      writer.add(theirs, tensor, as: .float16)
    }
    let activation =
      switch c.activation {
      case .relu: "relu"
      case .geluTanh: c.isGated ? "gelu" : "gelu_new"
      case .gelu: "gelu"
      case .silu: "silu"
      }
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
      "eos_token_id": c.endToken.map { $0 as Any } ?? NSNull(), "pad_token_id": c.padToken,
      "torch_dtype": "float16",
    ]
    do {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    } catch {
      throw CheckpointError(
        "\(directory.path) cannot be written: \(error.localizedDescription).")
    }
    try writer.write(to: directory.appendingPathComponent("model.safetensors"))
    do {
      let json = try JSONSerialization.data(
        withJSONObject: values, options: [.prettyPrinted, .sortedKeys])
      try json.write(to: directory.appendingPathComponent("config.json"), options: .atomic)
    } catch {
      throw CheckpointError("\(directory.path) cannot be written: \(error.localizedDescription).")
    }
  }
}
