import CZlib
import Foundation

extension SubmittedFiles {
  /// Takes the files of a zip archive.
  ///
  /// Format: PKWARE's APPNOTE 6.3, with its extension for large archives. What is listed in the
  /// central directory counts.
  mutating func addZip(_ archive: [UInt8], in folder: String) throws {
    let reader = ZipReader(bytes: archive)
    for entry in try reader.entries(atMost: limits.entries) {
      try countEntry()
      guard entry.name.last != "/", entry.name.last != "\\" else { continue }
      let path = folder + entry.name
      if entry.isLink {
        leaveOut(path, "it is a symbolic link; hand in the file itself")
        continue
      }
      try add(path, size: entry.size, isPacked: true) { try reader.contents(of: entry) }
    }
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
    guard offset >= 0, offset <= bytes.count - count else { throw Self.damaged }
    let number = bytes[offset..<offset + count].reversed().reduce(UInt64(0)) {
      $0 << 8 | UInt64($1)
    }
    // No archive that is read is so large.
    guard number < 1 << 50 else { throw Self.damaged }
    return Int(number)
  }

  /// Where the central directory is, and how many entries it has.
  private struct Directory {
    let end: Int
    var count: Int
    var size: Int
    var offset: Int
  }

  /// The record at the archive's end: 22 bytes and a comment of up to 65,535.
  private func directory() throws -> Directory {
    let last = bytes.count - 22
    guard last >= 0 else { throw Self.damaged }
    let first = max(0, last - 65_535)
    var end = last
    while end >= first, try number(end, 4) != 0x0605_4B50 { end -= 1 }
    guard end >= first else { throw Self.damaged }
    var directory = Directory(
      end: end, count: try number(end + 10, 2), size: try number(end + 12, 4),
      offset: try number(end + 16, 4))
    // What does not fit is in a larger record, which a locator before this one points to.
    if end >= 20, try number(end - 20, 4) == 0x0706_4B50 {
      let large = try number(end - 12, 8)
      guard try number(large, 4) == 0x0606_4B50 else { throw Self.damaged }
      directory = Directory(
        end: large, count: try number(large + 32, 8), size: try number(large + 40, 8),
        offset: try number(large + 48, 8))
    }
    return directory
  }

  func entries(atMost limit: Int) throws -> [Entry] {
    let directory = try directory()
    guard directory.count <= limit else {
      throw CollectingError(
        "the archive holds \(directory.count) files, and at most \(limit) are read")
    }
    // Something may have been put before the archive, such as a program that unpacks it.
    let base = max(0, directory.end - directory.size - directory.offset)
    var offset = directory.offset + base
    var entries: [Entry] = []
    for _ in 0..<directory.count {
      guard try number(offset, 4) == 0x0201_4B50 else { throw Self.damaged }
      let nameEnd = offset + 46 + (try number(offset + 28, 2))
      let extraEnd = nameEnd + (try number(offset + 30, 2))
      guard extraEnd <= bytes.count else { throw Self.damaged }
      var numbers = [
        try number(offset + 24, 4), try number(offset + 20, 4), try number(offset + 42, 4),
      ]
      try replaceLarge(&numbers, from: nameEnd, to: extraEnd)
      // The upper half of the attributes is the Unix mode when Unix made the archive.
      let mode = try number(offset + 38, 4) >> 16
      entries.append(
        Entry(
          name: Place.text(of: Array(bytes[offset + 46..<nameEnd])),
          method: try number(offset + 10, 2), isEncrypted: try number(offset + 8, 2) & 1 == 1,
          isLink: mode & Int(S_IFMT) == Int(S_IFLNK), checksum: UInt(try number(offset + 16, 4)),
          packedSize: numbers[1], size: numbers[0], header: numbers[2] + base))
      offset = extraEnd + (try number(offset + 32, 2))
    }
    return entries
  }

  /// Replaces numbers that do not fit into four bytes by those of the extension with the id 1, which
  /// has them in the same order.
  private func replaceLarge(_ numbers: inout [Int], from begin: Int, to end: Int) throws {
    var place = begin
    while place + 4 <= end {
      let (id, size) = (try number(place, 2), try number(place + 2, 2))
      var next = place + 4
      place = next + size
      guard id == 1, place <= end else { continue }
      for index in numbers.indices where numbers[index] == 0xFFFF_FFFF {
        guard next + 8 <= place else { throw Self.damaged }
        numbers[index] = try number(next, 8)
        next += 8
      }
    }
  }

  private static let methods = [
    1: "Shrink", 6: "Implode", 9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard",
    95: "xz", 98: "PPMd", 99: "AES encryption",
  ]

  func contents(of entry: Entry) throws -> [UInt8] {
    guard !entry.isEncrypted else {
      throw CollectingError("it is encrypted; pack it without a password")
    }
    guard try number(entry.header, 4) == 0x0403_4B50 else { throw Self.damaged }
    let begin =
      entry.header + 30 + (try number(entry.header + 26, 2)) + (try number(entry.header + 28, 2))
    guard entry.packedSize <= bytes.count - begin else { throw Self.damaged }
    let packed = Array(bytes[begin..<begin + entry.packedSize])
    let contents: [UInt8]
    switch entry.method {
    case 0: contents = packed
    case 8:
      // One byte of room more than promised tells a file that is longer.
      let stream = try InflateStream(packed, .raw, limit: entry.size + 1)
      contents = try stream.read(entry.size + 1)
    default:
      throw CollectingError(
        "it is packed by \(Self.methods[entry.method] ?? "method \(entry.method)"), which is not "
          + "read; make the zip with your system's own program")
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
