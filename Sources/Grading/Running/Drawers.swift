import Coursework
import Foundation
import Synchronization

/// The processes that draw a sheet's figures, one for each submission that is graded at the same
/// time; they stay, so that what every picture needs is loaded once.
final class Drawers: Sendable {
  private let sheet: Sheet
  private let temporary: URL
  private let processes = Mutex<[Int: StandingProcess]>([:])

  /// - Parameter temporary: a folder for pictures on their way, removed by whoever made it.
  init(_ sheet: Sheet, temporary: URL) {
    self.sheet = sheet
    self.temporary = temporary
  }

  /// The process of a place among those that work at the same time.
  subscript(slot: Int) -> StandingProcess {
    processes.withLock { processes in
      if let process = processes[slot] { return process }
      var environment = ProcessInfo.processInfo.environment
      environment["TMPDIR"] = temporary.path
      let process = StandingProcess(
        command: [ThisProgram.sibling("headlight").path, "draw", String(sheet.number)],
        environment: environment,
        limits: ProcessLimits(memoryBytes: 4_000_000_000), seconds: 120)
      processes[slot] = process
      return process
    }
  }

  /// Ends them all.
  func end() async {
    let all = processes.withLock { processes in
      defer { processes = [:] }
      return Array(processes.values)
    }
    for process in all { await process.end() }
  }
}
