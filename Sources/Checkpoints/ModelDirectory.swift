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
