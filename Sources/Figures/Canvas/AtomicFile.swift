import Foundation

/// Writes a file whole or not at all: into a temporary file in the same directory, then a rename.
enum AtomicFile {
  static func write(_ data: Data, to url: URL) throws {
    let directory = url.deletingLastPathComponent()
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory),
      isDirectory.boolValue
    {
      throw FigureError("\(url.path) is a directory; name a file in it to write the figure to.")
    }
    guard FileManager.default.fileExists(atPath: directory.path, isDirectory: &isDirectory),
      isDirectory.boolValue
    else {
      throw FigureError(
        "The directory \(directory.path) does not exist, so no figure can be written to it; "
          + "create it or name another.")
    }
    let name = ".\(url.lastPathComponent.prefix(60)).\(UUID().uuidString)"
    let temporary = directory.appendingPathComponent(name).path
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw failure(url, errno) }
    let problem = fill(file, with: data)
    // Some file systems report a full disk only when the file is closed.
    let closed = close(file) == 0 ? nil : errno
    if let number = problem ?? closed {
      unlink(temporary)
      throw failure(url, number)
    }
    if rename(temporary, url.path) != 0 {
      let number = errno
      unlink(temporary)
      throw failure(url, number)
    }
  }

  /// Writes all bytes to the disk; the system's error number when it cannot.
  private static func fill(_ file: Int32, with data: Data) -> Int32? {
    data.withUnsafeBytes { bytes -> Int32? in
      var done = 0
      while done < bytes.count {
        let count = Foundation.write(file, bytes.baseAddress! + done, bytes.count - done)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return count < 0 ? errno : EIO }
        done += count
      }
      return fsync(file) == 0 || errno == EINVAL ? nil : errno
    }
  }

  private static func failure(_ url: URL, _ number: Int32) -> FigureError {
    let reason = String(cString: strerror(number))
    return FigureError(
      "The figure could not be written to \(url.path) (\(reason.lowercased())); "
        + "nothing was left behind.")
  }
}
