import Answering
package import Foundation

/// Job arrays on a cluster: tasks that run one command, each on a slice of what there is to do.
///
/// A task is to keep its results by itself, in a folder that all nodes share, so that what is missing
/// when the jobs are gone is what was lost.
package struct SlurmJobs: Sendable {
  /// What the queue calls them.
  package var name: String
  /// The command of a task, to which `--slice FILE` is added; every path in it absolute.
  package var command: [String]
  /// How many processors a task has.
  package var processors: Int
  /// Whether somebody asked for an end.
  package var isStopped: @Sendable () -> Bool
  /// Seconds between two looks at the queue.
  package var pollSeconds = 2.0

  /// How often in a row the queue may not answer: a controller that is started again takes a while.
  static let patience = 15

  /// Slurm's own limit on an array is near this.
  static let largestArray = 900

  package init(
    name: String, command: [String], processors: Int, isStopped: @escaping @Sendable () -> Bool
  ) {
    self.name = name
    self.command = command
    self.processors = processors
    self.isStopped = isStopped
  }

  /// Hands slices in, an array for every so many; `folder` holds the slices and a log a task.
  ///
  /// - Returns: the numbers of the jobs.
  /// - Throws: ``SlurmError`` when Slurm refuses; what it took before is cancelled.
  package func submit(_ slices: [[String]], in folder: URL) async throws -> [String] {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var jobs: [String] = []
    do {
      try await submit(slices, in: folder, &jobs)
    } catch {
      if !jobs.isEmpty { _ = try? await slurm(["scancel"] + jobs) }
      throw error
    }
    return jobs
  }

  private func submit(
    _ slices: [[String]], in folder: URL, _ jobs: inout [String]
  ) async throws {
    for begin in stride(from: 0, to: slices.count, by: Self.largestArray) {
      let chunk = slices[begin..<min(begin + Self.largestArray, slices.count)]
      let place = folder.appending(path: "\(jobs.count)")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
      for (index, slice) in chunk.enumerated() {
        try Data(slice.joined(separator: "\n").utf8)
          .write(to: place.appending(path: "slice-\(index)"))
      }
      let script = place.appending(path: "task.sh")
      let line = command.map(Self.quoted).joined(separator: " ")
      try Data(
        "#!/bin/sh\nexec \(line) --slice \(Self.quoted(place.path))/slice-$SLURM_ARRAY_TASK_ID\n"
          .utf8
      ).write(to: script)
      let said = try await slurm([
        "sbatch", "--parsable", "--job-name=\(name)", "--array=0-\(chunk.count - 1)",
        "--cpus-per-task=\(processors)", "--no-requeue", "--output=\(place.path)/task-%a.log",
        script.path,
      ])
      // The job's number, and the cluster's name where there are several.
      jobs.append(String(said.split(whereSeparator: { $0 == ";" || $0 == "\n" }).first ?? ""))
    }
  }

  /// Waits until the jobs are gone; whether somebody stopped it, which cancels them.
  ///
  /// - Parameter look: Called at every look at the queue.
  /// - Throws: ``SlurmError`` when the queue does not answer again and again, and what `look` throws.
  package func wait(for jobs: [String], look: () throws -> Void) async throws -> Bool {
    var failures = 0
    while true {
      let end = ContinuousClock.now + .seconds(pollSeconds)
      while ContinuousClock.now < end {
        if isStopped() || Task.isCancelled {
          _ = try? await slurm(["scancel"] + jobs)
          return true
        }
        try? await Task.sleep(for: .milliseconds(100))
      }
      try look()
      do {
        let queue = try await slurm(["squeue", "-h", "-j", jobs.joined(separator: ",")])
        failures = 0
        if queue.allSatisfy(\.isWhitespace) { return false }
      } catch let error as SlurmError {
        // A job that is long gone is an error to squeue, and gone all the same.
        if error.description.localizedCaseInsensitiveContains("invalid job id") { return false }
        failures += 1
        guard failures < Self.patience else {
          throw SlurmError(
            description: "\(error.description); so it was \(failures) times in a row, and whether "
              + "the jobs \(jobs.joined(separator: " ")) are still there is not known: look with "
              + "squeue, and end them with scancel")
        }
      }
    }
  }

  private func slurm(_ command: [String]) async throws -> String {
    let outcome = await CommandRun(
      command: command, environment: ProcessInfo.processInfo.environment,
      limits: ProcessLimits(seconds: 60, printedBytes: 10_000_000), isSupervised: false
    ).run()
    let said = String(decoding: outcome.output, as: UTF8.self)
    if case .notStarted = outcome.ending {
      throw SlurmError(
        description: "\(command[0]) cannot be started; is Slurm installed here (apt install "
          + "slurm-client)?")
    }
    guard outcome.isSuccess else {
      throw SlurmError(description: "\(command[0]) failed: \(printable(said, limit: 300))")
    }
    return said
  }

  /// A word as a shell reads it back.
  static func quoted(_ word: String) -> String {
    "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
  }
}

/// Slurm did not do as it was asked.
package struct SlurmError: Error, CustomStringConvertible {
  package let description: String
}
