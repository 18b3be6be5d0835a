import Files
public import Foundation
import Tensors
public import Transformers

extension Transformer {
  /// Loads a model from a directory in the Hugging Face layout: `config.json` and safetensors, in
  /// one file or in shards.
  ///
  /// Matrices that are stored as BF16 or F16 stay so in a model that would fill more than 64 MiB in
  /// Float32: they are read where they lie in the file, and widened on their way into a product, with
  /// the results of the widened model. Leave the file as it is meanwhile, or replace it by another:
  /// what is written into it shows, and when it is cut off the program has to end. A gradient with
  /// respect to a weight, and a change of it, widen the weight.
  ///
  /// - Parameter note: Is given a sentence on each thing that the folder holds and the model does not
  ///   use, or holds otherwise than its configuration says.
  /// - Throws: ``CheckpointError``: one sentence on what is missing, contradictory or unsupported.
  public init(
    directory: URL, noting note: (String) -> Void = { _ in }
  ) throws(CheckpointError) {
    try self.init(directory: directory, narrowFrom: 1 << 24, noting: note)
  }

  /// The same with the number of parameters from which matrices stay in sixteen bits.
  package init(
    directory: URL, narrowFrom least: Int, noting note: (String) -> Void = { _ in }
  ) throws(CheckpointError) {
    let (loader, count) = try Self.checkedWeights(in: directory, noting: note)
    do {
      try self.init(configuration: loader.configuration) { name, shape in
        try loader.weight(name, shape: shape, staysNarrow: count >= least)
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
