import Dispatch
import Foundation
import Synchronization

/// Shares work out among the processor's cores.
package enum Parallel {
  /// How many threads take part; `HEADLIGHT_THREADS` overrides the number of cores.
  package static let threads: Int = {
    let environment = ProcessInfo.processInfo.environment
    if let count = environment["HEADLIGHT_THREADS"].flatMap(Int.init), count > 0 { return count }
    return ProcessInfo.processInfo.activeProcessorCount
  }()

  /// Set while a thread works on a share, so that work inside a share is not split again.
  private static let insideKey: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()

  /// Calls `body` with ranges that together cover `0..<count`, at the same time on several threads
  /// when `work` (any unit) holds at least two grains.
  package static func forEachChunk(
    of count: Int, work: Int, grain: Int, multipleOf unit: Int = 1,
    _ body: @Sendable (Range<Int>) -> Void
  ) {
    guard count > 0 else { return }
    let shares = min(threads, work / max(grain, 1), (count + unit - 1) / unit)
    guard shares > 1, pthread_getspecific(insideKey) == nil else { return body(0..<count) }
    let units = (count + unit - 1) / unit
    forEachShare(shares) { share in
      let lower = units * share / shares * unit
      let upper = min(units * (share + 1) / shares * unit, count)
      if lower < upper { body(lower..<upper) }
    }
  }

  /// Calls `body` once a share, at the same time; nothing inside a share is split further.
  package static func forEachShare(_ shares: Int, _ body: @Sendable (Int) -> Void) {
    DispatchQueue.concurrentPerform(iterations: shares) { share in
      let outer = pthread_getspecific(insideKey)
      pthread_setspecific(insideKey, UnsafeRawPointer(bitPattern: 1))
      body(share)
      pthread_setspecific(insideKey, outer)
    }
  }

  /// The results of a function of each element, computed by several threads.
  ///
  /// - Throws: What the function throws of the first element that it throws of.
  package static func map<Element: Sendable, Value: Sendable, Failure: Error>(
    _ elements: [Element], _ body: @Sendable (Element) throws(Failure) -> Value
  ) throws(Failure) -> [Value] {
    if elements.count == 1 { return [try body(elements[0])] }
    let results = Mutex<[Int: Result<Value, Failure>]>([:])
    forEachShare(elements.count) { index in
      let result = Result { () throws(Failure) in try body(elements[index]) }
      results.withLock { $0[index] = result }
    }
    let found = results.withLock { $0 }
    var values: [Value] = []
    for index in elements.indices { values.append(try found[index]!.get()) }
    return values
  }
}
