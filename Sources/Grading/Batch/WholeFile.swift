import Files
import Foundation

extension AtomicFile {
  /// Writes a file of grades whole or not at all, for others to read and not to change; a link in its
  /// place leads it nowhere.
  static func writeGrades(_ data: Data, to place: URL, mode: mode_t = 0o644) throws(FileError) {
    try write(data, to: place, links: .replaced, mode: mode)
  }
}
