import Answering
import Foundation
import Subprocess
import Synchronization

#if canImport(System)
  import System
#else
  import SystemPackage
#endif

/// Asks a process of its own, so that a trap or an endless loop in there costs an answer and no
/// more.
struct AnswerProcess: Sendable {
  /// The program and its arguments.
  var command: [String]
  /// The environment, or nil for this process's own.
  var environment: [String: String]?
  /// Where the program runs, or nil for where this one does.
  var workingDirectory: URL?
  /// Bounds; its seconds are ``ask(_:seconds:renewedAt:heard:)``'s affair.
  var limits: ProcessLimits
  /// Whether the program ends all that it started when it is told to, and says by an exit code above
  /// 128 which signal ended what it stood for.
  var isSupervised = false

  /// What came back for one question.
  enum Reply: Equatable, Sendable {
    case answered(Data)
    case unanswered
    case threw(String)
    case ended(Ending)

    var isAnswer: Bool { if case .answered = self { true } else { false } }
  }

  /// Asks the questions in order.
  ///
  /// When the process ends over one of them, a new one is asked the rest, in the time that is left.
  ///
  /// - Parameters:
  ///   - seconds: the time for all questions, or for all up to the next that the clock is set back
  ///     for.
  ///   - renewals: the questions, by index, that the clock is set back for. What timed out before is
  ///     not asked any further even so.
  ///   - heard: called with every reply as soon as it is there.
  func ask(
    _ questions: [Data], seconds: Double, renewedAt renewals: Set<Int> = [],
    heard: @escaping @Sendable (Int, Reply) -> Void = { _, _ in }
  ) async -> [Reply] {
    // A process that ends while it is written to must not end this one.
    signal(SIGPIPE, SIG_IGN)
    let deadline = Deadline(seconds: seconds)
    let note: @Sendable (Int, Reply) -> Void = { index, reply in
      if renewals.contains(index + 1) { deadline.renew() }
      heard(index, reply)
    }
    let replies = Mutex<[Reply]>([])
    while let done = replies.withLock({ $0.count < questions.count ? $0.count : nil }) {
      let asked = Mutex(done)
      let ending = await converse(
        until: deadline,
        next: {
          asked.withLock { asked in
            defer { asked += 1 }
            return asked < questions.count ? questions[asked] : nil
          }
        },
        heard: { reply in
          let index = replies.withLock { replies in
            replies.append(reply)
            return replies.count - 1
          }
          note(index, reply)
        })
      guard let ending else { break }
      let ended = Reply.ended(ending)
      repeat {
        let index = replies.withLock { replies in
          replies.append(ended)
          return replies.count - 1
        }
        note(index, ended)
      } while !ending.allowsAnotherStart && replies.withLock { $0.count < questions.count }
    }
    return replies.withLock { $0 }
  }

  /// One process's life: asks it all that `next` gives.
  ///
  /// - Returns: how it ended with a question unanswered, or nil when every question was answered.
  func converse(
    until deadline: Deadline, next: @escaping @Sendable () async -> Data?,
    heard: @escaping @Sendable (Reply) -> Void
  ) async -> Ending? {
    guard !deadline.isOver else { return .timedOut(seconds: deadline.seconds) }
    guard !Task.isCancelled else { return .notStarted("the check was cancelled") }
    guard let program = command.first else { return .notStarted("there is no command") }
    do {
      let result = try await Subprocess.run(
        Executable(command: program),
        arguments: Arguments(Array(command.dropFirst())), environment: .answering(environment),
        workingDirectory: workingDirectory.map { FilePath($0.path) }, platformOptions: .session,
        input: .inputWriter, output: .sequence, error: .sequence
      ) { execution in
        let stopper = Stopper(
          process: execution.processIdentifier.value, isSupervised: isSupervised)
        let printed = PrintedTail(limit: limits.printedBytes)
        let errors = execution.standardError
        let reader = Task {
          var iterator = errors.makeAsyncIterator()
          while let buffer = try? await iterator.next() {
            if !printed.add(buffer.withUnsafeBytes { Array($0) }) {
              stopper.stop(.printedTooMuch(limit: limits.printedBytes))
            }
          }
          // Both channels end with the process; the one that lingers is told apart below.
          printed.finish()
        }
        let guardian = Task {
          await stopper.watch(until: deadline, memoryBytes: limits.memoryBytes)
        }
        var channel = Channel(
          input: execution.standardInputWriter,
          output: execution.standardOutput.makeAsyncIterator(), answerBytes: limits.answerBytes)
        let isComplete = await channel.exchange(next, stopper: stopper, heard: heard)
        if !isComplete {
          // The process is ending; give it a moment to say why, and stop it if it is not.
          await printed.waitToFinish(seconds: 1)
          if !printed.isFinished { stopper.stop(.closedChannel) }
        } else {
          stopper.stop(nil)
        }
        guardian.cancel()
        await stopper.sweep()
        // What slipped away may hold the channel open for ever.
        await printed.waitToFinish(seconds: 2)
        reader.cancel()
        return (
          isComplete: isComplete, cause: stopper.cause, lastLine: printed.lastLine,
          peakBytes: stopper.peakBytes
        )
      }
      let outcome = result.closureResult
      guard !outcome.isComplete else { return nil }
      return outcome.cause
        ?? Ending(
          result.terminationStatus, isSupervised, outcome.lastLine, limits,
          peakBytes: outcome.peakBytes)
    } catch {
      return .notStarted("\(program): \(sentence(for: error))")
    }
  }
}
