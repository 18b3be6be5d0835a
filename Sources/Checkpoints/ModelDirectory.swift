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
      try self.init(configuration: configuration) { name, shape in
        try loader.weight(name, shape: shape)
      }
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw CheckpointError("\(directory.path) could not be loaded: \(error)")
    }
  }
}

/// Finds a model's weights in a checkpoint.
private struct WeightLoader {
  let family: ModelFamily
  let checkpoint: Checkpoint
  let prefix: String
  let isGated: Bool

  func weight(_ name: String, shape: [Int]) throws(CheckpointError) -> Tensor {
    let theirs = try checkpointName(name)
    let isTransposed = family.transposesLinear(name) && shape.count == 2
    var expected = isTransposed ? [shape[1], shape[0]] : shape
    let stored = try checkpoint.shape(of: theirs)
    // Queries, keys and values in one weight, side by side.
    let part = ["query", "key", "value"].firstIndex { name.contains(".attention.\($0).") }
    let isJoint = part != nil && theirs.contains(".c_attn.")
    if isJoint { expected[expected.count - 1] *= 3 }
    guard stored == expected else {
      throw CheckpointError(
        "\(checkpoint.directory.path) holds \(theirs) of shape \(stored) where config.json makes it "
          + "\(expected)")
    }
    var tensor = try checkpoint.tensor(theirs)
    if isJoint, let part {
      let width = expected[expected.count - 1] / 3
      tensor = tensor.slice(axis: expected.count - 1, (part * width)..<((part + 1) * width))
    }
    return isTransposed ? tensor.transposed() : tensor
  }

  private func checkpointName(_ name: String) throws(CheckpointError) -> String {
    guard let theirs = family.weights.theirs(family.ourName(name, isGated: isGated)) else {
      throw CheckpointError("a \(family.type) model has no weight for \(name)")
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
      case .relativeBias(let buckets, let maximumDistance) = c.position
    else { throw CheckpointError("only a T5 model can be written as T5") }
    var writer = SafetensorsWriter(metadata: ["format": "pt"])
    for (name, tensor) in parameters {
      guard
        let theirs = ModelFamily.t5.weights.theirs(
          ModelFamily.t5.ourName(name, isGated: c.isGated))
      else { throw CheckpointError("a t5 model has no weight for \(name)") }
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
      "layer_norm_epsilon": 1e-6, "tie_word_embeddings": c.tiesEmbeddings,
      "is_encoder_decoder": true, "dropout_rate": 0.0, "decoder_start_token_id": c.startToken,
      "eos_token_id": c.endToken ?? 1, "pad_token_id": c.padToken, "torch_dtype": "float16",
    ]
    do {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      let json = try JSONSerialization.data(
        withJSONObject: values, options: [.prettyPrinted, .sortedKeys])
      try json.write(to: directory.appendingPathComponent("config.json"), options: .atomic)
    } catch {
      throw CheckpointError("\(directory.path) cannot be written: \(error.localizedDescription)")
    }
    try writer.write(to: directory.appendingPathComponent("model.safetensors"))
  }
}
