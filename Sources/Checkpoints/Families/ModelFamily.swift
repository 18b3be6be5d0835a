import Transformers

/// A family of checkpoints: how its configuration reads and how its weights are named and stored.
struct ModelFamily: Sendable {
  /// `model_type` in `config.json`.
  let type: String
  let configuration:
    @Sendable (ModelConfigurationFile, Checkpoint) throws(CheckpointError)
      -> TransformerConfiguration
  let weights: WeightNames
  /// Prefixes that some files put before every name of the body, and others leave out.
  var prefixes: [String] = [""]
  /// Whether linear weights are stored as `[input, output]`.
  var storesInputFirst = false
  /// How queries, keys and values lie in one weight, or nil when each has its own.
  var fusion: QueryKeyValueFusion?

  static let all: [ModelFamily] = [
    .t5, .marian, .bart, .gpt2, .gptNeoX, .gptNeo, .gptJ, .llama, .qwen2, .qwen3, .bert,
    .distilBERT, .roberta,
  ]

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

/// How queries, keys and values lie in one weight.
enum QueryKeyValueFusion: Sendable {
  /// Side by side in a weight `[input, 3 · output]`, as in GPT-2.
  case columns
  /// Head by head in a weight `[head · 3 · headWidth, input]`, as in GPT-NeoX.
  case rowsOfHeads
}
