import Foundation
import Synchronization

/// An answering process that stays and is asked one thing after the other; when it ends over a
/// question, the next is put to a new one.
package final class StandingProcess: Sendable {
  private typealias Item = (question: Data, reply: @Sendable (AnswerProcess.Reply) -> Void)
  private let queue = Queue()
  private let service: Task<Void, Never>

  /// - Parameters:
  ///   - environment: the process's, or nil for this one's.
  ///   - seconds: how long an answer may take.
  package init(
    command: [String], environment: [String: String]? = nil, limits: ProcessLimits, seconds: Double
  ) {
    let process = AnswerProcess(command: command, environment: environment, limits: limits)
    service = Task { [queue] in
      signal(SIGPIPE, SIG_IGN)
      while var first = await queue.next() {
        while let again = await Self.serve(first, queue, by: process, seconds: seconds) {
          first = again
        }
      }
    }
  }

  /// The reply to a question, after those to all asked before it.
  ///
  /// Whoever is cancelled while waiting ends the process, and all that is asked of it.
  func ask(_ question: Data) async -> AnswerProcess.Reply {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        queue.add((question, { continuation.resume(returning: $0) }))
      }
    } onCancel: {
      service.cancel()
    }
  }

  /// Ends the process once all that was asked is answered.
  package func end() async {
    queue.finish()
    await service.value
  }

  /// One process's life.
  ///
  /// - Returns: a question to be put to another process: the one over which this process ended after
  ///   it had answered others, whose traces may have been the cause. Time that is over is over.
  private static func serve(
    _ first: Item, _ queue: Queue, by process: AnswerProcess, seconds: Double
  ) async -> Item? {
    let deadline = Deadline(seconds: seconds)
    let current = Mutex<Item?>(nil)
    let beginning = Mutex<Item?>(first)
    let answered = Mutex(0)
    let ending = await process.converse(
      until: deadline,
      next: {
        deadline.suspend()
        var item = beginning.withLock { $0.take() }
        if item == nil { item = await queue.next() }
        guard let item else { return nil }
        deadline.renew()
        current.withLock { $0 = item }
        return item.question
      },
      heard: { reply in
        answered.withLock { $0 += 1 }
        current.withLock { $0.take() }?.reply(reply)
      })
    guard let ending else { return nil }
    guard let open = current.withLock({ $0.take() }) ?? beginning.withLock({ $0.take() }) else {
      return nil
    }
    if answered.withLock({ $0 }) > 0, ending.allowsAnotherStart, !Task.isCancelled { return open }
    open.reply(.ended(ending))
    return nil
  }

  /// What waits to be asked; one task at a time takes from it.
  private final class Queue: Sendable {
    private struct State {
      var items: [Item] = []
      var isFinished = false
      var waiting: CheckedContinuation<Item?, Never>?
    }
    private let state = Mutex(State())

    func add(_ item: Item) {
      state.withLock { state in
        precondition(!state.isFinished, "the process was ended")
        if let waiting = state.waiting.take() {
          waiting.resume(returning: item)
        } else {
          state.items.append(item)
        }
      }
    }

    func finish() {
      state.withLock { state in
        state.isFinished = true
        state.waiting.take()?.resume(returning: nil)
      }
    }

    /// The next item, or nil when there will be none.
    func next() async -> Item? {
      await withCheckedContinuation { continuation in
        state.withLock { state in
          if !state.items.isEmpty {
            continuation.resume(returning: state.items.removeFirst())
          } else if state.isFinished {
            continuation.resume(returning: nil)
          } else {
            state.waiting = continuation
          }
        }
      }
    }
  }
}
