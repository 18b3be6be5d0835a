import Foundation

/// What a folder or an archive holds of Swift files, read within bounds and without following
/// links.
struct SubmittedFiles {
  /// A regular file.
  struct File: Equatable {
    /// Its place in the submission; for showing and choosing, never for opening.
    let path: String
    let bytes: [UInt8]
  }

  var files: [File] = []
  /// What was left out and why, a sentence each.
  var notes: [String] = []
  private(set) var entryCount = 0
  let limits: CollectingLimits

  init(limits: CollectingLimits) { self.limits = limits }

  /// Takes note of one more file or folder.
  mutating func countEntry() throws {
    entryCount += 1
    if entryCount > limits.entries {
      throw CollectingError(
        "the submission holds more than \(limits.entries) files; hand in Answers.swift alone")
    }
  }

  /// Takes note of something that is left out.
  mutating func leaveOut(_ path: String, _ reason: String) {
    if notes.count == 20 { notes.append("more was left out") }
    if notes.count < 20 { notes.append("\(shownPath(path)) was left out: \(reason)") }
  }

  /// Whether a file is worth reading: Swift by its name, in no folder that tools make, and in no way
  /// a path out of the submission.
  static func isWanted(_ path: String) -> Bool {
    guard path.lowercased().hasSuffix(".swift") else { return false }
    let parts = path.split(separator: "/", omittingEmptySubsequences: true)
    return !parts.contains {
      $0.hasPrefix(".") && $0 != ".." || $0 == "__MACOSX" || $0 == "node_modules"
    }
  }

  /// Why a path cannot be a file's place in the submission, or nil.
  static func fault(of path: String) -> String? {
    if path.hasPrefix("/") || path.contains("\\") { return "its path is not a relative one" }
    if path.split(separator: "/").contains("..") { return "its path leads out of the submission" }
    return nil
  }

  /// Takes a file, or takes note of why not.
  mutating func add(_ path: String, size: Int, read: () throws -> [UInt8]) throws {
    if let fault = Self.fault(of: path) { return leaveOut(path, fault) }
    guard size <= limits.answersBytes else {
      return leaveOut(
        path, "it takes \(size) bytes, and at most \(limits.answersBytes) are read")
    }
    do { files.append(File(path: path, bytes: try read())) } catch let error as CollectingError {
      leaveOut(path, error.description)
    }
  }
}
