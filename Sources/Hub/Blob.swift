import Checkpoints
import Files
import Foundation

/// A file of a model by its content.
struct Blob {
  /// The name under which the model has it.
  let file: String
  let hash: ContentHash
  let size: Int
  let url: URL
}

/// A model's folder in the cache.
struct BlobStore {
  let name: HubName
  let commit: String
  let cache: HubCache

  func place(of blob: Blob) -> URL {
    cache.folder(of: name).appendingPathComponent("blobs/\(blob.hash.text)")
  }

  func partialPlace(of blob: Blob) -> URL {
    cache.folder(of: name).appendingPathComponent("blobs/\(blob.hash.text).incomplete")
  }

  func lock(of blob: Blob) -> URL { cache.lock(blob.hash.text, of: name) }

  /// Whether a blob is there whole; what another process is writing still has another name.
  func has(_ blob: Blob) -> Bool { Self.size(place(of: blob)) == blob.size }

  /// Checks that the disk has room for what is not there.
  func checkSpace(for blobs: [Blob]) throws(HubError) {
    var seen: Set<String> = []
    let needed = blobs.reduce(0) { sum, blob in
      guard seen.insert(blob.hash.text).inserted, !has(blob) else { return sum }
      return sum + max(blob.size - (Self.size(partialPlace(of: blob)) ?? 0), 0)
    }
    let folder = cache.folder(of: name).appendingPathComponent("blobs")
    try makeFolder(folder)
    var disk = statvfs()
    guard needed > 0, statvfs(folder.path, &disk) == 0 else { return }
    let free = Int(clamping: UInt64(disk.f_bavail) &* UInt64(disk.f_frsize))
    guard needed > free else { return }
    throw HubError(
      "\(name) needs \(sizeText(needed)) more on the disk of \(cache.folder.path), which has "
        + "\(sizeText(free)) free; make room, or set HF_HOME to a folder on another disk")
  }

  /// Links a blob under its own name into the folder of the commit.
  func link(_ blob: Blob) throws(HubError) {
    let place = cache.snapshot(commit, of: name).appendingPathComponent(blob.file)
    // Relative, as other tools make them, so that the cache can be moved.
    let up = blob.file.utf8.count { $0 == UInt8(ascii: "/") } + 2
    let target = String(repeating: "../", count: up) + "blobs/\(blob.hash.text)"
    if let found = try? FileManager.default.destinationOfSymbolicLink(atPath: place.path),
      found == target
    {
      return
    }
    try makeFolder(place.deletingLastPathComponent())
    let hidden = AtomicFile.hidden(beside: place)
    do throws(FileError) {
      guard symlink(target, hidden.path) == 0 else { throw FileError(place.path) }
      try AtomicFile.move(hidden, to: place)
    } catch { throw HubError(error) }
  }

  /// Lets the revision name the commit.
  func writeReference() throws(HubError) {
    guard !name.namesCommit else { return }
    let place = cache.reference(of: name)
    try makeFolder(place.deletingLastPathComponent())
    do throws(FileError) { try AtomicFile.write(commit.utf8, to: place, links: .replaced) } catch {
      throw HubError(error)
    }
  }

  private static func size(_ url: URL) -> Int? {
    var status = stat()
    guard stat(url.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }
}

/// One blob on its way into the cache.
struct BlobDownload {
  let blob: Blob
  let store: BlobStore
  let client: Client
  let host: String
  let advance: (Int) -> Void
  let waits: () -> Void

  /// Downloads the blob, unless it is there.
  ///
  /// - Returns: Whether it was there.
  func run() throws(HubError) -> Bool {
    if store.has(blob) { return true }
    let lock = try lock()
    defer { withExtendedLifetime(lock) {} }
    if store.has(blob) { return true }
    let partial = try PartialFile(
      store.partialPlace(of: blob), size: blob.size, host: host, advance: advance)
    let found = partial.count
    advance(found)
    try complete(partial)
    if try !isRight(partial) {
      try partial.restart()
      // The beginning may have been damaged long ago; the rest is not to blame yet.
      guard found > 0 else { throw wrongHash }
      try complete(partial)
      guard try isRight(partial) else {
        try partial.restart()
        throw wrongHash
      }
    }
    try partial.move(to: store.place(of: blob))
    return false
  }

  /// Waits for the lock, which other tools that fill the cache take too.
  ///
  /// Some network disks have no locks. There the check of every hash still keeps files right.
  private func lock() throws(HubError) -> FileLock {
    let place = store.lock(of: blob)
    try makeFolder(place.deletingLastPathComponent())
    var told = false
    while true {
      do throws(FileError) {
        if let lock = try FileLock.take(place) { return lock }
      } catch { throw HubError(error) }
      if !told { waits() }
      told = true
      try client.wait(seconds: 0.1)
    }
  }

  private func complete(_ partial: PartialFile) throws(HubError) {
    try client.patiently(progress: { partial.count }) { () throws(HubError) in
      guard partial.count < blob.size else { return }
      do throws(HubError) {
        try client.send(
          blob.url, of: .init(name: store.name, file: blob.file), range: partial.range, to: partial)
      } catch {
        if error.refusesRange { try partial.restart() }
        throw error
      }
      guard partial.count == blob.size else {
        throw HubError(
          "\(host) sent only \(partial.count) of the \(blob.size) bytes of \(blob.file); run the same "
            + "command again", isPassing: true)
      }
    }
  }

  private func isRight(_ partial: PartialFile) throws(HubError) -> Bool {
    try partial.matches(blob.hash, checking: client.checkStop)
  }

  private var wrongHash: HubError {
    HubError(
      "\(host) sent \(blob.file) with another content than its hash \(blob.hash.text.prefix(12))… "
        + "says; it was thrown away; try again later")
  }
}

/// A number of bytes for people: `308.4 MB`.
package func sizeText(_ bytes: Int) -> String {
  let units = ["kB", "MB", "GB", "TB"]
  guard bytes >= 1_000 else { return "\(bytes) bytes" }
  var value = Double(bytes) / 1_000
  var unit = 0
  while value >= 999.95, unit < units.count - 1 {
    value /= 1_000
    unit += 1
  }
  return "\(String(format: "%.1f", value)) \(units[unit])"
}
