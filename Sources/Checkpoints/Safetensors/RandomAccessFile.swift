import Foundation
import Synchronization

/// A regular file that is open for reading at any place, by any thread.
final class RandomAccessFile: Sendable {
  let path: String
  let byteCount: Int
  private let descriptor: CInt
  private let mapped = Mutex<FileMapping?>(nil)

  init(_ url: URL) throws(CheckpointError) {
    let path = url.path
    self.path = path
    // Without O_NONBLOCK a named pipe would wait for a writer.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let reason = errno == ENOENT ? "there is no such file" : String(cString: strerror(errno))
      throw CheckpointError("Cannot read \(path): \(reason).")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      let kind = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "not a regular file"
      throw CheckpointError("Cannot read \(path): it is \(kind), and a file was expected.")
    }
    byteCount = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Fills the buffer with the bytes that begin at `offset`.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(CheckpointError) {
    var done = 0
    while done < buffer.count {
      let count = pread(
        descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        let reason = count == 0 ? "it became shorter meanwhile" : String(cString: strerror(errno))
        throw CheckpointError("Cannot read \(path) at byte \(offset + done): \(reason).")
      }
      done += count
    }
  }

  /// The whole file in memory, the same each time.
  ///
  /// - Returns: Nil where the system does not give the addresses for it.
  func mapping() throws(CheckpointError) -> FileMapping? {
    var status = stat()
    guard fstat(descriptor, &status) == 0, Int(status.st_size) == byteCount else {
      throw CheckpointError("Cannot read \(path): its length changed meanwhile.")
    }
    return mapped.withLock { mapped in
      if mapped == nil {
        mapped = FileMapping(descriptor: descriptor, byteCount: byteCount, path: path)
      }
      return mapped
    }
  }

  /// The bytes of a part that is known to be small.
  func bytes(_ range: Range<Int>) throws(CheckpointError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var failure: CheckpointError?
    bytes.withUnsafeMutableBytes { buffer in
      do throws(CheckpointError) {
        try read(into: buffer, at: range.lowerBound)
      } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }
}
