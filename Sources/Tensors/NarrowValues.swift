import CKernels
import Synchronization

/// Values of sixteen bits, as files of weights hold them, that are read and never written.
///
/// Each of them is a Float32 value exactly, so that it does not matter to any result where they are
/// widened: products do so block by block (``BLAS``), and whatever picks rows or copies values widens
/// what it reads. What needs all of them at once keeps a Float32 copy of them for as long as they live.
package final class NarrowValues: @unchecked Sendable {
  /// What the sixteen bits are.
  package enum Format: Sendable {
    case bfloat16, float16
  }

  package let base: UnsafePointer<UInt16>
  package let count: Int
  package let format: Format
  /// What the memory belongs to.
  private let owner: AnyObject
  private let kept = Mutex<TensorStorage?>(nil)

  /// - Parameter owner: Keeps the memory, unchanged, for as long as it lives.
  package init(
    _ base: UnsafePointer<UInt16>, count: Int, format: Format, owner: AnyObject
  ) {
    self.base = base
    self.count = count
    self.format = format
    self.owner = owner
  }

  /// Writes a part of the values as Float32.
  func widen(_ range: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    format.widen(base + range.lowerBound, into: target, count: range.count)
  }

  /// All values as Float32, kept from the first time on.
  var widened: TensorStorage {
    kept.withLock { kept in
      if kept == nil { kept = copy() }
      return kept!
    }
  }

  /// All values as Float32, in memory of their own.
  func copy() -> TensorStorage {
    let copy = TensorStorage(uninitialized: count)
    nonisolated(unsafe) let target = copy.base
    Parallel.forEachChunk(of: count, work: count, grain: 1 << 20, multipleOf: 16) { part in
      self.widen(part, into: target + part.lowerBound)
    }
    return copy
  }
}

extension NarrowValues.Format {
  /// Widens values that lie one after the other.
  package func widen(
    _ source: UnsafePointer<UInt16>, into target: UnsafeMutablePointer<Float>, count: Int
  ) {
    switch self {
    case .bfloat16: KernelSet.best.widenBFloats(source, target, count)
    case .float16: KernelSet.best.widenHalves(source, target, count)
    }
  }
}

extension Tensor {
  /// A tensor of values that stay as they are stored.
  ///
  /// - Precondition: there are as many values as the shape holds.
  package init(_ values: NarrowValues, shape: [Int]) {
    precondition(
      values.count == shape.reduce(1, *),
      "\(values.count) values do not fill the shape \(shape), which holds \(shape.reduce(1, *))")
    self.init(storage: TensorStorage(values), shape: shape)
  }

  /// Whether the values are held in sixteen bits each.
  package var isNarrow: Bool { storage.narrow != nil }

  /// The same values in Float32, in memory of their own if they were narrow.
  package func widened() -> Tensor {
    guard let narrow = storage.narrow else { return self }
    return Tensor(storage: narrow.copy(), shape: shape, node: node)
  }
}

/// The value of a half-precision bit pattern, without a branch.
///
/// The processors this must run on do not all convert in hardware, and a call for every weight
/// would cost more than reading the file.
@inline(__always)
package func float(half bits: UInt16) -> Float {
  let sign = UInt32(bits & 0x8000) << 16
  let magnitude = UInt32(bits & 0x7FFF) << 13
  // The exponent's bias is 15 in half and 127 in single precision: 112 more.
  let normal = magnitude &+ 112 << 23
  // Infinity and NaN keep an exponent of all ones.
  let special = normal &+ 112 << 23
  // Placed under the exponent of the smallest normal number, a fraction counts that number's
  // units; what is left when it is taken away is the subnormal's value.
  let smallest: UInt32 = 113 << 23
  let subnormal =
    (Float(bitPattern: magnitude &+ smallest) - Float(bitPattern: smallest)).bitPattern
  let finite = magnitude < 1 << 23 ? subnormal : normal
  return Float(bitPattern: sign | (magnitude >= 31 << 23 ? special : finite))
}
