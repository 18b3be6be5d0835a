package import Checkpoints
package import Foundation

/// Where the model is that a `--model` value names.
///
/// The value is the name of an embedded model, a directory, or a model's name on the hub,
/// `OWNER/NAME[@REVISION]`, that is in the hub's cache; the first that fits is taken.
package struct ModelPlace: Equatable, Sendable {
  /// The value.
  package let name: String
  /// The name as a title has it, without folders, owner or revision.
  package let shortName: String
  /// The folder of `config.json`.
  package let directory: URL

  /// Finds the model; nothing is loaded and nothing downloaded.
  ///
  /// - Parameter needsWeights: whether a model of the hub counts as there only with its weights; a
  ///   tokenizer needs none.
  /// - Throws: ``ModelError`` or `CheckpointError`: what was looked for where, and what to do.
  package init(_ value: String, needsWeights: Bool) throws {
    try self.init(value, needsWeights: needsWeights, cache: HubCache())
  }

  package init(_ value: String, needsWeights: Bool, cache: HubCache) throws {
    name = value
    if let embedded = EmbeddedModel.all.first(where: { $0.name == value }) {
      (shortName, directory) = (embedded.name, embedded.directory)
      return
    }
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: value, isDirectory: &isFolder)
    if exists, isFolder.boolValue {
      directory = URL(fileURLWithPath: value).standardizedFileURL
      shortName = directory.lastPathComponent
      return
    }
    let names = EmbeddedModel.names
    let kinds = "an embedded model (\(names)), a directory, or OWNER/NAME on the hub"
    guard !exists else {
      throw ModelError("“\(value)” is a file; a model is \(kinds)")
    }
    guard let hubName = try? HubName(value) else {
      throw ModelError("“\(value)” is not there; a model is \(kinds)")
    }
    guard cache.knows(hubName) else {
      throw ModelError(
        value.contains("/")
          ? "“\(value)” is no directory, and not in the hub cache \(cache.folder.path); if it is a "
            + "model on the hub, download it: \(hubName.fetchCommand)"
            // Rather a mistyped name than one of the hub's few models without an owner.
          : "“\(value)” is neither an embedded model (\(names)) nor a directory, and not in the hub "
            + "cache \(cache.folder.path); download a model: headlight fetch OWNER/NAME")
    }
    directory = try cache.directory(of: hubName, needsWeights: needsWeights)
    shortName = hubName.repository.split(separator: "/").last.map(String.init) ?? value
  }
}
