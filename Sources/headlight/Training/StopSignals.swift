import Dispatch
import Foundation
import Synchronization

/// Takes note of Ctrl-C and SIGTERM instead of dying of them, so that work can be saved first.
final class StopSignals {
  private let caught = Caught()
  private let sources: [any DispatchSourceSignal]

  private final class Caught: Sendable {
    let signal = Mutex<Int32?>(nil)
  }

  init() {
    sources = [SIGINT, SIGTERM].map { [caught] number in
      // The default action would come first.
      Foundation.signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { caught.signal.withLock { $0 = number } }
      source.resume()
      return source
    }
  }

  /// The signal that asked for an end, or nil.
  var signal: Int32? { caught.signal.withLock { $0 } }
}
