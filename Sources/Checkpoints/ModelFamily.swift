import Transformers

/// A family of checkpoints: how its configuration reads and how its weights are named.
struct ModelFamily: Sendable {
  /// `model_type` in `config.json`.
  let type: String
  let configuration:
    @Sendable (ModelConfigurationFile, Checkpoint) throws(CheckpointError)
      -> TransformerConfiguration
  let weights: WeightNames
  /// Prefixes that some files put before every name, and others leave out.
  var prefixes: [String] = [""]
  /// Whether a linear weight is stored as `[input, output]`.
  var transposesLinear: @Sendable (_ ourName: String) -> Bool = { _ in false }

  static let all: [ModelFamily] = [.t5, .gpt2]

  static func named(_ type: String?, in file: ModelConfigurationFile) throws(CheckpointError)
    -> ModelFamily
  {
    let supported = all.map(\.type).joined(separator: ", ")
    guard let type else {
      throw CheckpointError("\(file.path) has no model_type; supported are \(supported).")
    }
    guard let family = all.first(where: { $0.type == type }) else {
      throw CheckpointError(
        "\(file.path) is of model_type “\(type)”, which is not supported; supported are "
          + "\(supported).")
    }
    return family
  }
}
