import Foundation

/// How an answering process ended without an answer.
package enum Ending: Equatable, Sendable {
  /// It could not be started.
  case notStarted(String)
  /// It exited by itself.
  case exited(code: Int32, lastLine: String)
  /// Something failed that is not the code's affair, for the reason given.
  case machineFailed(String)
  /// It was stopped when its time was over, much of which it waited for a processor.
  case starved(seconds: Double)
  /// A signal ended it that was not ours.
  case signalled(Int32, lastLine: String)
  /// It was stopped when its time was over.
  case timedOut(seconds: Double)
  /// It, with all it started, was stopped over its memory, or was refused more.
  case outOfMemory(limit: Int)
  /// It was stopped because it printed too much.
  case printedTooMuch(limit: Int)
  /// It was stopped because an answer was too large.
  case tooLarge(bytes: Int, limit: Int)
  /// It was stopped because what it wrote is no answer to what was asked.
  case forged
  /// It was stopped because it closed the way back and stayed.
  case closedChannel

  /// Whether another process may fare better with the next question.
  var allowsAnotherStart: Bool {
    switch self {
    case .notStarted, .timedOut, .starved, .printedTooMuch: false
    default: true
    }
  }

  /// Why this tells nothing about the code, or nil when the code is to blame.
  ///
  /// The code's own are the limits that each job has to itself: its seconds while it gets a
  /// processor, its memory, what it prints and what it writes; and whatever it does to itself: a
  /// trap in the program or in Swift's standard library, a signal, an early exit. The machine's are
  /// a process that could not be started or got no thread, one that the system ended while it used
  /// little memory, seconds spent waiting for a processor that others had, and a trap inside a
  /// system library.
  package var machineFault: String? {
    switch self {
    case .notStarted(let reason), .machineFailed(let reason): reason
    case .starved(let seconds):
      "the machine was too busy: within \(secondsText(seconds)) the program hardly got a processor"
    default: nil
    }
  }

  /// What a student is told.
  var verdict: Verdict {
    switch self {
    case .notStarted(let reason):
      .invalid("your answers could not be started: \(reason)")
    case .machineFailed(let reason): .notGraded("your code is not to blame: \(reason)")
    case .starved: .notGraded("your code is not to blame: \(machineFault!)")
    case .exited(let code, let line):
      .crashed(
        "your code ended the process before answering, with exit code \(code); "
          + "an answer is returned, never a call of exit", detail: Self.detail(line))
    case .signalled(let signal, let line):
      .crashed(Self.sentence(signal, line), detail: Self.detail(line))
    case .timedOut(let seconds):
      .timedOut("timed out after \(secondsText(seconds))")
    case .outOfMemory(let limit):
      .crashed("ran out of memory at \(bytesText(limit))")
    case .printedTooMuch(let limit):
      .crashed("your code printed more than \(bytesText(limit)) and was stopped")
    case .tooLarge(let bytes, let limit):
      .invalid("the answer takes \(bytesText(bytes)), and at most \(bytesText(limit)) are read")
    case .forged:
      .invalid("your code wrote into the channel that is kept for answers; print instead")
    case .closedChannel:
      .crashed("your code closed the channel that is kept for answers")
    }
  }

  private static func detail(_ line: String) -> String? {
    line.isEmpty ? nil : "the last line it wrote: \(line)"
  }

  private static func sentence(_ signal: Int32, _ line: String) -> String {
    switch signal {
    case SIGILL, SIGTRAP:
      let cause = knownCauses.first { line.contains("Fatal error: \($0.key)") }?.value
      return "your code stopped with a trap: "
        + (cause
          ?? "an index out of range, a nil that was unwrapped, an overflow "
          + "or a precondition that failed")
    case SIGSEGV, SIGBUS:
      return "your code touched memory it does not have, most often by a recursion without end"
    case SIGABRT: return "your code aborted"
    case SIGFPE: return "your code divided by zero"
    case SIGKILL:
      return "your code was stopped by the system, most often because it ran out of memory"
    case SIGXFSZ: return "your code wrote a file that is too large"
    case SIGSYS:
      return "your code was stopped by the system: it called what no answer needs, such as kill"
    case SIGXCPU: return "your code used up its processor time"
    default: return "your code was stopped by signal \(signal)"
    }
  }

  /// What the standard library writes before it traps, and what it means.
  ///
  /// A sentence of our own, so that no text of the student's gets into a message.
  private static let knownCauses: KeyValuePairs<String, String> = [
    "Index out of range": "an index was out of range",
    "Array index is out of range": "an index was out of range",
    "Negative Array index is out of range": "an index was negative",
    "Unexpectedly found nil": "a nil was unwrapped",
    "Division by zero": "a division by zero",
    "Range requires": "a range whose end lies before its start",
    "Can't form Range": "a range whose end lies before its start",
    "Can't remove": "something was removed from an empty collection",
    "Double value cannot be converted": "NaN, infinity or a huge number was made an Int",
    "Float value cannot be converted": "NaN, infinity or a huge number was made an Int",
    "Arithmetic overflow": "an arithmetic overflow",
    "Not enough bits": "a number does not fit its type",
    "Duplicate keys": "a dictionary was made with the same key twice",
  ]
}

/// Seconds in words: whole numbers without a point.
package func secondsText(_ seconds: Double) -> String {
  seconds == seconds.rounded() && abs(seconds) < 1e9
    ? "\(Int(seconds)) s" : "\((seconds * 10).rounded() / 10) s"
}

/// A number of bytes in words.
package func bytesText(_ bytes: Int) -> String {
  switch bytes {
  case ..<1_000: "\(bytes) bytes"
  case ..<1_000_000: "\(bytes / 1_000) kB"
  case ..<1_000_000_000: "\(bytes / 1_000_000) MB"
  default: "\((Double(bytes) / 1e8).rounded() / 10)".replacing(/\.0$/, with: "") + " GB"
  }
}
