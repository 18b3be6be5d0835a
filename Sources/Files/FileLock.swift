package import Foundation

/// A file that one process at a time holds; the system lets go of it however the process ends.
///
/// Other tools that fill the same folders can take part: the lock is the system's own on the file
/// (`flock`).
package final class FileLock: Sendable {
  private let descriptor: CInt
  /// Why the lock keeps nobody out, or nil when it does: some network disks have no locks.
  package let weakness: String?

  /// Takes the lock, making the file if it is not there, or nil when another holds it.
  package static func take(_ file: URL, mode: mode_t = 0o666) throws(FileError) -> FileLock? {
    try FileLock(file, mode, LOCK_NB)
  }

  /// Waits until the lock is free, and takes it.
  package static func wait(for file: URL, mode: mode_t = 0o666) throws(FileError) -> FileLock {
    while true {
      if let lock = try FileLock(file, mode, 0) { return lock }
    }
  }

  private init?(_ file: URL, _ mode: mode_t, _ option: CInt) throws(FileError) {
    descriptor = open(file.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode)
    guard descriptor >= 0 else { throw FileError(file.path) }
    while flock(descriptor, LOCK_EX | option) != 0 {
      if errno == EINTR { continue }
      if errno == EWOULDBLOCK {
        close(descriptor)
        return nil
      }
      weakness = systemReason()
      return
    }
    weakness = nil
  }

  deinit { close(descriptor) }
}
