import Answering
import Foundation
import Subprocess
import Synchronization

/// Runs a program to its end, within bounds, and keeps what it says.
package struct CommandRun: Sendable {
  /// The program and its arguments.
  package var command: [String]
  /// The environment, and nothing of this process's own.
  package var environment: [String: String]
  /// Bounds; without seconds there is no end to it.
  package var limits: ProcessLimits
  /// Whether the command is a supervisor: see ``ProcessChecker/isSupervised``.
  package var isSupervised: Bool

  package init(
    command: [String], environment: [String: String], limits: ProcessLimits, isSupervised: Bool
  ) {
    self.command = command
    self.environment = environment
    self.limits = limits
    self.isSupervised = isSupervised
  }

  /// How a program ended, and the beginning of what it wrote to either channel.
  package struct Outcome: Sendable {
    package let ending: Ending
    package let output: [UInt8]

    /// Whether it ended by itself with exit code 0.
    package var isSuccess: Bool {
      if case .exited(code: 0, _) = ending { true } else { false }
    }
  }

  /// Runs it, and leaves nothing of it behind when it had to be stopped.
  package func run() async -> Outcome {
    guard let program = command.first, !Task.isCancelled else {
      return Outcome(ending: .notStarted("it was cancelled"), output: [])
    }
    let printed = PrintedHead(limit: limits.printedBytes)
    let deadline = Deadline(seconds: limits.seconds ?? 1e9)
    do {
      let result = try await Subprocess.run(
        Executable(command: program), arguments: Arguments(Array(command.dropFirst())),
        environment: .answering(environment), platformOptions: .session, input: .none,
        output: .sequence, error: .sequence
      ) { execution in
        let stopper = Stopper(
          process: execution.processIdentifier.value, isSupervised: isSupervised)
        let guardian = Task {
          await stopper.watch(until: deadline, memoryBytes: limits.memoryBytes)
        }
        let output = execution.standardOutput
        let errors = execution.standardError
        let reader = Task { await printed.read(output, stopper) }
        await printed.read(errors, stopper)
        await reader.value
        guardian.cancel()
        if stopper.cause != nil { await stopper.sweep() }
        return (cause: stopper.cause, peakBytes: stopper.peakBytes)
      }
      let output = printed.bytes
      let text = String(decoding: output.suffix(4_096), as: UTF8.self)
      let ending =
        result.closureResult.cause
        ?? Ending(
          result.terminationStatus, isSupervised, PrintedTail.lastLine(of: text), limits,
          peakBytes: result.closureResult.peakBytes)
      return Outcome(ending: ending, output: output)
    } catch {
      return Outcome(ending: .notStarted("\(program): \(sentence(for: error))"), output: [])
    }
  }
}

/// The beginning of what a process printed.
private final class PrintedHead: Sendable {
  private let limit: Int
  private let kept = Mutex<[UInt8]>([])

  init(limit: Int) { self.limit = limit }

  var bytes: [UInt8] { kept.withLock { $0 } }

  /// Reads a channel to its end, and stops the process when it prints too much.
  func read(_ channel: SubprocessOutputSequence, _ stopper: Stopper) async {
    var iterator = channel.makeAsyncIterator()
    while let buffer = try? await iterator.next() {
      let isTooMuch = kept.withLock { kept in
        buffer.withUnsafeBytes { kept += $0.prefix(limit + 1 - kept.count) }
        return kept.count > limit
      }
      if isTooMuch { stopper.stop(.printedTooMuch(limit: limit)) }
    }
  }
}
