import Coursework
import Foundation

extension SubmittedFiles {
  /// The Swift files of a folder.
  ///
  /// Folders are opened by descriptors without following links, so that nothing can change under a
  /// path between a look at it and its opening.
  static func inFolder(_ folder: String, limits: CollectingLimits) throws -> SubmittedFiles {
    var files = SubmittedFiles(limits: limits)
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { throw CollectingError("the folder cannot be read: \(reason())") }
    try files.walk(descriptor, path: "", depth: 0)
    return files
  }

  /// A single file that was handed in by itself.
  static func single(_ file: String, limits: CollectingLimits) throws -> SubmittedFiles {
    var files = SubmittedFiles(limits: limits)
    let name = URL(filePath: file).lastPathComponent
    let descriptor = open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw CollectingError("the file cannot be read: \(reason())") }
    defer { close(descriptor) }
    try files.addFile(descriptor, path: name)
    return files
  }

  /// Reads a folder, and closes its descriptor.
  private mutating func walk(_ descriptor: Int32, path: String, depth: Int) throws {
    guard let stream = fdopendir(descriptor) else {
      close(descriptor)
      return leaveOut(path, "the folder cannot be read: \(reason())")
    }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name == Array(".".utf8) || name == Array("..".utf8) { continue }
      try countEntry()
      names.append(name)
    }
    // The order of a folder is its file system's; a grade must not hang on it.
    for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      try visit(name, in: descriptor, path: path, depth: depth)
    }
  }

  private mutating func visit(
    _ name: [UInt8], in folder: Int32, path: String, depth: Int
  ) throws {
    let shown = String(decoding: name, as: UTF8.self)
    let path = path.isEmpty ? shown : path + "/" + shown
    let terminated = name.map(CChar.init(bitPattern:)) + [0]
    var facts = stat()
    guard fstatat(folder, terminated, &facts, AT_SYMLINK_NOFOLLOW) == 0 else { return }
    switch facts.st_mode & S_IFMT {
    case S_IFDIR:
      guard !shown.hasPrefix("."), shown != "__MACOSX", shown != "node_modules" else { return }
      guard depth < limits.depth else {
        return leaveOut(path, "it lies more than \(limits.depth) folders deep")
      }
      let descriptor = openat(folder, terminated, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard descriptor >= 0 else {
        return leaveOut(path, "the folder cannot be read: \(reason())")
      }
      try walk(descriptor, path: path, depth: depth + 1)
    case S_IFREG:
      guard Self.isWanted(path) else { return }
      let descriptor = openat(folder, terminated, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      guard descriptor >= 0 else { return leaveOut(path, "it cannot be read: \(reason())") }
      defer { close(descriptor) }
      try addFile(descriptor, path: path)
    case S_IFLNK:
      leaveOut(path, "it is a symbolic link; hand in the file itself")
    default:
      if Self.isWanted(path) { leaveOut(path, "it is not a regular file") }
    }
  }

  private mutating func addFile(_ descriptor: Int32, path: String) throws {
    var facts = stat()
    guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
      return leaveOut(path, "it is not a regular file")
    }
    let limit = limits.answersBytes
    try add(path, size: Int(facts.st_size)) {
      // One byte more than may be: what grows while it is read is refused too.
      var bytes = [UInt8](repeating: 0, count: limit + 1)
      var count = 0
      while count < bytes.count {
        let step = bytes.withUnsafeMutableBytes {
          read(descriptor, $0.baseAddress! + count, $0.count - count)
        }
        if step < 0, errno == EINTR { continue }
        guard step >= 0 else { throw CollectingError("it cannot be read: \(reason())") }
        if step == 0 { break }
        count += step
      }
      guard count <= limit else { throw CollectingError("it takes more than \(limit) bytes") }
      return Array(bytes.prefix(count))
    }
  }
}

/// The system's reason for the last failure.
func reason() -> String { String(cString: strerror(errno)) }

/// A path that is safe to show, shortened from the front.
func shownPath(_ path: String) -> String {
  let text = printable(path, limit: 4_000)
  return text.count > 120 ? "…" + text.suffix(120) : text
}
