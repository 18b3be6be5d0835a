import Foundation
import Tensors

extension TensorStorage {
  /// Uninitialised memory for weights, in large pages where the system has them.
  ///
  /// Weights are written once, at loading, and the system's work for every page of 4 KiB would take
  /// longer than reading the file.
  static func weights(count: Int) -> TensorStorage {
    let storage = TensorStorage(uninitialized: count)
    #if os(Linux)
      let page = Int(sysconf(Int32(_SC_PAGESIZE)))
      let start = (Int(bitPattern: storage.base) + page - 1) / page * page
      let length = Int(bitPattern: storage.base + count) - start
      // Advice: where it is not taken, nothing is lost.
      if length >= 4 << 20 {
        madvise(UnsafeMutableRawPointer(bitPattern: start), length, MADV_HUGEPAGE)
      }
    #endif
    return storage
  }
}
