import Foundation

/// SentencePiece's precompiled normaliser: a trie of byte strings, each with its replacement.
///
/// The file holds the trie's length in bytes, the trie as a double array of 32-bit units (the
/// layout of the Darts-clone library), and the replacements, each ended by a zero byte.
struct Charsmap: Sendable {
  private let units: [UInt32]
  private let replacements: [UInt8]
  /// The replacements of single ASCII bytes, where there are any.
  private var asciiReplacements: [ArraySlice<UInt8>?] = []

  init(_ data: Data, place: String) throws(TokenizerError) {
    let bytes = [UInt8](data)
    func unit(_ offset: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
    }
    guard bytes.count >= 8 else {
      throw .malformed(
        part: place, expected: "a precompiled map", found: "only \(bytes.count) bytes long")
    }
    let length = Int(unit(0)) / 4 * 4
    guard length >= 4, 4 + length <= bytes.count else {
      throw .malformed(
        part: place, expected: "a precompiled map with a trie of \(unit(0)) bytes",
        found: "cut off after \(bytes.count - 4)")
    }
    units = stride(from: 4, to: 4 + length, by: 4).map(unit)
    replacements = Array(bytes[(4 + length)...])
    guard Scalars.areValid(replacements) else {
      throw .malformed(
        part: place, expected: "a precompiled map of UTF-8 texts", found: "not UTF-8")
    }
    asciiReplacements = (0..<0x80).map { replacement(of: [$0]) }
  }

  /// The text with every grapheme cluster, or else every scalar, replaced as the map says.
  ///
  /// A cluster of fewer than six bytes is looked up whole, but the lookup answers with the
  /// replacement of the *shortest* beginning it knows and drops the rest of the cluster. That is
  /// what the `tokenizers` library does, and models were trained behind it.
  func normalize(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var position = 0
    while position < bytes.count {
      if Self.isAlone(position, in: bytes) {
        let byte = bytes[position]
        if let replacement = asciiReplacements[Int(byte)] {
          result += replacement
        } else {
          result.append(byte)
        }
        position += 1
      } else {
        // Up to and with the next character that is surely a cluster's last.
        let last = (position..<bytes.count).dropFirst().first { Self.isAlone($0, in: bytes) }
        let end = last.map { $0 + 1 } ?? bytes.count
        normalizeClusters(bytes, position..<end, into: &result)
        position = end
      }
    }
    return result
  }

  /// Whether a byte is ASCII, and nothing after it can join its cluster.
  private static func isAlone(_ position: Int, in bytes: [UInt8]) -> Bool {
    bytes[position] < 0x80 && bytes[position] != 0x0D
      && (position + 1 == bytes.count || bytes[position + 1] < 0x80)
  }

  private func normalizeClusters(
    _ bytes: [UInt8], _ range: Range<Int>, into result: inout [UInt8]
  ) {
    var start = range.lowerBound
    for character in String(decoding: bytes[range], as: UTF8.self) {
      let cluster = start..<(start + character.utf8.count)
      start = cluster.upperBound
      if cluster.count < 6, let replacement = replacement(of: bytes[cluster]) {
        result += replacement
        continue
      }
      var position = cluster.lowerBound
      while position < cluster.upperBound {
        let scalar = position..<(position + Scalars.length(leadByte: bytes[position]))
        result += replacement(of: bytes[scalar]) ?? bytes[scalar]
        position = scalar.upperBound
      }
    }
  }

  /// The replacement of the shortest key the range begins with.
  ///
  /// Positions outside the array, which only a damaged map can lead to, count as no key.
  private func replacement(of bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var node = Self.offset(units[0])
    for byte in bytes {
      guard byte != 0 else { return nil }
      node ^= Int(byte)
      guard node < units.count else { return nil }
      let unit = units[node]
      guard unit & (1 << 31 | 0xFF) == UInt32(byte) else { return nil }
      node ^= Self.offset(unit)
      if unit >> 8 & 1 == 1 {
        guard node < units.count else { return nil }
        return text(at: Int(units[node] & (1 << 31 - 1)))
      }
    }
    return nil
  }

  private func text(at start: Int) -> ArraySlice<UInt8>? {
    guard start <= replacements.count else { return nil }
    let end = replacements[start...].firstIndex(of: 0) ?? replacements.count
    return replacements[start..<end]
  }

  private static func offset(_ unit: UInt32) -> Int {
    Int(unit >> 10) << Int((unit & (1 << 9)) >> 6)
  }
}
