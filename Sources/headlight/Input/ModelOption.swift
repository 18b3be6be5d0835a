import ArgumentParser
import Foundation
import Laboratory

/// `--model`, as every command takes it.
struct ModelOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "An embedded model (see: headlight models), or a directory in the Hugging Face layout: "
        + "config.json, model.safetensors or its shards, and tokenizer.json for text.",
      valueName: "name-or-directory"))
  var model = EmbeddedModel.translator.name

  func load() throws -> LoadedModel { try LoadedModel(model) }
}

extension LoadedModel {
  /// The model's name in a title: an embedded one's, or the directory's own.
  var shortName: String { URL(fileURLWithPath: name).lastPathComponent }
}
