import Foundation

/// A generator whose numbers follow from its seed, the same on every machine.
///
/// SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014. Whoever
/// sees one of its numbers can compute all others; where they must not, it is made from a key.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64
  private var secret: KeyStream?

  /// A generator that starts from a seed.
  public init(seed: UInt64) { state = seed }

  /// A generator whose numbers tell nothing of each other to who does not know the key.
  ///
  /// It is some twenty times as slow as one from a seed.
  package init(key: SIMD8<UInt32>) {
    state = 0
    secret = KeyStream(key: key)
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    if secret != nil { return secret!.next() }
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension Tensor {
  /// Values drawn from a normal distribution of mean 0.
  public static func randomNormal(
    _ shape: [Int], standardDeviation: Float = 1, using generator: inout some RandomNumberGenerator
  ) -> Tensor {
    var result = Tensor(uninitialized: shape)
    result.withUnsafeMutableValues { values in
      for index in values.indices {
        // Box and Muller, "A Note on the Generation of Random Normal Deviates", 1958.
        let distance = (1 - .ulpOfOne) * unit(&generator) + .ulpOfOne
        let radius = (-2 * log(distance)).squareRoot()
        let angle = 2 * .pi * unit(&generator)
        values[index] = Float(radius * cos(angle)) * standardDeviation
      }
    }
    return result
  }

  /// A number in `0..<1`.
  ///
  /// The standard library's `random(in:using:)` gives the same and is not specialised for a
  /// generator from another module: a model's weights would take half a minute.
  private static func unit(_ generator: inout some RandomNumberGenerator) -> Double {
    Double(generator.next() & (1 << 53 - 1)) * 0x1p-53
  }

  /// Values drawn evenly from a range.
  public static func randomUniform(
    _ shape: [Int], in range: Range<Float> = 0..<1,
    using generator: inout some RandomNumberGenerator
  ) -> Tensor {
    var result = Tensor(uninitialized: shape)
    result.withUnsafeMutableValues { values in
      for index in values.indices { values[index] = Float.random(in: range, using: &generator) }
    }
    return result
  }
}
