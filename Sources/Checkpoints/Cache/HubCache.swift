import Files
package import Foundation

/// The folder in which downloads from the Hugging Face hub are kept, in the layout that every tool
/// shares.
///
/// A model is in `models--OWNER--NAME`: its files by their hashes in `blobs`; in `snapshots/COMMIT`
/// links to them under their own names; in `refs/REVISION` the commit that a branch or tag names.
package struct HubCache: Sendable {
  /// The folder of all models.
  package let folder: URL

  /// A cache in a folder.
  package init(folder: URL) { self.folder = folder }

  /// The cache that the environment names: `HF_HUB_CACHE`, else `hub` in `HF_HOME`, else
  /// `~/.cache/huggingface/hub`.
  package init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    func value(_ key: String) -> String? { environment[key].flatMap { $0.isEmpty ? nil : $0 } }
    func url(_ path: String) -> URL {
      URL(
        fileURLWithPath: (path as NSString).expandingTildeInPath, isDirectory: true)
    }
    if let path = value("HF_HUB_CACHE") ?? value("HUGGINGFACE_HUB_CACHE") {
      folder = url(path)
    } else if let home = value("HF_HOME") {
      folder = url(home).appendingPathComponent("hub")
    } else {
      folder = url(value("XDG_CACHE_HOME") ?? "~/.cache")
        .appendingPathComponent("huggingface/hub")
    }
  }

  /// Where everything of a model is, whatever its revision.
  package func folder(of name: HubName) -> URL {
    folder.appendingPathComponent(folderName(of: name))
  }

  /// The file whose lock one process at a time holds while it downloads a blob.
  package func lock(_ blob: String, of name: HubName) -> URL {
    folder.appendingPathComponent(".locks/\(folderName(of: name))/\(blob).lock")
  }

  private func folderName(of name: HubName) -> String {
    "models--" + name.repository.replacing("/", with: "--")
  }

  /// Where the files of a commit are.
  package func snapshot(_ commit: String, of name: HubName) -> URL {
    folder(of: name).appendingPathComponent("snapshots/\(commit)")
  }

  /// The file that holds the commit of a model's revision.
  package func reference(of name: HubName) -> URL {
    folder(of: name).appendingPathComponent("refs/\(name.revision)")
  }

  /// Whether there is anything of a model, at whatever revision.
  package func knows(_ name: HubName) -> Bool { isFolder(folder(of: name)) }

  /// Where the files of a model are.
  ///
  /// - Parameter needsWeights: whether configuration and weights must all have been downloaded.
  /// - Throws: ``CheckpointError``: that it is not there, or only a part of it is, and how to get it.
  package func directory(
    of name: HubName, needsWeights: Bool
  ) throws(CheckpointError) -> URL {
    guard knows(name) else {
      throw CheckpointError(
        "\(name) is not in the hub cache \(folder.path); to download it, run: \(name.fetchCommand)."
      )
    }
    guard let commit = try commit(of: name), isFolder(snapshot(commit, of: name)) else {
      throw absent(name)
    }
    let snapshot = snapshot(commit, of: name)
    if needsWeights, let missing = try firstMissing(in: snapshot) {
      throw incomplete(name, missing: missing)
    }
    return snapshot
  }

  /// The commit that a revision names in the cache, or nil when the cache does not know it.
  private func commit(of name: HubName) throws(CheckpointError) -> String? {
    if name.namesCommit { return name.revision }
    let file = reference(of: name)
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
    let commit = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard HubName.isCommit(commit) else {
      throw CheckpointError(
        "\(file.path) holds \(quoted(commit)) where the 40 digits of a commit are expected; to "
          + "write it anew, run: \(name.fetchCommand).")
    }
    return commit
  }

  /// The name of the first file without which the model cannot be loaded, or nil.
  private func firstMissing(in snapshot: URL) throws(CheckpointError) -> String? {
    // A link to what was removed counts as nothing.
    func isThere(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: snapshot.appendingPathComponent(name).path)
    }
    guard isThere("config.json") else { return "config.json" }
    if isThere(Checkpoint.fileName) { return nil }
    guard isThere(Checkpoint.indexName) else { return Checkpoint.fileName }
    let shards = try Checkpoint.shards(
      inIndex: snapshot.appendingPathComponent(Checkpoint.indexName))
    return shards.first { !isThere($0) }
  }

  private func incomplete(_ name: HubName, missing: String) -> CheckpointError {
    CheckpointError(
      "\(name) is only partly in the hub cache \(folder.path): \(missing) is missing; to download "
        + "the rest, run: \(name.fetchCommand).")
  }

  /// Why a model of which something is there is not at the revision wanted.
  private func absent(_ name: HubName) -> CheckpointError {
    let references = folder(of: name).appendingPathComponent("refs")
    let known = (FileManager.default.subpaths(atPath: references.path) ?? []).sorted()
      .filter { !isFolder(references.appendingPathComponent($0)) && $0 != name.revision }
    guard let first = known.first else {
      return CheckpointError(
        "\(name) is only partly in the hub cache \(folder.path): its download did not end; to "
          + "download the rest, run: \(name.fetchCommand).")
    }
    return CheckpointError(
      "the hub cache \(folder.path) holds \(name.repository) at revision \(first) and not at "
        + "\(name.revision); to download it, run: \(name.fetchCommand).")
  }

  private func isFolder(_ url: URL) -> Bool {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
    return exists && isFolder.boolValue
  }
}
