package import Foundation

/// A file that appears whole or not at all.
///
/// What is written goes to a hidden file beside the destination, which takes its place once
/// everything is on the disk. When anything fails, the hidden file is removed and what was there
/// before stays.
package final class AtomicFile {
  private let path: String
  private let temporary: String
  private let descriptor: CInt
  private var committed = false

  /// Replaces the file at `url` by what `body` writes.
  package static func write(
    to url: URL, _ body: (AtomicFile) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let file = try AtomicFile(url)
    try body(file)
    try file.commit()
  }

  /// The same for a body that may fail in other ways.
  package static func stream(to url: URL, _ body: (AtomicFile) throws -> Void) throws {
    let file = try AtomicFile(url)
    try body(file)
    try file.commit()
  }

  /// Replaces the file at `url` by bytes.
  package static func write(
    _ bytes: some Collection<UInt8>, to url: URL
  ) throws(CheckpointError) {
    try write(to: url) { (file) throws(CheckpointError) in try file.write(bytes) }
  }

  /// Opens the hidden file; ``commit()`` puts it in its place.
  private init(_ url: URL) throws(CheckpointError) {
    // Renaming would replace a link itself, not what it points to.
    let target = url.resolvingSymlinksInPath()
    path = target.path
    let folder = target.deletingLastPathComponent().path
    temporary = "\(folder)/.\(target.lastPathComponent).\(UInt64.random(in: 0 ... .max)).partial"
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      let kind = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "not a regular file"
      throw CheckpointError("Cannot write \(path): it is \(kind); choose another name.")
    }
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      let reason =
        errno == ENOENT
        ? "the folder \(folder) does not exist; create it first" : String(cString: strerror(errno))
      throw CheckpointError("Cannot write \(path): \(reason).")
    }
  }

  deinit {
    close(descriptor)
    if !committed { unlink(temporary) }
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
    var done = 0
    while done < bytes.count {
      let count = Foundation.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw failure() }
      done += count
    }
  }

  package func write(_ bytes: some Collection<UInt8>) throws(CheckpointError) {
    let copy = ContiguousArray(bytes)
    var failure: CheckpointError?
    copy.withUnsafeBytes { buffer in
      do throws(CheckpointError) { try write(buffer) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  private func commit() throws(CheckpointError) {
    guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw failure() }
    committed = true
  }

  private func failure() -> CheckpointError {
    let reason =
      errno == ENOSPC ? "the disk is full; make room first" : String(cString: strerror(errno))
    return CheckpointError("Cannot write \(path): \(reason).")
  }
}
