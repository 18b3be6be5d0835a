import ArgumentParser
import Foundation
import Laboratory
import Tokenizers

/// `--model`, as every command takes it.
struct ModelOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "An embedded model (see: headlight models), or a directory in the Hugging Face layout: "
        + "config.json, model.safetensors or its shards, and tokenizer.json for text.",
      valueName: "name-or-directory"))
  var model = EmbeddedModel.translator.name

  func load() throws -> LoadedModel { try LoadedModel(model) }

  /// The tokenizer alone, without the weights.
  ///
  /// - Throws: `ModelError`, `TokenizerError` or ``CommandError``: one sentence each.
  func tokenizer() throws -> Tokenizer {
    let directory = try LoadedModel.directory(of: model)
    guard let tokenizer = try Tokenizer(directory: directory) else {
      throw CommandError(
        "\(model) has no tokenizer: a folder should have tokenizer.json, or vocab.json and "
          + "merges.txt, or vocab.txt")
    }
    return tokenizer
  }
}

extension LoadedModel {
  /// The model's name in a title: an embedded one's, or the directory's own.
  var shortName: String { URL(fileURLWithPath: name).lastPathComponent }
}
