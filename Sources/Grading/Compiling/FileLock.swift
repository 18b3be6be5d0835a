import Foundation

/// A file that one process at a time holds; the system lets go of it however the process ends.
final class FileLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock, making the file if it is not there.
  ///
  /// - Throws: ``Held`` when another process has it, or what the system says.
  init(_ file: URL) throws {
    descriptor = open(file.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw Held()
    }
  }

  deinit { close(descriptor) }

  /// Another process holds the lock.
  struct Held: Error {}
}
