import Crypto
import Files
import Foundation

/// The hash by which the hub names a file's content.
struct ContentHash: Equatable {
  /// SHA-256 of a large file, or git's SHA-1 of a small one, in hexadecimal.
  let text: String

  private var isLarge: Bool { text.utf8.count == 64 }

  /// Reads an entity tag, `"HASH"` or `W/"HASH"`; nil when it is no hash.
  init?(entityTag: String) {
    var tag = entityTag[...]
    if tag.hasPrefix("W/") { tag = tag.dropFirst(2) }
    let text = tag.trimmingCharacters(in: CharacterSet(charactersIn: "\""))
    guard [40, 64].contains(text.utf8.count),
      text.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) })
    else { return nil }
    self.text = text
  }

  /// Whether an open file of this size has the hash; its content is read once from the beginning.
  func matches(
    _ descriptor: CInt, size: Int, at path: String, advance: (Int) throws(HubError) -> Void
  ) throws(HubError) -> Bool {
    if isLarge {
      var hash = SHA256()
      try read(descriptor, path, advance) { hash.update(bufferPointer: $0) }
      return hexadecimal(hash.finalize()) == text
    }
    // Git puts the kind and the size before the content.
    var hash = Insecure.SHA1()
    hash.update(data: Array("blob \(size)\0".utf8))
    try read(descriptor, path, advance) { hash.update(bufferPointer: $0) }
    return hexadecimal(hash.finalize()) == text
  }

  private func read(
    _ descriptor: CInt, _ path: String, _ advance: (Int) throws(HubError) -> Void,
    _ take: (UnsafeRawBufferPointer) -> Void
  ) throws(HubError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { buffer.deallocate() }
    var offset = 0
    while true {
      let count = pread(descriptor, buffer.baseAddress!, buffer.count, off_t(offset))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw HubError(systemError("\(path) cannot be read")) }
      guard count > 0 else { return }
      take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      offset += count
      try advance(count)
    }
  }

  private func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}

/// A sentence with a reason that the system gave.
func systemError(_ what: String, _ number: CInt = errno) -> String {
  let reason =
    switch number {
    case ENOSPC, EDQUOT: "the disk is full; make room and run the same command again"
    case EACCES, EPERM: "you may not write there; set HF_HOME to a folder of your own"
    case EROFS: "that disk is read-only; set HF_HOME to a folder elsewhere"
    default: systemReason(number)
    }
  return "\(what): \(reason)"
}
