import Foundation

/// The memory behind a tensor: a block of `count` Float32 values that lives as long as it is used.
///
/// Tensors share storage and copy it before they write to it when it is shared, so nobody ever
/// sees another's write; that is what makes the class safe to send between threads.
package final class TensorStorage: @unchecked Sendable {
  package let base: UnsafeMutablePointer<Float>
  package let count: Int

  /// Uninitialised memory: the caller writes every value before anyone reads one.
  package init(uninitialized count: Int) {
    self.count = count
    base = BufferPool.shared.take(byteCount: max(count, 1) * 4)
      .bindMemory(to: Float.self, capacity: max(count, 1))
  }

  package convenience init(repeating value: Float, count: Int) {
    self.init(uninitialized: count)
    base.initialize(repeating: value, count: count)
  }

  package func copy() -> TensorStorage {
    let copy = TensorStorage(uninitialized: count)
    copy.base.update(from: base, count: count)
    return copy
  }

  deinit { BufferPool.shared.give(base, byteCount: max(count, 1) * 4) }
}
