/// A map from byte strings to ids that finds every key a text begins with.
///
/// Keys are compared byte for byte, unlike Swift strings. The edges lie in one hash table with open
/// addressing, keyed by node and byte; a step is one probe on average.
struct ByteTrie: Sendable {
  /// The edge's node and byte plus one, so that 0 marks an empty slot.
  private var keys: [UInt64] = Array(repeating: 0, count: 64)
  private var targets: [Int32] = Array(repeating: 0, count: 64)
  private var edgeCount = 0
  /// The id that ends at each node, or -1.
  private var values: [Int32] = [-1]

  static let root: Int32 = 0

  /// Whether no key has been inserted.
  var isEmpty: Bool { edgeCount == 0 }

  /// Gives the key an id, in place of any earlier one.
  mutating func insert(_ key: some Sequence<UInt8>, id: Int) {
    var node = Self.root
    for byte in key { node = child(of: node, by: byte) ?? addChild(to: node, by: byte) }
    values[Int(node)] = Int32(id)
  }

  /// The node one byte further down, or nil.
  @inline(__always)
  func child(of node: Int32, by byte: UInt8) -> Int32? {
    let key = Self.key(node, byte)
    var slot = Self.slot(key, count: keys.count)
    while keys[slot] != 0 {
      if keys[slot] == key { return targets[slot] }
      slot = (slot + 1) & (keys.count - 1)
    }
    return nil
  }

  /// The id of the key that ends at a node, or nil.
  @inline(__always)
  func id(at node: Int32) -> Int? {
    let value = values[Int(node)]
    return value < 0 ? nil : Int(value)
  }

  /// The id of exactly these bytes, or nil.
  func id(of key: borrowing Span<UInt8>) -> Int? {
    var node = Self.root
    for index in 0..<key.count {
      guard let next = child(of: node, by: key[index]) else { return nil }
      node = next
    }
    return id(at: node)
  }

  /// The id of exactly these bytes, or nil.
  func id(of key: some Sequence<UInt8>) -> Int? {
    var node = Self.root
    for byte in key {
      guard let next = child(of: node, by: byte) else { return nil }
      node = next
    }
    return id(at: node)
  }

  /// The longest key that the bytes hold from a position on: its end and its id.
  @inline(__always)
  func longestMatch(in bytes: borrowing Span<UInt8>, from start: Int) -> (end: Int, id: Int)? {
    var node = Self.root
    var best: (end: Int, id: Int)?
    for position in start..<bytes.count {
      guard let next = child(of: node, by: bytes[position]) else { break }
      node = next
      if let id = id(at: node) { best = (position + 1, id) }
    }
    return best
  }

  private mutating func addChild(to node: Int32, by byte: UInt8) -> Int32 {
    if (edgeCount + 1) * 2 > keys.count { grow() }
    let target = Int32(values.count)
    values.append(-1)
    store(Self.key(node, byte), target)
    edgeCount += 1
    return target
  }

  private mutating func store(_ key: UInt64, _ target: Int32) {
    var slot = Self.slot(key, count: keys.count)
    while keys[slot] != 0 { slot = (slot + 1) & (keys.count - 1) }
    keys[slot] = key
    targets[slot] = target
  }

  private mutating func grow() {
    let old = (keys: keys, targets: targets)
    keys = Array(repeating: 0, count: old.keys.count * 2)
    targets = Array(repeating: 0, count: old.keys.count * 2)
    for (key, target) in zip(old.keys, old.targets) where key != 0 { store(key, target) }
  }

  @inline(__always)
  private static func key(_ node: Int32, _ byte: UInt8) -> UInt64 {
    UInt64(UInt32(bitPattern: node)) << 8 | UInt64(byte) + 1 << 40
  }

  @inline(__always)
  private static func slot(_ key: UInt64, count: Int) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & (count - 1)
  }
}
