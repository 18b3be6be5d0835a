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
    guard !file.contains("quantization_config") else {
      throw CheckpointError(
        "\(file.path) says by quantization_config that its weights are quantised, and only F32, F16 "
          + "and BF16 weights are supported; fetch the model in one of these.")
    }
    let checkpoint = try Checkpoint(directory: directory)
    let configuration = try family.configuration(file, checkpoint)
    let loader = WeightLoader(
      family: family, checkpoint: checkpoint, configuration: configuration)
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
