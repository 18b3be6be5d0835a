import Foundation

/// A place for a result, looked at before the work begins rather than after.
enum OutputFile {
  /// Whether a path names a page for a browser.
  static func isPage(_ path: String) -> Bool {
    [".html", ".htm"].contains(where: path.lowercased().hasSuffix)
  }

  /// - Parameter option: The option that names it, for messages.
  /// - Returns: The path as a URL.
  /// - Throws: ``CommandError`` when no file of that name can be written there.
  static func url(
    _ path: String, option: String = "--output"
  ) throws(CommandError) -> URL {
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent().path
    // Messages repeat the path as it was given.
    let named = (path as NSString).deletingLastPathComponent
    let given = named.isEmpty ? folder : named
    let manager = FileManager.default
    var isFolder: ObjCBool = false
    guard !path.isEmpty, !path.hasSuffix("/") else {
      throw CommandError("\(option) names no file: “\(path)”; give a file's name")
    }
    if manager.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue {
      throw CommandError("\(path) is a folder; name a file in it")
    }
    guard manager.fileExists(atPath: folder, isDirectory: &isFolder) else {
      throw CommandError("the folder \(given) does not exist; create it, or name another")
    }
    guard isFolder.boolValue else {
      throw CommandError("\(given) is a file, so nothing can be written below it")
    }
    guard manager.isWritableFile(atPath: folder) else {
      throw CommandError("you may not write in the folder \(given); name another")
    }
    return url
  }
}
