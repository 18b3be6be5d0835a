package import Foundation

/// A file that appears whole or not at all.
///
/// What is written goes to a hidden file beside the destination, which takes its place in
/// ``commit()``, once everything is on the disk. When anything fails before that, also a cancelled
/// caller that throws, the hidden file is removed and what was there before stays.
package final class AtomicFile {
  /// What becomes of a link in the file's place.
  package enum Links: Sendable {
    /// The file that it leads to is replaced, as whoever made the link expects.
    case followed
    /// The link itself is replaced: nobody can lead what is written elsewhere.
    case replaced
  }

  private let place: URL
  private let temporary: URL
  /// Below 0 once it is closed.
  private var descriptor: CInt
  private var isInPlace = false

  /// Opens the hidden file.
  ///
  /// A file that is replaced hands on its permissions.
  ///
  /// - Parameter mode: What a new file permits, before the process's own mask.
  package init(
    _ url: URL, links: Links = .followed, mode: mode_t = 0o666
  ) throws(FileError) {
    // Renaming would replace a link itself, not what it leads to.
    place = links == .followed ? url.resolvingSymlinksInPath() : url
    temporary = Self.hidden(beside: place)
    var found = stat()
    let isThere = lstat(place.path, &found) == 0
    let kind = found.st_mode & S_IFMT
    guard !isThere || kind == S_IFREG || kind == S_IFLNK else {
      throw FileError(
        place.path,
        reason: "it is \(kind == S_IFDIR ? "a folder" : "not a regular file"); choose another name")
    }
    descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else {
      let folder = place.deletingLastPathComponent().path
      throw errno == ENOENT
        ? FileError(place.path, reason: "the folder \(folder) does not exist; create it first")
        : FileError(place.path)
    }
    // Some network disks know no permissions; the file is as good without.
    if isThere, kind == S_IFREG { fchmod(descriptor, found.st_mode & 0o777) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if !isInPlace { unlink(temporary.path) }
  }

  /// Adds bytes.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var done = 0
    while done < bytes.count {
      let count = Foundation.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw FileError(place.path, number: count < 0 ? errno : EIO) }
      done += count
    }
  }

  /// Adds bytes.
  package func write(_ bytes: some Collection<UInt8>) throws(FileError) {
    let copy = ContiguousArray(bytes)
    try copy.withUnsafeBufferPointer { (buffer) throws(FileError) in
      try write(UnsafeRawBufferPointer(buffer))
    }
  }

  /// Waits until everything is on the disk, and puts it in its place.
  package func commit() throws(FileError) {
    // Not every file system can be asked to wait.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw FileError(place.path) }
    // Some report a full disk only now.
    let isClosed = close(descriptor) == 0
    descriptor = -1
    guard isClosed else { throw FileError(place.path) }
    // A rename that fails removes the hidden file as well.
    isInPlace = true
    try Self.move(temporary, to: place)
  }

  /// Replaces the file at `url` by bytes.
  package static func write(
    _ bytes: some Collection<UInt8>, to url: URL, links: Links = .followed, mode: mode_t = 0o666
  ) throws(FileError) {
    let file = try AtomicFile(url, links: links, mode: mode)
    try file.write(bytes)
    try file.commit()
  }

  // MARK: - The hidden file

  private static let mark = ".unfinished-"

  /// A name for something unfinished that will be moved to a place: in the same folder, hidden, nobody
  /// else's, and with the same extension.
  package static func hidden(beside place: URL) -> URL {
    // A part of the name, which may be as long as a name can be already.
    let end = String(place.lastPathComponent.unicodeScalars.suffix(40))
    return place.deletingLastPathComponent()
      .appendingPathComponent("\(mark)\(UUID().uuidString)-\(end)")
  }

  /// Puts a finished hidden file or link in its place, whatever was there; or removes it.
  package static func move(_ hidden: URL, to place: URL) throws(FileError) {
    guard rename(hidden.path, place.path) == 0 else {
      let error = FileError(place.path)
      unlink(hidden.path)
      throw error
    }
    // Waits until the new name is on the disk as well, where the system lets a folder be opened.
    let folder = open(place.deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }

  /// Whether a name is one that writers give to what is unfinished.
  package static func isHidden(_ name: String) -> Bool {
    guard name.hasPrefix(mark) else { return false }
    let rest = name.dropFirst(mark.count)
    return UUID(uuidString: String(rest.prefix(36))) != nil && rest.dropFirst(36).first == "-"
  }

  /// Removes what writers that were killed left in a folder that no other writes to.
  package static func sweep(_ folder: URL) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names where isHidden(name) {
      unlink(folder.appendingPathComponent(name).path)
    }
  }
}
