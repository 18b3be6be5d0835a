import Foundation
import Synchronization

/// A file in memory: the system reads what is touched, and drops it again when memory is short.
///
/// A file that is replaced by another of its name, as downloads and this package's writers do, stays
/// what it was. What is written into the file itself shows, and what is cut off can no longer be read:
/// the program then ends with a sentence and the exit code of failed input, 74, and not as by a crash.
final class FileMapping: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer
  private let watch: UnsafeMutablePointer<Watch>

  /// - Returns: Nil where the system does not give the addresses for it.
  init?(descriptor: CInt, byteCount: Int, path: String) {
    guard byteCount > 0,
      let start = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED
    else { return nil }
    bytes = UnsafeRawBufferPointer(start: start, count: byteCount)
    watch = Watch.add(bytes, path: path)
  }

  deinit {
    Watch.end(watch)
    munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
  }
}

/// A part of memory that belongs to a file, for the handler of the signal that such memory is gone.
///
/// The handler may neither allocate nor wait, so that there is a list of these, which are never
/// freed, and what is to be said stands there already.
private struct Watch {
  private var addresses: Range<UInt>
  private let sentence: UnsafeMutableBufferPointer<UInt8>
  private let next: UnsafeMutablePointer<Watch>?

  nonisolated(unsafe) private static var first: UnsafeMutablePointer<Watch>?
  nonisolated(unsafe) private static var former = sigaction()
  private static let lock = Mutex(())

  static func add(_ bytes: UnsafeRawBufferPointer, path: String) -> UnsafeMutablePointer<Watch> {
    let text =
      "headlight: \(path) became shorter while its weights were in use, and they can be read no more; "
      + "put the file back, and start again.\n"
    let sentence = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.utf8.count)
    _ = sentence.initialize(from: text.utf8)
    let start = UInt(bitPattern: bytes.baseAddress)
    let watch = UnsafeMutablePointer<Watch>.allocate(capacity: 1)
    lock.withLock { _ in
      watch.initialize(
        to: Watch(
          addresses: start..<(start + UInt(bytes.count)), sentence: sentence, next: first))
      if first == nil { listen() }
      first = watch
    }
    return watch
  }

  static func end(_ watch: UnsafeMutablePointer<Watch>) { watch.pointee.addresses = 0..<0 }

  private static func listen() {
    #if os(Linux)
      var action = sigaction()
      action.sa_flags = SA_SIGINFO
      action.__sigaction_handler.sa_sigaction = { _, info, _ in
        guard let info else { return }
        Watch.report(UInt(bitPattern: info.pointee._sifields._sigfault.si_addr))
        // Not ours: the step is taken again, and whoever listened before hears of it.
        sigaction(SIGBUS, &Watch.former, nil)
      }
      sigaction(SIGBUS, &action, &former)
    #endif
  }

  /// Ends the program when an address is one of a file's.
  private static func report(_ address: UInt) {
    var next = first
    while let watch = next {
      if watch.pointee.addresses.contains(address) {
        _ = write(2, watch.pointee.sentence.baseAddress, watch.pointee.sentence.count)
        _exit(74)
      }
      next = watch.pointee.next
    }
  }
}
