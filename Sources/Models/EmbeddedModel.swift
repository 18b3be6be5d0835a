package import Foundation
import Checkpoints
import Synchronization
package import Tokenizers
package import Transformers

/// A model with its tokenizer.
package struct LoadedModel: Sendable {
  /// The name it was asked for by: an embedded model's, a directory, or a model's on the hub.
  package let name: String
  /// The name as a title has it, without folders, owner or revision.
  package let shortName: String
  /// The transformer.
  package let model: Transformer
  /// The tokenizer, or nil when the directory holds none.
  package let tokenizer: Tokenizer?
  /// What the folder holds and the model does not use, or otherwise than it says: a sentence each.
  package let notes: [String]
}

/// A model that comes with the package, trained by its own code.
package struct EmbeddedModel: Sendable {
  /// What it is called on the command line.
  package let name: String
  /// What it does, in a sentence.
  package let summary: String

  /// The translator: English sentences to French, and capitals.
  package static let translator = EmbeddedModel(
    name: "translator",
    summary: "translates a small English into French and knows the capitals of 61 countries")

  /// The reader: a decoder that knows a small world in plain English.
  package static let reader = EmbeddedModel(
    name: "reader",
    summary: "reads plain English about a small world: facts, sequences, idioms, gifts")

  /// The reader before half of its training.
  package static let earlyReader = EmbeddedModel(
    name: "reader-early", summary: "is the reader before half of its training")

  /// The reader of another seed.
  package static let otherReader = EmbeddedModel(
    name: "reader-seed-1", summary: "is the reader from other first weights and texts")

  /// A reader one and a half times as wide.
  package static let wideReader = EmbeddedModel(
    name: "reader-wide", summary: "is a reader of width 192, with six heads a layer")

  /// A reader of tours alone, which suppresses copies.
  package static let toursReader = EmbeddedModel(
    name: "reader-tours", summary: "is a reader of three layers that names nothing twice")

  /// All of them.
  package static let all = [
    translator, reader, earlyReader, otherReader, wideReader, toursReader,
  ]

  /// The names of all, for messages.
  package static var names: String { all.map(\.name).joined(separator: ", ") }

  /// Where its files are: `config.json`, `model.safetensors`, `tokenizer.json`, `README.md`.
  package var directory: URL {
    Bundle.module.bundleURL.appendingPathComponent("Embedded/\(name)")
  }
}

/// A model that could not be found or loaded, and why, in one sentence.
package struct ModelError: Error, CustomStringConvertible {
  /// The sentence.
  package let description: String

  package init(_ description: String) { self.description = description }
}

extension LoadedModel {
  /// Loads the model that a `--model` value names; see ``ModelPlace``.
  ///
  /// - Throws: ``ModelError``, `CheckpointError` or `TokenizerError`: one sentence each.
  package init(_ value: String) throws {
    let place = try ModelPlace(value, needsWeights: true)
    name = place.name
    shortName = place.shortName
    var notes: [String] = []
    model = try Transformer(directory: place.directory) { notes.append($0) }
    self.notes = notes
    tokenizer = try Tokenizer(directory: place.directory)
  }

  private static let kept = Mutex<[String: Result<LoadedModel, any Error>]>([:])

  /// The model that a `--model` value names, loaded once in a process.
  package static func kept(_ value: String) throws -> LoadedModel {
    try kept.withLock { kept in
      let result = kept[value] ?? Result { try LoadedModel(value) }
      kept[value] = result
      return result
    }.get()
  }

  /// The text of ids without special tokens, in which an id without a token is its number: `#123`.
  ///
  /// - Precondition: there is a tokenizer.
  package func text(of ids: [Int]) throws -> String {
    var text = ""
    for run in ids.chunked(where: { tokenizer!.token($0) != nil }) {
      text +=
        run.isKnown
        ? try tokenizer!.decode(Array(run.ids), skippingSpecialTokens: true)
        : run.ids.map { "#\($0)" }.joined()
    }
    return text
  }

  /// The ids of a text, with the special tokens the model expects around it.
  ///
  /// - Throws: ``ModelError`` when there is no tokenizer, or the text has no tokens.
  package func encode(_ text: String) throws -> [Int] {
    guard let tokenizer else {
      throw ModelError(
        "\(name) has no tokenizer.json, so it takes token ids and no text; give "
          + "--input-ids")
    }
    let ids = try tokenizer.encode(text, addingSpecialTokens: true)
    guard !ids.isEmpty else {
      throw ModelError("the text is empty; give at least one word")
    }
    return ids
  }
}

extension [Int] {
  /// Runs of ids that are known and of ids that are not.
  fileprivate func chunked(
    where isKnown: (Int) -> Bool
  ) -> [(ids: ArraySlice<Int>, isKnown: Bool)] {
    var runs: [(ids: ArraySlice<Int>, isKnown: Bool)] = []
    for (place, id) in enumerated() {
      let known = isKnown(id)
      if let last = runs.last, last.isKnown == known {
        runs[runs.count - 1].ids = self[last.ids.startIndex...place]
      } else {
        runs.append((self[place...place], known))
      }
    }
    return runs
  }
}
