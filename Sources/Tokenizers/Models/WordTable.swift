/// A map from byte strings to numbers.
///
/// The keys lie one after another in one array, and the numbers beside a hash table with open
/// addressing, so that a look-up allocates nothing. Keys are compared byte for byte.
struct WordTable: Sendable {
  private struct Entry {
    let hash: UInt64
    let start: Int
    let end: Int
    var value: Int
  }

  private var bytes: [UInt8] = []
  private var entries: [Entry] = []
  /// An entry's number plus one, or 0.
  private var slots: [UInt32]

  /// An empty table with room for so many keys.
  init(capacity: Int = 16) {
    var count = 32
    while count < capacity * 2 { count *= 2 }
    slots = Array(repeating: 0, count: count)
  }

  /// How many keys there are.
  var count: Int { entries.count }

  /// Every key with its number, in the order they came in.
  var members: some Sequence<(key: ArraySlice<UInt8>, value: Int)> {
    entries.lazy.map { (key: bytes[$0.start..<$0.end], value: $0.value) }
  }

  /// The number of a key, or nil.
  func value(of key: borrowing Span<UInt8>) -> Int? {
    value(of: key, 0..<key.count, hash: Self.hash(key, 0..<key.count))
  }

  subscript(_ key: [UInt8]) -> Int? { value(of: key.span) }

  subscript(_ key: String) -> Int? { self[Array(key.utf8)] }

  /// The number of the key that a range of bytes holds, whose hash is known.
  @inline(__always)
  func value(of text: borrowing Span<UInt8>, _ range: Range<Int>, hash: UInt64) -> Int? {
    let slot = slot(of: text, range, hash)
    return slots[slot] == 0 ? nil : entries[Int(slots[slot]) - 1].value
  }

  /// Gives a key a number, in place of any earlier one.
  mutating func insert(_ key: [UInt8], value: Int) {
    insert(key.span, 0..<key.count, hash: Self.hash(key.span, 0..<key.count), value: value)
  }

  mutating func insert(
    _ text: borrowing Span<UInt8>, _ range: Range<Int>, hash: UInt64, value: Int
  ) {
    let slot = slot(of: text, range, hash)
    guard slots[slot] == 0 else {
      entries[Int(slots[slot]) - 1].value = value
      return
    }
    let start = bytes.count
    for index in range { bytes.append(text[index]) }
    entries.append(Entry(hash: hash, start: start, end: bytes.count, value: value))
    slots[slot] = UInt32(entries.count)
    if entries.count * 2 > slots.count { grow() }
  }

  /// The slot of a key, or the free one where it belongs.
  @inline(__always)
  private func slot(of text: borrowing Span<UInt8>, _ range: Range<Int>, _ hash: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let entry = entries[Int(slots[slot]) - 1]
      if entry.hash == hash, entry.end - entry.start == range.count,
        isSame(entry.start, text, range)
      {
        return slot
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }

  @inline(__always)
  private func isSame(_ start: Int, _ text: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
    for offset in 0..<range.count where bytes[start + offset] != text[range.lowerBound + offset] {
      return false
    }
    return true
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: slots.count * 2)
    for (index, entry) in entries.enumerated() {
      var slot = Int(truncatingIfNeeded: entry.hash) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(index + 1)
    }
  }

  /// Eight bytes at a time, multiplied and folded.
  @inline(__always)
  static func hash(_ text: borrowing Span<UInt8>, _ range: Range<Int>) -> UInt64 {
    var hash = UInt64(range.count) &* 0x9E37_79B9_7F4A_7C15
    var position = range.lowerBound
    while position + 8 <= range.upperBound {
      let word = unsafe text.bytes.unsafeLoadUnaligned(
        fromByteOffset: position, as: UInt64.self)
      hash = mix(hash ^ word)
      position += 8
    }
    var rest: UInt64 = 0
    while position < range.upperBound {
      rest = rest << 8 | UInt64(text[position])
      position += 1
    }
    return mix(hash ^ rest)
  }

  @inline(__always)
  private static func mix(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
    return product.high ^ product.low
  }
}
