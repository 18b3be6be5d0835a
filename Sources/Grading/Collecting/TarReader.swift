/// Bytes that are read one after the other.
protocol ByteStream {
  /// The next bytes, fewer than asked for only at the end.
  func read(_ count: Int) throws -> [UInt8]
}

extension InflateStream: ByteStream {}

/// Bytes that are not packed.
final class PlainStream: ByteStream {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func read(_ count: Int) -> [UInt8] {
    let end = min(position + count, bytes.count)
    defer { position = end }
    return Array(bytes[position..<end])
  }
}

extension SubmittedFiles {
  /// Takes the files of a tar archive, which is read as a stream and never held unpacked.
  ///
  /// Formats: POSIX.1-1988 `ustar`, its `pax` headers for long names and sizes, GNU's for long
  /// names, and what was before them.
  mutating func addTar(_ stream: some ByteStream, in folder: String) throws {
    var longName: String?
    var pax = PaxHeader()
    var isFirst = true
    while true {
      let block = try stream.read(512)
      if block.isEmpty || block.allSatisfy({ $0 == 0 }) { break }
      if isFirst, !TarHeader.isOne(block) {
        throw CollectingError(
          "it is a single file packed by gzip; \(ArchiveFormat.advice)")
      }
      isFirst = false
      var header = try TarHeader(block)
      switch header.kind {
      case "L", "K", "x", "X", "g":
        guard header.size <= 1 << 20 else { throw TarHeader.damaged }
        let text = try stream.read(header.paddedSize).prefix(header.size)
        guard text.count == header.size else { throw TarHeader.damaged }
        if header.kind == "L" { longName = TarHeader.text(text[...]) }
        if header.kind == "x" || header.kind == "X" { pax = PaxHeader(text) }
        continue
      default:
        try countEntry()
        header.size = pax.size ?? header.size
        let name = pax.path ?? longName ?? header.name
        let isSparse = pax.isSparse || header.kind == "S"
        (longName, pax) = (nil, PaxHeader())
        if header.listsMoreHoles { try Self.skipHoles(in: stream) }
        if try take(folder + name, header, isSparse: isSparse, from: stream) { continue }
      }
      try Self.skip(header.paddedSize, in: stream)
    }
    // The checksum of what was packed comes last.
    while try !stream.read(1 << 16).isEmpty {}
  }

  /// Takes an entry if it is wanted; whether its contents were read.
  private mutating func take(
    _ name: String, _ header: TarHeader, isSparse: Bool, from stream: some ByteStream
  ) throws -> Bool {
    switch header.kind {
    case _ where isSparse:
      leaveOut(name, "it is stored with holes; pack it again without --sparse")
    case "0", "\0", "7":
      return try add(name, size: header.size) {
        let padded = try stream.read(header.paddedSize)
        guard padded.count == header.paddedSize else { throw CutOff() }
        return Array(padded.prefix(header.size))
      }
    case "1", "2": leaveOut(name, "it is a link; hand in the file itself")
    case "5": break
    default: if Self.isSwift(name) { leaveOut(name, "it is not a regular file") }
    }
    return false
  }

  /// The archive ends in the middle of a file, after which nothing can be read.
  private struct CutOff: Error, CustomStringConvertible {
    let description = TarHeader.damaged.description
  }

  /// Skips GNU's further lists of holes, of which each says whether another follows.
  private static func skipHoles(in stream: some ByteStream) throws {
    var block: [UInt8]
    repeat {
      block = try stream.read(512)
      guard block.count == 512 else { throw TarHeader.damaged }
    } while block[504] != 0
  }

  private static func skip(_ count: Int, in stream: some ByteStream) throws {
    var left = count
    while left > 0 {
      let read = try stream.read(min(left, 1 << 16)).count
      guard read > 0 else { throw TarHeader.damaged }
      left -= read
    }
  }
}

/// One header of a tar archive: 512 bytes of text fields.
struct TarHeader {
  static let damaged = CollectingError("the tar archive is damaged or cut off")

  let name: String
  let kind: Character
  var size: Int
  /// Whether blocks with further holes come before the contents: in GNU's own format alone.
  let listsMoreHoles: Bool

  /// The size with what fills the last block of 512.
  var paddedSize: Int { (size + 511) / 512 * 512 }

  init(_ block: [UInt8]) throws {
    guard block.count == 512 else { throw Self.damaged }
    guard Self.isOne(block) else { throw Self.damaged }
    let isBinary = block[124] & 0x80 != 0
    let size =
      isBinary
      ? block[128..<136].reduce(0) { ($0 & 0xFF_FFFF_FFFF_FFFF) << 8 | Int($1) }
      : Self.octal(block[124..<136])
    guard let size, size >= 0, size < 1 << 50 else { throw Self.damaged }
    self.size = size
    kind = Character(UnicodeScalar(block[156]))
    listsMoreHoles = kind == "S" && block[482] != 0
    // GNU's own format has times where POSIX has the beginning of a long name.
    let isPosix = block[257..<263].elementsEqual("ustar\0".utf8)
    let prefix = isPosix ? Self.text(block[345..<500]) : ""
    let last = Self.text(block[0..<100])
    name = prefix.isEmpty ? last : prefix + "/" + last
  }

  /// Whether a block's checksum is right: the sum of all bytes, with the sum's own field as spaces.
  static func isOne(_ block: [UInt8]) -> Bool {
    guard block.count == 512, let sum = octal(block[148..<156]), sum > 0 else { return false }
    var (plain, signed) = (0, 0)
    for (index, byte) in block.enumerated() {
      let byte = (148..<156).contains(index) ? UInt8(ascii: " ") : byte
      plain += Int(byte)
      // As some old programs add.
      signed += Int(Int8(bitPattern: byte))
    }
    return sum == plain || sum == signed
  }

  static func text(_ field: ArraySlice<UInt8>) -> String {
    Place.text(of: Array(field.prefix { $0 != 0 }))
  }

  private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
    let digits = String(
      decoding: field.prefix { $0 != 0 }.drop { $0 == UInt8(ascii: " ") }
        .prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
    return digits.isEmpty ? 0 : Int(digits, radix: 8)
  }
}

/// What a pax header says of the next file: records of `length key=value` and a line feed.
private struct PaxHeader {
  var path: String?
  var size: Int?
  var isSparse = false

  init() {}

  init(_ text: ArraySlice<UInt8>) {
    var rest = text
    while let space = rest.firstIndex(of: UInt8(ascii: " ")),
      let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
      length > space - rest.startIndex + 1, length <= rest.count
    {
      let record = rest[(space + 1)..<rest.startIndex + length].dropLast()
      rest = rest[(rest.startIndex + length)...]
      guard let sign = record.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let key = String(decoding: record[..<sign], as: UTF8.self)
      let value = record[(sign + 1)...]
      switch key {
      case "path": path = path ?? TarHeader.text(value)
      // What the path of a file with holes should be, where the path itself is made up.
      case "GNU.sparse.name": (path, isSparse) = (TarHeader.text(value), true)
      case "size":
        let number = Int(String(decoding: value, as: UTF8.self))
        size = number.flatMap { (0..<1 << 50).contains($0) ? $0 : nil }
      case _ where key.hasPrefix("GNU.sparse") || key.hasPrefix("SCHILY.realsize"): isSparse = true
      default: break
      }
    }
  }
}
