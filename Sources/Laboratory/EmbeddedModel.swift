public import Foundation
import Checkpoints
public import Tokenizers
public import Transformers

/// A model with its tokenizer.
public struct LoadedModel: Sendable {
  /// The name it was asked for by: an embedded model's, a directory, or a model's on the hub.
  public let name: String
  /// The name as a title has it, without folders, owner or revision.
  public let shortName: String
  /// The transformer.
  public let model: Transformer
  /// The tokenizer, or nil when the directory holds none.
  public let tokenizer: Tokenizer?
}

/// A model that comes with the package, trained by its own code.
public struct EmbeddedModel: Sendable {
  /// What it is called on the command line.
  public let name: String
  /// What it does, in a sentence.
  public let summary: String

  /// The translator: English sentences to French, and capitals.
  public static let translator = EmbeddedModel(
    name: "translator",
    summary: "translates a small English into French and knows the capitals of 61 countries")

  /// The reader: a decoder that knows a small world in plain English.
  public static let reader = EmbeddedModel(
    name: "reader",
    summary: "reads plain English about a small world: facts, sequences, idioms, gifts")

  /// The reader before half of its training.
  public static let earlyReader = EmbeddedModel(
    name: "reader-early", summary: "is the reader before half of its training")

  /// The reader of another seed.
  public static let otherReader = EmbeddedModel(
    name: "reader-seed-1", summary: "is the reader from other first weights and texts")

  /// A reader one and a half times as wide.
  public static let wideReader = EmbeddedModel(
    name: "reader-wide", summary: "is a reader of width 192, with six heads a layer")

  /// A reader of tours alone, which suppresses copies.
  public static let toursReader = EmbeddedModel(
    name: "reader-tours", summary: "is a reader of three layers that names nothing twice")

  /// All of them.
  public static let all = [
    translator, reader, earlyReader, otherReader, wideReader, toursReader,
  ]

  /// The names of all, for messages.
  package static var names: String { all.map(\.name).joined(separator: ", ") }

  /// Where its files are: `config.json`, `model.safetensors`, `tokenizer.json`, `README.md`.
  public var directory: URL {
    Bundle.module.bundleURL.appendingPathComponent("Models/\(name)")
  }
}

/// A model that could not be found or loaded, and why, in one sentence.
public struct ModelError: Error, CustomStringConvertible {
  /// The sentence.
  public let description: String

  package init(_ description: String) { self.description = description }
}

extension LoadedModel {
  /// Loads the model that a `--model` value names; see ``ModelPlace``.
  ///
  /// - Throws: ``ModelError``, `CheckpointError` or `TokenizerError`: one sentence each.
  public init(_ value: String) throws {
    let place = try ModelPlace(value, needsWeights: true)
    name = place.name
    shortName = place.shortName
    model = try Transformer(directory: place.directory)
    tokenizer = try Tokenizer(directory: place.directory)
  }

  /// The ids of a text, with the special tokens the model expects around it.
  ///
  /// - Throws: ``ModelError`` when there is no tokenizer, or the text has no tokens.
  public func encode(_ text: String) throws -> [Int] {
    guard let tokenizer else {
      throw ModelError(
        "\(name) has no tokenizer.json, so it takes token ids and no text; give "
          + "--input-ids")
    }
    let ids = try tokenizer.ids(of: text, addingSpecialTokens: true)
    guard !ids.isEmpty else {
      throw ModelError("the text is empty; give at least one word")
    }
    return ids
  }
}
