import Coursework
import Foundation

/// Compiles submissions inside the sandbox.
struct Compiler: Sendable {
  let workshop: Workshop
  /// How long one submission may take.
  let seconds: Double
  /// How much memory the compiler may use, in bytes.
  let memoryBytes: Int

  /// What became of a compilation.
  enum Outcome: Equatable, Sendable {
    case compiled
    /// The student's file does not compile.
    case failed(Diagnostics)
  }

  /// Compiles a job's files; its program is in its place afterwards.
  func compile(_ job: JobFolder, sheet: String) async throws -> Outcome {
    let confinement = workshop.confinement
    let command = try confinement.command(
      workshop.compilerCommand(sheet: sheet, job: job) + [
        // An expression that would take all of the time is named by its line. What counts here is
        // the processor's time, of which a loaded machine gives little.
        "-Xfrontend", "-solver-expression-time-threshold=\(max(1, Int(seconds / 12)))",
      ], job: job, purpose: .compiling, memoryBytes: memoryBytes)
    let outcome = await CommandRun(
      command: command, environment: confinement.environment(job),
      limits: ProcessLimits(
        seconds: seconds, printedBytes: 4_000_000, memoryBytes: memoryBytes),
      isSupervised: true
    ).run()
    try Task.checkCancellation()
    if let fault = outcome.ending.machineFault { throw GraderFault("compiling failed: \(fault)") }
    switch outcome.ending {
    case .exited(code: 0, _):
      guard job.takeProgram() else {
        throw GraderFault("the compiler ended well and there is no program")
      }
      return .compiled
    case .timedOut:
      return .failed(
        Diagnostics(sentence: "does not compile within \(secondsText(seconds))"))
    case .outOfMemory(let limit):
      return .failed(
        Diagnostics(
          sentence: "does not compile: the compiler ran out of memory at \(bytesText(limit))"))
    case .printedTooMuch, .exited, .signalled:
      let diagnostics = Diagnostics(
        outcome.output, hostPaths: [workshop.root.path, workshop.toolchain.path])
      if let fault = diagnostics.graderFault { throw GraderFault(fault) }
      return .failed(diagnostics)
    case .notStarted, .machineFailed, .starved, .tooLarge, .forged, .closedChannel:
      throw GraderFault("the compiler ended in a way only answers do")
    }
  }
}

/// A failure of the grader itself, for which no student is to blame.
struct GraderFault: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
