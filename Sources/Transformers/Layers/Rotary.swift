import Foundation
import Tensors

/// The angles of rotary positions: pair `i` of a head turns by position · base^(−2i/width).
///
/// Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding", 2021.
public struct RotaryAngles: Codable, Sendable, Equatable {
  /// How the frequencies are changed for texts longer than those of the training.
  public enum Scaling: Codable, Sendable, Equatable {
    /// Not at all.
    case none
    /// Every frequency divided by a factor. Chen et al., "Extending Context Window of Large Language
    /// Models via Positional Interpolation", 2023.
    case linear(factor: Float)
    /// As `linear`, but short wavelengths are left alone, with a smooth passage between. Grattafiori
    /// et al., "The Llama 3 Herd of Models", 2024.
    case llama3(
      factor: Float, lowFrequencyFactor: Float, highFrequencyFactor: Float, originalLength: Int)
  }

  /// How many values of a head are turned, an even number; the rest has no position.
  public var width: Int
  /// What the wavelengths grow to.
  public var base: Float
  /// Whether a pair is two neighbours, or a value and the one half the width after it.
  public var isInterleaved: Bool
  /// How the frequencies are changed.
  public var scaling: Scaling

  /// Angles.
  public init(width: Int, base: Float = 10_000, isInterleaved: Bool, scaling: Scaling = .none) {
    self.width = width
    self.base = base
    self.isInterleaved = isInterleaved
    self.scaling = scaling
  }

  /// The angle a pair turns by from one position to the next, in radians, a value a pair.
  var frequencies: [Float] {
    // In Float, as PyTorch does: far from the start a rounding of the frequency is seen.
    stride(from: 0, to: width, by: 2).map { index in
      let frequency = 1 / powf(base, Float(index) / Float(width))
      switch scaling {
      case .none: return frequency
      case .linear(let factor): return frequency / factor
      case .llama3(let factor, let low, let high, let length):
        let wavelength = 2 * Float.pi / frequency
        if wavelength < Float(length) / high { return frequency }
        if wavelength > Float(length) / low { return frequency / factor }
        let smooth = (Float(length) / wavelength - low) / (high - low)
        return (1 - smooth) * frequency / factor + smooth * frequency
      }
    }
  }

  /// The rotation for positions, a row for each row of the batch or one for all.
  func rotation(at positions: [[Int]]) -> Rotation {
    let frequencies = frequencies
    let shape = [positions.count, positions[0].count, frequencies.count]
    var (cosines, sines): ([Float], [Float]) = ([], [])
    cosines.reserveCapacity(shape.reduce(1, *))
    sines.reserveCapacity(shape.reduce(1, *))
    for row in positions {
      for position in row {
        for frequency in frequencies {
          let angle = Float(position) * frequency
          cosines.append(cosf(angle))
          sines.append(sinf(angle))
        }
      }
    }
    return Rotation(
      cosines: Tensor(cosines, shape: shape), sines: Tensor(sines, shape: shape),
      isInterleaved: isInterleaved)
  }
}
