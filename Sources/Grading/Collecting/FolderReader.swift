import Foundation

extension SubmittedFiles {
  /// Takes the files of a folder.
  ///
  /// Folders are opened by descriptors without following links, so that nothing can change under a
  /// path between a look at it and its opening.
  mutating func addFolder(_ folder: Place) throws {
    let descriptor = folder.withPath { open($0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
    guard descriptor >= 0 else { throw CollectingError("the folder cannot be read: \(reason())") }
    try walk(descriptor, path: "", depth: 0)
  }

  /// Takes a single file that was handed in by itself.
  mutating func addFile(_ place: Place, named name: String) throws {
    let descriptor = place.withPath { open($0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) }
    guard descriptor >= 0 else { throw CollectingError("the file cannot be read: \(reason())") }
    defer { close(descriptor) }
    try addFile(descriptor, path: name)
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
    let shown = Place.text(of: name)
    let path = path.isEmpty ? shown : path + "/" + shown
    let terminated = name.map(CChar.init(bitPattern:)) + [0]
    var facts = stat()
    guard fstatat(folder, terminated, &facts, AT_SYMLINK_NOFOLLOW) == 0 else { return }
    switch facts.st_mode & S_IFMT {
    case S_IFDIR:
      guard !Self.isHidden(shown) else { return }
      guard depth < limits.depth else {
        return leaveOut(path, "it lies more than \(limits.depth) folders deep")
      }
      let descriptor = openat(folder, terminated, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard descriptor >= 0 else {
        return leaveOut(path, "the folder cannot be read: \(reason())")
      }
      try walk(descriptor, path: path, depth: depth + 1)
    case S_IFREG:
      let descriptor = openat(folder, terminated, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      guard descriptor >= 0 else { return leaveOut(path, "it cannot be read: \(reason())") }
      defer { close(descriptor) }
      try addFile(descriptor, path: path)
    case S_IFLNK:
      leaveOut(path, "it is a symbolic link; hand in the file itself")
    default:
      if Self.isSwift(path) { leaveOut(path, "it is not a regular file") }
    }
  }

  private mutating func addFile(_ descriptor: Int32, path: String) throws {
    var facts = stat()
    guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
      return leaveOut(path, "it is not a regular file")
    }
    let limit = Self.isSwift(path) ? limits.answersBytes : limits.innerArchiveBytes
    try add(path, size: Int(facts.st_size)) { try readAll(descriptor, atMost: limit) }
  }
}
