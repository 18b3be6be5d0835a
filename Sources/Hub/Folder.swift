import Foundation

/// Makes a folder and those above it.
func makeFolder(_ url: URL) throws(HubError) {
  var parents: [String] = []
  var folder = url.standardizedFileURL
  while mkdir(folder.path, 0o777) != 0 {
    if errno == EEXIST { break }
    guard errno == ENOENT, folder.path != "/" else {
      throw HubError(systemError("the folder \(folder.path) cannot be made"))
    }
    parents.append(folder.path)
    folder = folder.deletingLastPathComponent()
  }
  for path in parents.reversed() where mkdir(path, 0o777) != 0 && errno != EEXIST {
    throw HubError(systemError("the folder \(path) cannot be made"))
  }
}
