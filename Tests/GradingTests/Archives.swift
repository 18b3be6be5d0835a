import CZlib
import Foundation

/// Archives as friend and foe make them, written by hand so that they may hold anything.
enum Archives {
  struct Entry {
    var name: String
    var contents: [UInt8]
    /// The Unix mode, of a regular file unless said otherwise.
    var mode = 0o100644
    /// In a tar archive: 0 for a file, 2 for a symbolic link and so on.
    var kind: Character = "0"
    /// The size that is claimed, when it is not the true one.
    var claimedSize: Int?
  }

  private static func bytes(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static func checksum(_ contents: [UInt8]) -> Int {
    Int(contents.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) })
  }

  /// A zip archive whose entries are stored as they are.
  static func zip(_ entries: [Entry]) -> Data {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      let name = Array(entry.name.utf8)
      let facts =
        bytes(0, 2) + bytes(0, 2) + bytes(0, 4) + bytes(checksum(entry.contents), 4)
        + bytes(entry.contents.count, 4)
        + bytes(entry.claimedSize ?? entry.contents.count, 4) + bytes(name.count, 2)
      directory +=
        bytes(0x0201_4B50, 4) + bytes(0x031E, 2) + bytes(20, 2) + facts + bytes(0, 8)
        + bytes(entry.mode << 16, 4) + bytes(file.count, 4) + name
      file += bytes(0x0403_4B50, 4) + bytes(20, 2) + facts + bytes(0, 2) + name + entry.contents
    }
    let end =
      bytes(0x0605_4B50, 4) + bytes(0, 4) + bytes(entries.count, 2) + bytes(entries.count, 2)
      + bytes(directory.count, 4) + bytes(file.count, 4) + bytes(0, 2)
    return Data(file + directory + end)
  }

  /// A tar archive as gzip packs it, in blocks that are stored as they are.
  static func tarGz(_ entries: [Entry]) -> Data {
    var tar: [UInt8] = []
    for entry in entries {
      var header = [UInt8](repeating: 0, count: 512)
      func put(_ text: String, at offset: Int) {
        for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
      }
      put(String(entry.name.prefix(100)), at: 0)
      put("0000644\0", at: 100)
      let size = String(entry.claimedSize ?? entry.contents.count, radix: 8)
      put(String(repeating: "0", count: 11 - size.count) + size + "\0", at: 124)
      put("        ", at: 148)
      put(String(entry.kind), at: 156)
      put("ustar\u{0}00", at: 257)
      let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
      put(String(repeating: "0", count: 6 - sum.count) + sum + "\0 ", at: 148)
      tar += header + entry.contents
      tar += [UInt8](repeating: 0, count: (512 - entry.contents.count % 512) % 512)
    }
    return gzip(tar + [UInt8](repeating: 0, count: 1_024))
  }

  static func gzip(_ contents: [UInt8]) -> Data {
    var file: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
    for begin in stride(from: 0, to: contents.count, by: 65_535) {
      let block = contents[begin..<min(begin + 65_535, contents.count)]
      let isLast = begin + 65_535 >= contents.count
      file += [isLast ? 1 : 0] + bytes(block.count, 2) + bytes(~block.count, 2) + block
    }
    return Data(file + bytes(checksum(contents), 4) + bytes(contents.count, 4))
  }

  /// Zeros without end, packed a thousandfold by the library.
  static func bomb(of size: Int) -> Data {
    var stream = z_stream()
    deflateInit2_(
      &stream, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    defer { deflateEnd(&stream) }
    var zeros = [UInt8](repeating: 0, count: 1 << 20)
    var output = [UInt8](repeating: 0, count: size / 500 + 1_000)
    let room = output.count
    output.withUnsafeMutableBufferPointer { output in
      stream.next_out = output.baseAddress
      stream.avail_out = UInt32(room)
      zeros.withUnsafeMutableBufferPointer { zeros in
        for begin in stride(from: 0, to: size, by: zeros.count) {
          stream.next_in = zeros.baseAddress
          stream.avail_in = UInt32(min(zeros.count, size - begin))
          deflate(&stream, begin + zeros.count >= size ? Z_FINISH : Z_NO_FLUSH)
        }
      }
    }
    return Data(output.prefix(room - Int(stream.avail_out)))
  }
}
