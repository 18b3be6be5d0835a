package import Foundation

/// Makes a folder and those above it, where they are not there.
///
/// - Throws: ``FileError`` with the folder that could not be made and the system's reason.
package func makeFolder(_ url: URL) throws(FileError) {
  var parents: [String] = []
  var folder = url.standardizedFileURL
  while mkdir(folder.path, 0o777) != 0 {
    if errno == EEXIST {
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder),
        isFolder.boolValue
      {
        break
      }
      throw FileError(folder.path, number: ENOTDIR)
    }
    guard errno == ENOENT, folder.path != "/" else { throw FileError(folder.path) }
    parents.append(folder.path)
    folder = folder.deletingLastPathComponent()
  }
  for path in parents.reversed() where mkdir(path, 0o777) != 0 && errno != EEXIST {
    throw FileError(path)
  }
}
