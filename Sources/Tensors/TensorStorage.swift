import Foundation

/// The memory behind a tensor: a block of `count` Float32 values, or values that a file holds in
/// sixteen bits, that lives as long as it is used.
///
/// Tensors share storage and copy it before they write to it when it is shared or narrow, so nobody
/// ever sees another's write; that is what makes the class safe to send between threads.
package final class TensorStorage: @unchecked Sendable {
  /// Nil where the values are narrow.
  private let floats: UnsafeMutablePointer<Float>?
  /// The values where they are held in sixteen bits.
  package let narrow: NarrowValues?
  package let count: Int

  /// The Float32 values; narrow ones are widened for good by being asked for them.
  package var base: UnsafeMutablePointer<Float> { floats ?? narrow!.widened.base }

  /// Uninitialised memory: the caller writes every value before anyone reads one.
  package init(uninitialized count: Int) {
    self.count = count
    narrow = nil
    floats = BufferPool.shared.take(byteCount: max(count, 1) * 4)
      .bindMemory(to: Float.self, capacity: max(count, 1))
  }

  init(_ values: NarrowValues) {
    count = values.count
    narrow = values
    floats = nil
  }

  package convenience init(repeating value: Float, count: Int) {
    self.init(uninitialized: count)
    base.initialize(repeating: value, count: count)
  }

  /// The values in Float32 memory of their own.
  package func copy() -> TensorStorage {
    if let narrow { return narrow.copy() }
    let copy = TensorStorage(uninitialized: count)
    copy.base.update(from: base, count: count)
    return copy
  }

  /// One of the values; narrow ones stay narrow.
  subscript(index: Int) -> Float {
    if let floats { return floats[index] }
    var value: Float = 0
    copy(1, from: index, to: &value)
    return value
  }

  /// Copies some of the values; narrow ones stay narrow.
  func copy(_ count: Int, from start: Int, to target: UnsafeMutablePointer<Float>) {
    if let narrow { return narrow.widen(start..<(start + count), into: target) }
    target.update(from: base + start, count: count)
  }

  deinit {
    if let floats { BufferPool.shared.give(floats, byteCount: max(count, 1) * 4) }
  }
}
