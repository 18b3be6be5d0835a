import Foundation
import Synchronization

/// Memory that tensors no longer need, kept for the next of the same size.
///
/// Results of the same sizes come and go with every step. Given back to the system, their pages would
/// have to be cleared and mapped again each time, which takes longer than most of what is computed
/// in them.
package final class BufferPool: Sendable {
  /// The pool of all tensors: it keeps no more than a sixteenth of the memory that there is.
  package static let shared = BufferPool(limit: Int(availableMemory / 16))

  /// Smaller buffers are the allocator's affair, which keeps them itself.
  private static let smallest = 1 << 15
  /// A cache line, which is also the widest vector register.
  private static let alignment = 64

  private struct Shelf {
    /// Addresses.
    var buffers: [UInt] = []
    /// When a buffer was last laid here.
    var used = 0
  }

  private struct State {
    var shelves: [Int: Shelf] = [:]
    var held = 0
    var clock = 0
  }

  private let state = Mutex(State())
  /// How many bytes are kept at most.
  private let limit: Int

  package init(limit: Int) { self.limit = limit }

  /// How many bytes are kept.
  package var held: Int { state.withLock { $0.held } }

  /// A buffer of at least so many bytes, with anything in it.
  package func take(byteCount: Int) -> UnsafeMutableRawPointer {
    let size = Self.size(byteCount)
    if byteCount >= Self.smallest,
      let address = state.withLock({ state -> UInt? in
        guard let address = state.shelves[size]?.buffers.popLast() else { return nil }
        state.held -= size
        return address
      })
    {
      return UnsafeMutableRawPointer(bitPattern: address)!
    }
    return .allocate(byteCount: size, alignment: Self.alignment)
  }

  /// Takes back a buffer that was taken for so many bytes.
  package func give(_ buffer: UnsafeMutableRawPointer, byteCount: Int) {
    let size = Self.size(byteCount)
    guard byteCount >= Self.smallest, size <= limit else { return buffer.deallocate() }
    let address = UInt(bitPattern: buffer)
    let surplus = state.withLock { state -> [UInt] in
      state.clock += 1
      state.shelves[size, default: Shelf()].buffers.append(address)
      state.shelves[size]!.used = state.clock
      state.held += size
      var surplus: [UInt] = []
      while state.held > limit {
        // What has not come back for longest is not likely to be asked for.
        let oldest = state.shelves.filter { !$0.value.buffers.isEmpty }
          .min { $0.value.used < $1.value.used }!.key
        surplus.append(state.shelves[oldest]!.buffers.removeLast())
        state.held -= oldest
        if state.shelves[oldest]!.buffers.isEmpty { state.shelves[oldest] = nil }
      }
      return surplus
    }
    for address in surplus { UnsafeMutableRawPointer(bitPattern: address)!.deallocate() }
  }

  /// The size of the shelf for a count of bytes: an eighth of a power of two apart, so that texts of
  /// almost one length share theirs.
  private static func size(_ byteCount: Int) -> Int {
    guard byteCount >= smallest else { return byteCount }
    let step = 1 << (Int.bitWidth - 1 - byteCount.leadingZeroBitCount - 3)
    return (byteCount + step - 1) / step * step
  }

  /// The memory of the machine, or what this process may have of it.
  private static var availableMemory: UInt64 {
    var available = ProcessInfo.processInfo.physicalMemory
    #if os(Linux)
      var allowed = rlimit()
      if getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &allowed) == 0 {
        available = min(available, UInt64(allowed.rlim_cur))
      }
    #endif
    return available
  }
}
