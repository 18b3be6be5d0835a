import Foundation

/// A place in the file system by its bytes, which need not be text: names come in the encoding of
/// whoever packed them.
struct Place: Hashable, Sendable {
  let bytes: [UInt8]

  init(_ url: URL) { bytes = Array(url.path.utf8) }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// A file or folder in this folder.
  func appending(_ name: [UInt8]) -> Place {
    Place(bytes: bytes + [UInt8(ascii: "/")] + name)
  }

  func withPath<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
    try (bytes + [0]).withUnsafeBytes {
      try body($0.baseAddress!.assumingMemoryBound(to: CChar.self))
    }
  }

  /// What is here, without following a link, or nil when there is nothing.
  var facts: stat? {
    var facts = stat()
    return withPath { lstat($0, &facts) } == 0 ? facts : nil
  }

  /// The content of a regular file of a bounded size.
  ///
  /// - Throws: ``CollectingError``.
  func contents(atMost limit: Int) throws -> [UInt8] {
    let descriptor = withPath { open($0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) }
    guard descriptor >= 0 else { throw CollectingError("it cannot be read: \(reason())") }
    defer { close(descriptor) }
    return try readAll(descriptor, atMost: limit)
  }

  /// The names of a folder's entries, sorted by their bytes.
  ///
  /// - Throws: ``CollectingError``.
  func names() throws -> [[UInt8]] {
    guard let stream = withPath({ opendir($0) }) else {
      throw CollectingError(reason())
    }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// A name as text: UTF-8 where it is that, and else Latin-1, which old archives hold.
  ///
  /// Accents are one character with their letter, however they were written.
  static func text(of name: [UInt8]) -> String {
    let text =
      String(validating: name, as: UTF8.self)
      ?? String(String.UnicodeScalarView(name.map { UnicodeScalar($0) }))
    return text.precomposedStringWithCanonicalMapping
  }
}

/// The content of an open file, if it is a regular one of a bounded size.
func readAll(_ descriptor: Int32, atMost limit: Int) throws -> [UInt8] {
  var facts = stat()
  guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
    throw CollectingError("it is not a regular file")
  }
  let tooLarge = CollectingError(
    "it takes more than \(limit) bytes, which is the most that is read")
  guard facts.st_size <= limit else { throw tooLarge }
  // One byte more than may be: what grows while it is read is refused too.
  var bytes = [UInt8](repeating: 0, count: min(Int(facts.st_size), limit) + 1)
  var count = 0
  while true {
    let step = bytes.withUnsafeMutableBytes {
      read(descriptor, $0.baseAddress! + count, $0.count - count)
    }
    if step < 0, errno == EINTR { continue }
    guard step >= 0 else { throw CollectingError("it cannot be read: \(reason())") }
    if step == 0 { break }
    count += step
    guard count <= limit else { throw tooLarge }
    if count == bytes.count { bytes += [UInt8](repeating: 0, count: 1 << 16) }
  }
  return Array(bytes.prefix(count))
}

/// The system's reason for the last failure.
func reason() -> String { String(cString: strerror(errno)) }
