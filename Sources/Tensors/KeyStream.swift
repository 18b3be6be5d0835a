/// Random bits that follow from a key of 256 bits, and from which neither the key nor any other of
/// the bits can be found.
///
/// ChaCha20 of Bernstein, "ChaCha, a variant of Salsa20", 2008, in the form of RFC 8439, section 2.3,
/// with a nonce of zeros: number n is the beginning of block n. Most of a block is thrown away; a key
/// stream serves thousands of numbers, not millions.
struct KeyStream: Hashable, Sendable {
  private let key: SIMD8<UInt32>
  private var block: UInt64 = 0

  init(key: SIMD8<UInt32>) { self.key = key }

  /// The next 64 bits.
  mutating func next() -> UInt64 {
    // “expand 32-byte k” in ASCII.
    let constants = SIMD4<UInt32>(0x6170_7865, 0x3320_646E, 0x7962_2D32, 0x6B20_6574)
    var (a, b, c) = (constants, key.lowHalf, key.highHalf)
    var d = SIMD4(UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32), 0, 0)
    block += 1
    for _ in 0..<10 {
      Self.mix(&a, &b, &c, &d)
      // Diagonals become columns, and columns again.
      (b, c, d) = (b.turned(by: 1), c.turned(by: 2), d.turned(by: 3))
      Self.mix(&a, &b, &c, &d)
      (b, c, d) = (b.turned(by: 3), c.turned(by: 2), d.turned(by: 1))
    }
    let sum = a &+ constants
    return UInt64(sum[1]) << 32 | UInt64(sum[0])
  }

  /// Four quarter rounds, one a column.
  private static func mix(
    _ a: inout SIMD4<UInt32>, _ b: inout SIMD4<UInt32>, _ c: inout SIMD4<UInt32>,
    _ d: inout SIMD4<UInt32>
  ) {
    a &+= b
    d = (d ^ a).rotated(by: 16)
    c &+= d
    b = (b ^ c).rotated(by: 12)
    a &+= b
    d = (d ^ a).rotated(by: 8)
    c &+= d
    b = (b ^ c).rotated(by: 7)
  }
}

extension SIMD4<UInt32> {
  /// The bits of each number, moved up; what leaves at the top comes in below.
  fileprivate func rotated(by count: UInt32) -> Self { self &<< count | self &>> (32 - count) }

  /// The numbers, moved down by some places.
  fileprivate func turned(by places: Int) -> Self {
    Self(self[places & 3], self[(places + 1) & 3], self[(places + 2) & 3], self[(places + 3) & 3])
  }
}
