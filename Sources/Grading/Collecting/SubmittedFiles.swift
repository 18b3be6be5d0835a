import Answering
import Coursework
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

  private(set) var files: [File] = []
  /// What was left out and why, a sentence each.
  private(set) var notes: [String] = []
  /// What else was found, and may be told when there are no answers.
  private(set) var others: [String] = []
  private var entryCount = 0
  private var unpackedCount = 0
  /// Archives that were found inside, which are opened only when there is nothing else.
  private var inner: [File] = []
  private var innerCount = 0
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

  /// Takes note of bytes that are unpacked.
  mutating func countUnpacked(_ count: Int) throws {
    unpackedCount += count
    guard unpackedCount <= limits.unpackedBytes else {
      throw CollectingError("the archive unpacks to more than is read")
    }
  }

  /// Takes note of something for whoever reads the result.
  mutating func note(_ sentence: String) { notes.append(sentence) }

  /// Takes note of something that is left out.
  mutating func leaveOut(_ path: String, _ reason: String) {
    if notes.count == 20 { notes.append("more was left out") }
    if notes.count < 20 { notes.append("\(shownPath(path)) was left out: \(reason)") }
  }

  /// A path with slashes, and without what leads nowhere: archives from Windows have backslashes,
  /// and those of a folder by itself begin with `./`.
  static func normalised(_ path: String) -> String {
    let slashed = path.replacing("\\", with: "/")
    let parts = slashed.split(separator: "/").filter { $0 != "." }
    return (slashed.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
  }

  /// Whether a folder or file is made by a tool or a system rather than by a person.
  static func isHidden(_ name: some StringProtocol) -> Bool {
    name.hasPrefix(".") && name != ".." || name == "__MACOSX" || name == "node_modules"
  }

  /// What may be worth reading.
  private enum Interest { case swift, archive, none }

  private static func interest(in path: String) -> Interest {
    let parts = path.split(separator: "/")
    guard let name = parts.last, !parts.contains(where: { isHidden($0) }) else { return .none }
    let lower = name.lowercased()
    // Windows hides an ending that its editor has put there.
    if lower.hasSuffix(".swift") || lower.hasSuffix(".swift.txt") { return .swift }
    return ArchiveFormat.ending(of: String(name)) == nil ? .none : .archive
  }

  /// Whether a file is Swift by its name, and in no folder that tools make.
  static func isSwift(_ path: String) -> Bool { interest(in: normalised(path)) == .swift }

  /// Why a path cannot be a file's place in the submission, or nil.
  private static func fault(of path: String) -> String? {
    if path.hasPrefix("/") || path.wholeMatch(of: /[A-Za-z]:.*/) != nil {
      return "its path is not a relative one"
    }
    if path.split(separator: "/").contains("..") { return "its path leads out of the submission" }
    return nil
  }

  /// Takes a file if it is of interest, or takes note of why not.
  ///
  /// - Parameters:
  ///   - isPacked: whether its bytes count among those that are unpacked.
  ///   - read: gives its bytes; called only if they are wanted.
  /// - Returns: whether the bytes were asked for.
  @discardableResult
  mutating func add(
    _ path: String, size: Int, isPacked: Bool = false, read: () throws -> [UInt8]
  ) throws -> Bool {
    let path = Self.normalised(path)
    let interest = Self.interest(in: path)
    guard interest != .none else {
      if others.count < 20, !path.split(separator: "/").contains(where: { Self.isHidden($0) }) {
        others.append(path)
      }
      return false
    }
    if let fault = Self.fault(of: path) {
      leaveOut(path, fault)
      return false
    }
    let limit =
      interest == .swift ? limits.answersBytes : max(0, limits.innerArchiveBytes - innerCount)
    guard size <= limit else {
      leaveOut(path, "it takes \(size) bytes, and at most \(limit) are read")
      return false
    }
    if isPacked { try countUnpacked(size) }
    do {
      let file = File(path: path, bytes: try read())
      if interest == .swift {
        files.append(file)
      } else {
        innerCount += file.bytes.count
        inner.append(file)
      }
    } catch let error as CollectingError {
      leaveOut(path, error.description)
    }
    return true
  }

  /// Takes what an archive holds.
  ///
  /// - Throws: ``CollectingError`` when it cannot be read, or is none that is.
  mutating func addArchive(_ bytes: [UInt8], in folder: String = "") throws {
    switch ArchiveFormat(bytes) {
    case .zip: try addZip(bytes, in: folder)
    case .gzip:
      let stream = try InflateStream(
        bytes, .gzip, limit: max(0, limits.unpackedBytes - unpackedCount))
      defer { unpackedCount += stream.count }
      try addTar(stream, in: folder)
    case .tar: try addTar(PlainStream(bytes), in: folder)
    case .other(let name):
      throw CollectingError("it is \(name), which is not read; \(ArchiveFormat.advice)")
    case nil where bytes.isEmpty: throw CollectingError("it is empty; \(ArchiveFormat.advice)")
    case nil:
      throw CollectingError(
        "it is damaged, or no archive by its content; \(ArchiveFormat.advice)")
    }
  }

  /// Opens the archives that were found inside, if there is nothing better.
  ///
  /// What they hold is opened once more, and no further.
  mutating func openInnerArchives() throws {
    for _ in 0..<2 {
      guard !files.contains(where: { $0.path.lowercased().contains("answers") }) else { break }
      let archives = inner
      inner = []
      for archive in archives {
        do { try addArchive(archive.bytes, in: archive.path + "/") } catch let error
          as CollectingError
        { leaveOut(archive.path, error.description) }
      }
    }
    for archive in inner.prefix(4) {
      leaveOut(archive.path, "it is an archive in an archive; \(ArchiveFormat.advice)")
    }
  }
}

/// A path that is safe to show, shortened from the front.
func shownPath(_ path: String) -> String {
  let text = printable(path, limit: 4_000)
  return text.count > 120 ? "…" + text.suffix(120) : text
}
