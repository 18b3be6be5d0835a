import Foundation
import Subprocess

#if canImport(System)
  import System
#else
  import SystemPackage
#endif

/// Bounds of a process that answers.
public struct ProcessLimits: Codable, Hashable, Sendable {
  /// Seconds for all cases of an exercise together; nil for the exercise's own limit.
  public var seconds: Double?
  /// The largest answer, in bytes.
  public var answerBytes: Int
  /// The most that may be printed, in bytes.
  public var printedBytes: Int

  /// Bounds that fit a student's machine.
  public init(
    seconds: Double? = nil, answerBytes: Int = 32_000_000, printedBytes: Int = 10_000_000
  ) {
    self.seconds = seconds
    self.answerBytes = answerBytes
    self.printedBytes = printedBytes
  }
}

/// Asks a process of its own, so that a trap or an endless loop in there costs an answer and no
/// more.
struct AnswerProcess: Sendable {
  /// The program and its arguments.
  var command: [String]
  /// The environment, or nil for this process's own.
  var environment: [String: String]?
  /// Where the program runs, or nil for where this one does.
  var workingDirectory: URL?
  var answerBytes: Int
  var printedBytes: Int

  /// What came back for one question.
  enum Reply: Equatable, Sendable {
    case answered(Data)
    case unanswered
    case threw(String)
    case ended(Ending)
  }

  /// Asks the questions in order.
  ///
  /// When the process ends over one of them, a new one is asked the rest, in the time that is left.
  ///
  /// - Parameter heard: called with every reply as soon as it is there.
  func ask(
    _ questions: [Data], seconds: Double,
    heard: @escaping @Sendable (Int, Reply) -> Void = { _, _ in }
  ) async -> [Reply] {
    // A process that ends while it is written to must not end this one.
    signal(SIGPIPE, SIG_IGN)
    let deadline = ContinuousClock.now + .seconds(seconds)
    var replies: [Reply] = []
    while replies.count < questions.count {
      let done = replies.count
      let (heardNow, ending) = await converse(
        Array(questions[done...]), until: deadline, seconds: seconds,
        heard: { heard(done + $0, $1) })
      replies += heardNow
      guard replies.count < questions.count else { break }
      let ended = Reply.ended(ending)
      repeat {
        heard(replies.count, ended)
        replies.append(ended)
      } while !ending.allowsAnotherStart && replies.count < questions.count
    }
    return replies
  }

  /// One process's life: its replies, and how it ended, which matters if they are too few.
  private func converse(
    _ questions: [Data], until deadline: ContinuousClock.Instant, seconds: Double,
    heard: @escaping @Sendable (Int, Reply) -> Void
  ) async -> ([Reply], Ending) {
    guard ContinuousClock.now < deadline else { return ([], .timedOut(seconds: seconds)) }
    guard !Task.isCancelled else { return ([], .notStarted("the check was cancelled")) }
    guard let program = command.first else { return ([], .notStarted("there is no command")) }
    var options = PlatformOptions()
    // A session of its own: what the code starts is found and stopped with it.
    options.createSession = true
    options.teardownSequence = [
      .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)
    ]
    do {
      let result = try await Subprocess.run(
        program.contains("/") ? .path(FilePath(program)) : .name(program),
        arguments: Arguments(Array(command.dropFirst())), environment: subprocessEnvironment,
        workingDirectory: workingDirectory.map { FilePath($0.path) }, platformOptions: options,
        input: .inputWriter, output: .sequence, error: .sequence
      ) { execution in
        let stopper = Stopper(process: execution.processIdentifier.value)
        let printed = PrintedTail(limit: printedBytes)
        return await withTaskGroup(of: Void.self) { group in
          group.addTask {
            var iterator = execution.standardError.makeAsyncIterator()
            while let buffer = try? await iterator.next() {
              if !printed.add(buffer.withUnsafeBytes { Array($0) }) {
                stopper.stop(.printedTooMuch(limit: printedBytes))
              }
            }
            // Both channels end with the process; the one that lingers is told apart below.
            printed.finish()
          }
          let clock = Task {
            try await Task.sleep(until: deadline, clock: .continuous)
            stopper.stop(.timedOut(seconds: seconds))
          }
          var channel = Channel(
            input: execution.standardInputWriter,
            output: execution.standardOutput.makeAsyncIterator(), answerBytes: answerBytes)
          let replies = await channel.exchange(questions, stopper: stopper, heard: heard)
          if replies.count < questions.count {
            // The process is ending; give it a moment to say why, and stop it if it is not.
            for _ in 0..<100 where !printed.isFinished {
              try? await Task.sleep(for: .milliseconds(10))
            }
            if !printed.isFinished { stopper.stop(.closedChannel) }
          } else {
            stopper.stop(nil)
          }
          clock.cancel()
          stopper.sweep()
          await group.waitForAll()
          return (replies: replies, cause: stopper.cause, lastLine: printed.lastLine)
        }
      }
      let outcome = result.closureResult
      if let cause = outcome.cause { return (outcome.replies, cause) }
      switch result.terminationStatus {
      case .exited(let code):
        return (outcome.replies, .exited(code: Int32(code), lastLine: outcome.lastLine))
      case .signaled(let signal):
        return (outcome.replies, .signalled(Int32(signal), lastLine: outcome.lastLine))
      }
    } catch {
      return ([], .notStarted("\(program): \(sentence(for: error))"))
    }
  }

  private var subprocessEnvironment: Environment {
    // The runtime's own backtraces take seconds and hide the sentence that matters.
    guard let environment else { return .inherit.updating(["SWIFT_BACKTRACE": "enable=no"]) }
    var values: [Environment.Key: String] = ["SWIFT_BACKTRACE": "enable=no"]
    for (name, value) in environment { values[Environment.Key(stringLiteral: name)] = value }
    return .custom(values)
  }
}
