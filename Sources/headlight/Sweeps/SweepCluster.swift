import Coursework
import Foundation

/// Sweeps on a cluster: job arrays whose tasks are this same command, each on a slice of the lines.
///
/// Results are files in a shared folder, so what is missing when the jobs are gone is what was lost,
/// and is handed in again.
struct SweepCluster {
  let folder: SweepFolder
  let jobs: SlurmJobs
  let sliceSize: Int
  /// How often what was lost is handed in again.
  static let attempts = 3

  /// - Returns: whether it came to its end.
  func run(_ lines: [Int], done: Int, _ bar: ProgressBar) async throws -> Bool {
    var missing = lines
    for attempt in 1...Self.attempts where !missing.isEmpty {
      if attempt > 1 {
        bar.clear()
        Terminal.standardError.print(
          "Note: tasks were lost; \(counted(missing.count, "input")) are handed in to Slurm again")
      }
      let slices = stride(from: 0, to: missing.count, by: sliceSize).map {
        missing[$0..<min($0 + sliceSize, missing.count)].map(String.init)
      }
      let numbers = try await jobs.submit(
        slices, in: folder.cluster.appending(path: UUID().uuidString))
      let isStopped = try await jobs.wait(for: numbers) {
        bar.update(to: done + lines.count { folder.isDone(line: $0) })
      }
      missing = missing.filter { !folder.isDone(line: $0) }
      bar.update(to: done + lines.count - missing.count)
      if isStopped { return false }
    }
    return true
  }
}
