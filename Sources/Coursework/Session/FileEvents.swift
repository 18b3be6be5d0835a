package import Foundation
import Synchronization

/// What may happen while a sheet is watched.
package enum WatchEvent: Equatable, Sendable {
  case saved
  case key(Character)
  case stop
}

/// Where events come from.
package protocol WatchEvents: Sendable {
  /// Waits for the next event.
  func next() async -> WatchEvent
  /// Waits until an event is there that makes a check that runs useless: a save or a stop. It is
  /// still there afterwards. Ends when the task is cancelled.
  func interruption() async
}

/// Events of a file, of the keyboard and of signals.
///
/// The file is looked at by its path every tenth of a second, so an editor that writes a new file and
/// renames it is understood, and so is a folder shared over a network.
package final class FileEvents: WatchEvents {
  private let file: URL
  private let keyboard: Keyboard?
  private let state: Mutex<State>

  private struct State {
    var seen: FileSignature?
    var keys: [Character] = []
  }

  package init(file: URL, keyboard: Keyboard?) {
    self.file = file
    self.keyboard = keyboard
    state = Mutex(State(seen: FileSignature(of: file)))
  }

  package func next() async -> WatchEvent {
    while true {
      if StopSignals.signal != nil || Task.isCancelled { return .stop }
      let key = state.withLock { state in
        readKeys(&state)
        return state.keys.isEmpty ? nil : state.keys.removeFirst()
      }
      if let key { return .key(key) }
      if isChanged {
        await settle()
        return .saved
      }
      try? await Task.sleep(for: .milliseconds(100))
    }
  }

  package func interruption() async {
    while !Task.isCancelled {
      let quits = state.withLock { state in
        readKeys(&state)
        return state.keys.contains("q")
      }
      if quits || StopSignals.signal != nil || isChanged { return }
      try? await Task.sleep(for: .milliseconds(100))
    }
  }

  private func readKeys(_ state: inout State) {
    while let key = keyboard?.key() { state.keys.append(key) }
  }

  /// A file that is away for a moment is being replaced.
  private var isChanged: Bool {
    guard let now = FileSignature(of: file) else { return false }
    return state.withLock { $0.seen != now }
  }

  /// Waits until the file is written to no more, and takes note of what it is now.
  private func settle() async {
    var last: FileSignature?
    repeat {
      last = FileSignature(of: file)
      try? await Task.sleep(for: .milliseconds(80))
    } while last != FileSignature(of: file) && !Task.isCancelled
    state.withLock { [last] in $0.seen = last }
  }
}

/// What changes when a file is saved, in place or by a rename.
package struct FileSignature: Equatable, Sendable {
  private let inode: UInt64
  private let size: Int64
  private let seconds: Int
  private let nanoseconds: Int

  init?(of file: URL) {
    var facts = stat()
    guard stat(file.path, &facts) == 0 else { return nil }
    inode = UInt64(facts.st_ino)
    size = Int64(facts.st_size)
    #if canImport(Darwin)
      let time = facts.st_mtimespec
    #else
      let time = facts.st_mtim
    #endif
    seconds = Int(time.tv_sec)
    nanoseconds = Int(time.tv_nsec)
  }
}
