import Foundation

/// A lock that one process at a time holds; it ends with the process at the latest.
///
/// Other tools that fill the cache take the same locks in the same way.
final class FileLock {
  private let descriptor: CInt

  /// Waits for a lock.
  ///
  /// - Parameter wait: called again and again while another holds it.
  init(_ url: URL, wait: () throws(HubError) -> Void) throws(HubError) {
    try makeFolder(url.deletingLastPathComponent())
    descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw HubError(systemError("\(url.path) cannot be written")) }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      // Some network disks have no locks. There the check of every hash still keeps files right.
      guard errno == EWOULDBLOCK || errno == EINTR else { return }
      do throws(HubError) { try wait() } catch {
        close(descriptor)
        throw error
      }
    }
  }

  deinit { close(descriptor) }
}

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
