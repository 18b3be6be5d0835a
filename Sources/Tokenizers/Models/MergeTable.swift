/// Which pairs of tokens merge, how early, and into what.
struct MergeTable: Sendable {
  /// A pair's ids, 32 bits each, plus one; 0 marks a free slot.
  private var keys: [UInt64]
  /// The rank, and the new id in the lower 32 bits.
  private var merges: [UInt64]

  /// A table with room for so many pairs.
  init(capacity: Int) {
    var count = 16
    while count < capacity * 2 { count *= 2 }
    keys = Array(repeating: 0, count: count)
    merges = Array(repeating: 0, count: count)
  }

  /// Lets a pair merge, in place of what was said of it before.
  mutating func insert(_ left: Int, _ right: Int, rank: Int, into id: Int) {
    let slot = slot(of: Self.key(left, right))
    keys[slot] = Self.key(left, right)
    merges[slot] = UInt64(rank) << 32 | UInt64(id)
  }

  /// The rank of a pair, and in the lower 32 bits what it becomes; `UInt64.max` for none.
  @inline(__always)
  func merge(_ left: Int, _ right: Int) -> UInt64 {
    let slot = slot(of: Self.key(left, right))
    return keys[slot] == 0 ? .max : merges[slot]
  }

  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & (keys.count - 1)
    while keys[slot] != 0, keys[slot] != key { slot = (slot + 1) & (keys.count - 1) }
    return slot
  }

  @inline(__always)
  private static func key(_ left: Int, _ right: Int) -> UInt64 {
    (UInt64(left) << 32 | UInt64(right)) + 1
  }
}
