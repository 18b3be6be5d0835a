import Foundation

extension SubmittedFiles {
  /// The Swift files of a `tar.gz` archive, which is read as a stream and never held unpacked.
  ///
  /// Formats: POSIX.1-1988 `ustar`, its `pax` headers for long names, and GNU's for the same.
  static func inTarGz(_ archive: [UInt8], limits: CollectingLimits) throws -> SubmittedFiles {
    var files = SubmittedFiles(limits: limits)
    let stream = try InflateStream(archive, .gzip, limit: limits.unpackedBytes)
    var longName: String?
    while true {
      let block = try stream.read(512)
      if block.isEmpty || block.allSatisfy({ $0 == 0 }) { return files }
      let header = try TarHeader(block)
      switch header.kind {
      case "L", "x":
        guard header.size <= 65_536 else { throw TarHeader.damaged }
        let text = try stream.read(header.paddedSize).prefix(header.size)
        guard text.count == header.size else { throw TarHeader.damaged }
        let name = header.kind == "L" ? TarHeader.text(text[...]) : TarHeader.path(inPax: text)
        longName = name ?? longName
        continue
      case "g": break
      default:
        try files.countEntry()
        let name = longName ?? header.name
        longName = nil
        if try files.take(name, header, from: stream) { continue }
      }
      try skip(header.paddedSize, in: stream)
    }
  }

  /// Takes an entry if it is wanted; whether its contents were read.
  private mutating func take(
    _ name: String, _ header: TarHeader, from stream: InflateStream
  ) throws -> Bool {
    switch header.kind {
    case "0", "\0", "7":
      guard Self.isWanted(name), header.size <= limits.answersBytes else {
        if Self.isWanted(name) { try add(name, size: header.size) { [] } }
        return false
      }
      let padded = try stream.read(header.paddedSize)
      guard padded.count == header.paddedSize else { throw TarHeader.damaged }
      try add(name, size: header.size) { Array(padded.prefix(header.size)) }
      return true
    case "1", "2": leaveOut(name, "it is a link; hand in the file itself")
    case "5": break
    default: if Self.isWanted(name) { leaveOut(name, "it is not a regular file") }
    }
    return false
  }

  private static func skip(_ count: Int, in stream: InflateStream) throws {
    var left = count
    while left > 0 {
      let read = try stream.read(min(left, 1 << 16)).count
      guard read > 0 else { throw TarHeader.damaged }
      left -= read
    }
  }
}

/// One header of a tar archive: 512 bytes of text fields.
private struct TarHeader {
  static let damaged = CollectingError("the tar archive is damaged or cut off")

  let name: String
  let kind: Character
  let size: Int

  /// The size with what fills the last block of 512.
  var paddedSize: Int { (size + 511) / 512 * 512 }

  init(_ block: [UInt8]) throws {
    guard block.count == 512 else { throw Self.damaged }
    // The sum of all bytes, with the sum's own field as spaces.
    let sum = block.enumerated().reduce(0) {
      $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element))
    }
    guard Self.octal(block[148..<156]) == sum else { throw Self.damaged }
    let isBinary = block[124] & 0x80 != 0
    let size =
      isBinary
      ? block[128..<136].reduce(0) { ($0 & 0xFF_FFFF_FFFF_FFFF) << 8 | Int($1) }
      : Self.octal(block[124..<136])
    guard let size, size >= 0, size < 1 << 50 else { throw Self.damaged }
    self.size = size
    kind = Character(UnicodeScalar(block[156]))
    let prefix = block[257..<262].elementsEqual("ustar".utf8) ? Self.text(block[345..<500]) : ""
    let last = Self.text(block[0..<100])
    name = prefix.isEmpty ? last : prefix + "/" + last
  }

  static func text(_ field: ArraySlice<UInt8>) -> String {
    String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
  }

  private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
    let digits = text(field).trimmingCharacters(in: .whitespaces)
    return digits.isEmpty ? 0 : Int(digits, radix: 8)
  }

  /// The path in a pax header, whose records are `length key=value` and a line feed.
  static func path(inPax text: ArraySlice<UInt8>) -> String? {
    var rest = text
    var path: String?
    while let space = rest.firstIndex(of: UInt8(ascii: " ")),
      let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
      length > space - rest.startIndex, length <= rest.count
    {
      let record = rest[(space + 1)..<rest.startIndex + length]
      let key = Array("path=".utf8)
      if record.starts(with: key) {
        path = String(decoding: record.dropFirst(key.count).dropLast(), as: UTF8.self)
      }
      rest = rest[(rest.startIndex + length)...]
    }
    return path
  }
}
