import ArgumentParser
import Checkpoints
import Foundation
import Laboratory
import Models
import Transformers

struct Models: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the embedded models.",
    discussion: """
      Every embedded model was trained by this package's own code and comes with a model card: \
      what it was trained on, what was measured, what its heads do.
      """)

  func run() throws {
    let texts = try EmbeddedModel.all.map { embedded in
      // Nothing of the weights but their shapes: this is to be quick.
      let model = try Transformer.outline(ofDirectory: embedded.directory)
      return Self.text(of: embedded, model.configuration, parameterCount: model.parameterCount)
    }
    print(texts.joined(separator: "\n\n"))
  }

  /// A model in a few lines.
  static func text(
    of embedded: EmbeddedModel, _ configuration: TransformerConfiguration, parameterCount: Int
  ) -> String {
    var lines = [
      "\(embedded.name): \(embedded.summary)",
      "  \(grouped(parameterCount)) parameters, width \(configuration.width), "
        + "\(grouped(configuration.vocabularySize)) tokens",
    ]
    for (name, stack) in configuration.stacks {
      lines.append(
        "  \(name.rawValue): \(counted(stack.layerCount, "layer")) of "
          + "\(counted(stack.headCount, "head")), "
          + "each \(stack.headWidth) wide; MLP \(stack.feedForwardWidth) wide")
    }
    let card = embedded.directory.appendingPathComponent("README.md").path
    lines.append(
      FileManager.default.fileExists(atPath: card)
        ? "  model card: \(card)" : "  files: \(embedded.directory.path)")
    return lines.joined(separator: "\n")
  }
}
