import Foundation

/// A tensor is written as its shape and its values, the values as base64 of little-endian Float32,
/// so that NaN, infinities and every last bit survive the way through JSON.
extension Tensor: Codable {
  private enum Key: String, CodingKey {
    case shape
    case values = "float32"
  }

  /// Writes the shape and the values; a gradient history stays behind.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(shape, forKey: .shape)
    let words = withUnsafeValues { $0.map(\.bitPattern.littleEndian) }
    let bytes = words.withUnsafeBytes { Data($0) }
    try container.encode(bytes.base64EncodedString(), forKey: .values)
  }

  /// Reads what ``encode(to:)`` wrote.
  ///
  /// - Throws: `DecodingError` when a length is negative, the shape is too large to count, or the
  ///   number of values is not the shape's.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let shape = try container.decode([Int].self, forKey: .shape)
    let text = try container.decode(String.self, forKey: .values)

    func corrupted(_ key: Key, _ message: String) -> DecodingError {
      .dataCorruptedError(forKey: key, in: container, debugDescription: message)
    }
    guard shape.count <= 16 else {
      throw corrupted(.shape, "a tensor has at most 16 axes, this one \(shape.count)")
    }
    guard shape.allSatisfy({ $0 >= 0 }) else {
      throw corrupted(.shape, "the shape \(shape) has a negative length")
    }
    // Zero lengths last: a shape such as [huge, huge, 0] holds nothing and must not overflow.
    var expected = shape.contains(0) ? 0 : 1
    for length in shape where expected > 0 {
      let (product, overflow) = expected.multipliedReportingOverflow(by: length)
      guard !overflow, product <= Int.max / 4 else {
        throw corrupted(.shape, "the shape \(shape) holds more values than a computer can count")
      }
      expected = product
    }
    guard let bytes = Data(base64Encoded: text) else {
      throw corrupted(.values, "the values of the tensor are not base64")
    }
    guard bytes.count == expected * 4 else {
      throw corrupted(
        .values,
        "the shape \(shape) holds \(expected) values (\(expected * 4) bytes), "
          + "but \(bytes.count) bytes were found")
    }
    self.init(uninitialized: shape)
    withUnsafeMutableValues { values in
      bytes.withUnsafeBytes { source in
        for index in values.indices {
          let bits = source.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
          values[index] = Float(bitPattern: UInt32(littleEndian: bits))
        }
      }
    }
  }
}
