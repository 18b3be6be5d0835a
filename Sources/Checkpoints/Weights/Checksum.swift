package import Foundation
import Tensors
package import Transformers

/// A number that tells bytes from others, fast enough for whole checkpoints.
///
/// Four FNV-1a sums side by side, of 64 bits at a time, mixed at the end. It finds accidents, not
/// forgers.
package struct Checksum: Sendable {
  private static let prime: UInt64 = 0x100_0000_01B3
  private var lanes = SIMD4<UInt64>(
    0xCBF2_9CE4_8422_2325, 0x9CE4_8422_2325_CBF2, 0x8422_2325_CBF2_9CE4, 0x2325_CBF2_9CE4_8422)
  private var count: UInt64 = 0

  package init() {}

  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    count &+= UInt64(bytes.count)
    var offset = 0
    while offset + 32 <= bytes.count {
      let words = SIMD4<UInt64>(
        bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
        bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self),
        bytes.loadUnaligned(fromByteOffset: offset + 16, as: UInt64.self),
        bytes.loadUnaligned(fromByteOffset: offset + 24, as: UInt64.self))
      lanes = (lanes ^ words) &* Self.prime
      // Multiplication carries upwards alone; high bits have to reach low ones too.
      lanes ^= lanes &>> 29
      offset += 32
    }
    while offset < bytes.count {
      lanes[0] = (lanes[0] ^ UInt64(bytes[offset])) &* Self.prime
      offset += 1
    }
  }

  package mutating func add(_ text: String) {
    var text = text + "\0"
    text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
  }

  /// Sixteen hexadecimal digits.
  package var text: String {
    var value = count &* Self.prime
    for lane in 0..<4 {
      value = (value ^ lanes[lane]) &* Self.prime
      value ^= value >> 32
    }
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension Checksum {
  /// The checksum of a file, of which little is in memory at a time.
  package static func file(_ url: URL) throws -> String {
    var sum = Checksum()
    let handle = try FileHandle(forReadingFrom: url)
    defer { try? handle.close() }
    while let chunk = try handle.read(upToCount: 1 << 20), !chunk.isEmpty {
      chunk.withUnsafeBytes { sum.add($0) }
    }
    return sum.text
  }
}

extension Transformer {
  /// Tells this model from others: its configuration and every weight.
  package var checksum: String {
    var sum = Checksum()
    sum.add("\(configuration)")
    var copy = self
    copy.visitParameters { name, tensor in
      sum.add(name)
      sum.add("\(tensor.shape)")
      tensor.withUnsafeValues { sum.add(UnsafeRawBufferPointer($0)) }
    }
    return sum.text
  }
}
