import Files
public import Foundation
import Tensors
public import Transformers

extension Transformer {
  /// Loads a model from a directory in the Hugging Face layout: `config.json` and safetensors, in
  /// one file or in shards.
  ///
  /// - Parameter note: Is given a sentence on each thing that the folder holds and the model does not
  ///   use, or holds otherwise than its configuration says.
  /// - Throws: ``CheckpointError``: one sentence on what is missing, contradictory or unsupported.
  public init(
    directory: URL, noting note: (String) -> Void = { _ in }
  ) throws(CheckpointError) {
    let loader = try Self.checkedWeights(in: directory, noting: note).loader
    do {
      try self.init(configuration: loader.configuration) { name, shape in
        try loader.weight(name, shape: shape)
      }
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw CheckpointError("\(directory.path) could not be loaded: \(error).")
    }
  }

  /// What a directory's model is made of, and how many parameters it has; no weight is read.
  ///
  /// - Throws: As ``init(directory:noting:)``.
  package static func outline(ofDirectory directory: URL) throws(CheckpointError) -> (
    configuration: TransformerConfiguration, parameterCount: Int
  ) {
    let (loader, count) = try checkedWeights(in: directory) { _ in }
    return (loader.configuration, count)
  }

  /// A loader of weights whose shapes are those of the configuration, and how many they are together.
  private static func checkedWeights(
    in directory: URL, noting note: (String) -> Void
  ) throws(CheckpointError) -> (loader: WeightLoader, count: Int) {
    let file = try ModelConfigurationFile(
      contentsOf: directory.appendingPathComponent("config.json"))
    let family = try ModelFamily.named(try file.string("model_type"), in: file)
    guard !file.contains("quantization_config") else {
      throw CheckpointError(
        "\(file.path) says by quantization_config that its weights are quantised, and only F32, F16 "
          + "and BF16 weights are supported; fetch the model in one of these.")
    }
    let checkpoint = try Checkpoint(directory: directory)
    var read = try family.configuration(file, checkpoint)
    try read.readGeneration(in: directory, orFrom: file)
    let loader = WeightLoader(family: family, checkpoint: checkpoint, configuration: read)
    if let sentence = try loader.settleSharing() { note(plainLine(sentence)) }
    var count = 0
    do {
      // All shapes first: a wrong file is refused before anything large is read.
      _ = try Transformer(configuration: loader.configuration) { name, shape in
        try loader.check(name, shape: shape)
        count += shape.reduce(1, *)
        return Tensor.zeros([0])
      }
      if let sentence = try loader.sentenceOnUnused() { note(plainLine(sentence)) }
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw CheckpointError("\(directory.path) could not be loaded: \(error).")
    }
    return (loader, count)
  }
}
