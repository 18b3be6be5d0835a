import CZlib
import Foundation

extension SubmittedFiles {
  /// The Swift files of a zip archive.
  ///
  /// Format: PKWARE's APPNOTE 6.3. What is listed in the central directory counts.
  static func inZip(_ archive: [UInt8], limits: CollectingLimits) throws -> SubmittedFiles {
    var files = SubmittedFiles(limits: limits)
    let reader = ZipReader(bytes: archive)
    var unpacked = 0
    for entry in try reader.entries(atMost: limits.entries) {
      try files.countEntry()
      guard entry.name.last != "/" else { continue }
      if entry.isLink {
        files.leaveOut(entry.name, "it is a symbolic link; hand in the file itself")
        continue
      }
      guard isWanted(entry.name) else { continue }
      unpacked += entry.size
      guard unpacked <= limits.unpackedBytes else {
        throw CollectingError("the archive unpacks to more than is read")
      }
      try files.add(entry.name, size: entry.size) { try reader.contents(of: entry) }
    }
    return files
  }
}

private struct ZipReader {
  let bytes: [UInt8]

  struct Entry {
    let name: String
    let method: Int
    let isEncrypted: Bool
    let isLink: Bool
    let checksum: UInt
    let packedSize: Int
    let size: Int
    let header: Int
  }

  private static let damaged = CollectingError("the zip archive is damaged or cut off")

  private func number(_ offset: Int, _ count: Int) throws -> Int {
    guard offset >= 0, offset + count <= bytes.count else { throw Self.damaged }
    return bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  func entries(atMost limit: Int) throws -> [Entry] {
    // The end record is 22 bytes and a comment of up to 65,535.
    let last = bytes.count - 22
    guard last >= 0 else { throw Self.damaged }
    let first = max(0, last - 65_535)
    var end = last
    while end >= first, try number(end, 4) != 0x0605_4B50 { end -= 1 }
    guard end >= first else { throw CollectingError("the file is no zip archive") }
    let count = try number(end + 10, 2)
    var offset = try number(end + 16, 4)
    guard count != 0xFFFF, offset != 0xFFFF_FFFF else {
      throw CollectingError("the zip archive has the format for huge archives, which is not read")
    }
    guard count <= limit else {
      throw CollectingError("the archive holds \(count) files, and at most \(limit) are read")
    }
    var entries: [Entry] = []
    for _ in 0..<count {
      guard try number(offset, 4) == 0x0201_4B50 else { throw Self.damaged }
      let nameCount = try number(offset + 28, 2)
      let nameEnd = offset + 46 + nameCount
      guard nameEnd <= bytes.count else { throw Self.damaged }
      // The upper half of the attributes is the Unix mode when Unix made the archive.
      let mode = try number(offset + 38, 4) >> 16
      entries.append(
        Entry(
          name: String(decoding: bytes[offset + 46..<nameEnd], as: UTF8.self),
          method: try number(offset + 10, 2), isEncrypted: try number(offset + 8, 2) & 1 == 1,
          isLink: mode & Int(S_IFMT) == Int(S_IFLNK), checksum: UInt(try number(offset + 16, 4)),
          packedSize: try number(offset + 20, 4), size: try number(offset + 24, 4),
          header: try number(offset + 42, 4)))
      offset = nameEnd + (try number(offset + 30, 2)) + (try number(offset + 32, 2))
    }
    return entries
  }

  func contents(of entry: Entry) throws -> [UInt8] {
    guard !entry.isEncrypted else { throw CollectingError("it is encrypted") }
    guard try number(entry.header, 4) == 0x0403_4B50 else { throw Self.damaged }
    let begin =
      entry.header + 30 + (try number(entry.header + 26, 2)) + (try number(entry.header + 28, 2))
    guard begin + entry.packedSize <= bytes.count else { throw Self.damaged }
    let packed = Array(bytes[begin..<begin + entry.packedSize])
    let contents: [UInt8]
    switch entry.method {
    case 0: contents = packed
    case 8:
      // One byte of room more than promised tells a file that is longer.
      let stream = try InflateStream(packed, .raw, limit: entry.size + 1)
      contents = try stream.read(entry.size + 1)
    default: throw CollectingError("it is packed by method \(entry.method), which is not read")
    }
    let checksum = contents.withUnsafeBufferPointer {
      crc32(0, $0.baseAddress, UInt32($0.count))
    }
    guard contents.count == entry.size, UInt(checksum) == entry.checksum else {
      throw Self.damaged
    }
    return contents
  }
}
