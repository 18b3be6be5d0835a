import Foundation

/// Copies that are this process's own, whoever the originals belong to.
enum PlainCopy {
  /// Copies a file, or a folder with all that is in it; links as what they lead to.
  ///
  /// `FileManager` hands copies to the originals' owner, which only root may.
  static func make(of source: URL, at target: URL) throws {
    let files = FileManager.default
    var isFolder: ObjCBool = false
    guard files.fileExists(atPath: source.path, isDirectory: &isFolder) else {
      throw CocoaError(.fileReadNoSuchFile)
    }
    guard isFolder.boolValue else { return try Data(contentsOf: source).write(to: target) }
    try files.createDirectory(at: target, withIntermediateDirectories: false)
    for name in try files.contentsOfDirectory(atPath: source.path) {
      try make(of: source.appending(path: name), at: target.appending(path: name))
    }
  }
}
