import Foundation

/// A file on its way from the hub: what of it has come so far, on the disk.
///
/// It stays when a download breaks off, even by the end of the process, and the next one goes on
/// where it ends. It is named by the hash of the whole file, so it never holds the beginning of
/// another one; that its bytes are right is known only when the whole is checked.
final class PartialFile: ReplyReader {
  let path: String
  let size: Int
  /// How many bytes there are.
  private(set) var count: Int
  private let host: String
  private let descriptor: CInt
  private let advance: (Int) -> Void

  /// Opens or creates the file of something that will have `size` bytes.
  ///
  /// - Parameter advance: called with how many bytes came, or were given up when below 0.
  init(_ url: URL, size: Int, host: String, advance: @escaping (Int) -> Void) throws(HubError) {
    path = url.path
    self.size = size
    self.host = host
    self.advance = advance
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard descriptor >= 0 else { throw HubError(systemError("\(path) cannot be written")) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw HubError("\(path) is not a regular file, as a download is; remove it")
    }
    count = Int(status.st_size)
    if count > size { try restart() }
  }

  deinit { close(descriptor) }

  /// What to ask the server for.
  var range: String? { count == 0 ? nil : "bytes=\(count)-" }

  /// Gives up what there is.
  func restart() throws(HubError) {
    guard ftruncate(descriptor, 0) == 0 else {
      throw HubError(systemError("\(path) cannot be written"))
    }
    advance(-count)
    count = 0
  }

  func begin(_ reply: Reply) throws(HubError) {
    if reply.status == 206 {
      guard reply["content-range"].flatMap(Self.firstByte) == count else {
        throw HubError("\(host) sent another part of a file than was asked for", isPassing: true)
      }
    } else if count > 0 {
      // The server sends the whole, although only the rest was asked for.
      try restart()
    }
    if let length = reply.length, count + length > size { throw excess }
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws(HubError) {
    guard count + bytes.count <= size else { throw excess }
    var done = 0
    while done < bytes.count {
      let written = pwrite(
        descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(count))
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw HubError(systemError("\(path) cannot be written")) }
      done += written
      count += written
      advance(written)
    }
  }

  /// Whether the whole has a hash.
  func matches(
    _ hash: ContentHash, checking: () throws(HubError) -> Void
  ) throws(HubError) -> Bool {
    try hash.matches(descriptor, size: count, at: path) { (_) throws(HubError) in try checking() }
  }

  /// Gives the file, all of it on the disk, its name.
  func move(to url: URL) throws(HubError) {
    guard fsync(descriptor) == 0, rename(path, url.path) == 0 else {
      throw HubError(systemError("\(url.path) cannot be written"))
    }
  }

  private var excess: HubError {
    HubError("\(host) sends more than the \(size) bytes that it promised", isPassing: true)
  }

  /// The first number of `bytes 5-9/10`.
  private static func firstByte(_ range: String) -> Int? {
    guard range.hasPrefix("bytes ") else { return nil }
    return range.dropFirst(6).split(separator: "-").first.flatMap { Int($0) }
  }
}
