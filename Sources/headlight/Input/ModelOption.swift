import ArgumentParser
import Laboratory
import Models
import Tokenizers

/// `--model`, as every command takes it.
struct ModelOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "An embedded model (see: headlight models); a directory in the Hugging Face layout: "
        + "config.json, model.safetensors or its shards, and tokenizer.json for text; or "
        + "OWNER/NAME[@REVISION], as headlight fetch or another tool downloaded it.",
      valueName: "model"))
  var model = standard

  /// The model when none is named.
  static let standard = EmbeddedModel.translator.name

  /// The model; what its folder holds and the model does not use is said.
  func load() throws -> LoadedModel {
    let loaded = try KeptModels.model(model)
    loaded.notes.forEach(note)
    return loaded
  }

  /// The tokenizer alone, without the weights.
  ///
  /// - Throws: `ModelError`, `TokenizerError` or ``CommandError``: one sentence each.
  func tokenizer() throws -> Tokenizer {
    let directory = try ModelPlace(model, needsWeights: false).directory
    guard let tokenizer = try Tokenizer(directory: directory) else {
      throw CommandError(
        "\(model) has no tokenizer: a folder should have tokenizer.json, or vocab.json and "
          + "merges.txt, or vocab.txt")
    }
    return tokenizer
  }
}
