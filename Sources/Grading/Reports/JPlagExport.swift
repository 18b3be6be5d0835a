import Foundation

/// The submissions laid out for JPlag: a folder a student with the graded file and nothing else, and
/// the untouched sheet, whose lines are nobody's.
///
/// Run it as `jplag --language swift --base-code jplag/template jplag/submissions`.
struct JPlagExport {
  static let folder = "jplag"
  static let fileName = "Answers.swift"
  /// The largest file that is copied, in bytes.
  static let largestFile = 5_000_000

  let entries: [GradeBook.Entry]
  /// The sheet as students get it, or nil where it is not at hand.
  let template: URL?

  /// Writes the folders anew, so that no student of an earlier run stays behind.
  ///
  /// - Returns: How many students' files there were.
  func write(in directory: URL) throws -> Int {
    let files = FileManager.default
    let root = directory.appending(path: Self.folder)
    try? files.removeItem(at: root)
    var count = 0
    for entry in entries {
      let file = entry.folder.appending(path: Self.fileName)
      guard let data = regularFile(file, atMost: Self.largestFile) else { continue }
      try write(data, in: root.appending(path: "submissions/\(entry.folder.lastPathComponent)"))
      count += 1
    }
    if count > 0, let template, let data = regularFile(template, atMost: Self.largestFile) {
      try write(data, in: root.appending(path: "template"))
    }
    return count
  }

  private func write(_ data: Data, in folder: URL) throws {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw ReportError("\(folder.path) could not be made: \(error.localizedDescription)")
    }
    try writeReport(data, to: folder.appending(path: Self.fileName))
  }
}
