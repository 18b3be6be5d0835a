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
    /// The student's file does not compile: a sentence, and what the compiler said.
    case failed(String, [CompileMessage])
  }

  /// Compiles a job's files; its program is in its place afterwards.
  func compile(_ job: JobFolder, sheet: String) async throws -> Outcome {
    let confinement = workshop.confinement
    let command = try confinement.command(
      workshop.compilerCommand(sheet: sheet, job: job), job: job, purpose: .compiling,
      memoryBytes: memoryBytes)
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
      return .failed("does not compile within \(secondsText(seconds))", [])
    case .outOfMemory(let limit):
      return .failed("does not compile: the compiler ran out of memory at \(bytesText(limit))", [])
    case .printedTooMuch, .exited, .signalled:
      let diagnostics = Diagnostics(
        outcome.output, hostPaths: [workshop.root.path, workshop.toolchain.path])
      if let fault = diagnostics.graderFault { throw GraderFault(fault) }
      return .failed(diagnostics.sentence, diagnostics.messages)
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
