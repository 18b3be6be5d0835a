import Foundation

/// Files that are either whole or not there, whatever happens while they are written.
enum AtomicFile {
  /// Writes beside the place, waits until it is on the disk, and renames.
  static func write(_ data: Data, to place: URL, mode: mode_t = 0o644) throws {
    let unfinished = place.deletingLastPathComponent()
      .appending(path: ".\(place.lastPathComponent).\(UUID().uuidString)")
    let descriptor = open(
      unfinished.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
    guard descriptor >= 0 else { throw WritingError(place) }
    var isWritten = data.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let step = Foundation.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
        if step < 0, errno == EINTR { continue }
        if step <= 0 { return false }
        done += step
      }
      return true
    }
    isWritten = fsync(descriptor) == 0 && isWritten
    isWritten = close(descriptor) == 0 && isWritten
    guard isWritten, rename(unfinished.path, place.path) == 0 else {
      let error = WritingError(place)
      unlink(unfinished.path)
      throw error
    }
    syncFolder(of: place)
  }

  /// Removes what writers that were killed left in a folder.
  static func sweep(_ folder: URL) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names where name.hasPrefix(".") {
      let suffix = name.split(separator: ".").last.map(String.init) ?? ""
      if UUID(uuidString: suffix) != nil {
        try? FileManager.default.removeItem(at: folder.appending(path: name))
      }
    }
  }

  /// Waits until a new name is on the disk as well.
  private static func syncFolder(of place: URL) {
    let descriptor = open(
      place.deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}

/// A file that cannot be written.
struct WritingError: Error, CustomStringConvertible {
  let description: String

  init(_ place: URL) { description = "\(place.path) cannot be written: \(reason())" }
}
