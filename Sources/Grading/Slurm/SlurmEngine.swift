import Answering
import Coursework
import Foundation

/// Grades on a cluster: job arrays whose tasks are this same command, each on a slice of the
/// submissions.
///
/// Tasks write results by rename into the shared folder, so what is missing when the jobs are gone
/// is what was lost, and is submitted again.
package struct SlurmEngine: Sendable {
  /// The run as it would be on this machine.
  package var run: GradingRun
  /// The command of a task, to which the slice's file is added; every path in it absolute.
  package var taskCommand: [String]
  /// How many submissions a task grades.
  package var sliceSize = 10
  /// How often work that was lost is submitted again.
  package var attempts = 3
  /// Seconds between two looks at the queue.
  package var pollSeconds = 2.0

  /// Slurm's own limit on an array is near this.
  static let largestArray = 900

  package init(run: GradingRun, taskCommand: [String]) {
    self.run = run
    self.taskCommand = taskCommand
  }

  /// Grades what is missing.
  ///
  /// - Throws: ``SlurmError`` when nothing can be submitted.
  package func grade() async throws -> GradingRun.Summary {
    var run = run
    let (listed, remarks) = try run.listed()
    run.terminal.print(
      "Sandbox: the strongest that works on each node, \(run.options.strongestSandbox) at most"
        + (run.options.requiredSandbox.map { " and \($0) at least" } ?? ""))
    run.show(run.notes + remarks)
    var missing = try run.missing(of: listed)
    var summary = GradingRun.Summary(reused: listed.count - missing.count)
    summary.absent = try run.absent(from: listed)
    if run.regrades {
      // From here on only what the tasks write counts.
      for submission in missing {
        let old = run.grades.folder(of: submission.folderName)
          .appending(path: SubmissionResult.fileName)
        try? FileManager.default.removeItem(at: old)
      }
      run.regrades = false
    }
    let total = missing.count
    let bar = ProgressBar(
      "Grading", total: total, unit: "submissions", terminal: run.terminal)
    defer { bar.finish() }
    for attempt in 1...attempts where !missing.isEmpty && !summary.isInterrupted {
      if attempt > 1 {
        bar.clear()
        run.terminal.print(
          "Note: tasks were lost; \(missing.count) submissions are handed in to Slurm again",
          style: .yellow)
      }
      let jobs = try await submit(missing)
      summary.isInterrupted = try await wait(
        for: jobs, run, missing, bar, done: total - missing.count)
      missing = try run.missing(of: missing)
      bar.update(to: total - missing.count)
    }
    for submission in missing where !summary.isInterrupted {
      let result = SubmissionResult(inFolder: run.grades.folder(of: submission.folderName))
      summary.faults.append(
        "\(submission.student): "
          + (result?.status == .error
            ? result!.message
            : "no task came to an end; see the logs in \(run.grades.clusterFolder.path)"))
    }
    summary.graded = total - missing.count
    summary.sandbox = run.grades.results().map(\.sandbox).min()
    if missing.isEmpty { try? FileManager.default.removeItem(at: run.grades.clusterFolder) }
    return summary
  }

  /// Hands slices in to Slurm, an array for every so many.
  ///
  /// - Returns: the numbers of the jobs.
  private func submit(_ missing: [Submission]) async throws -> [String] {
    let folder = run.grades.clusterFolder.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let slices = stride(from: 0, to: missing.count, by: sliceSize).map {
      missing[$0..<min($0 + sliceSize, missing.count)].map(\.folderName)
    }
    var jobs: [String] = []
    for begin in stride(from: 0, to: slices.count, by: Self.largestArray) {
      let chunk = slices[begin..<min(begin + Self.largestArray, slices.count)]
      let place = folder.appending(path: "\(jobs.count)")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
      for (index, slice) in chunk.enumerated() {
        try Data(slice.joined(separator: "\n").utf8)
          .write(to: place.appending(path: "slice-\(index)"))
      }
      let script = place.appending(path: "task.sh")
      let command = taskCommand.map(Self.quoted).joined(separator: " ")
      try Data(
        "#!/bin/sh\nexec \(command) --slice \(Self.quoted(place.path))/slice-$SLURM_ARRAY_TASK_ID\n"
          .utf8
      ).write(to: script)
      let said = try await slurm([
        "sbatch", "--parsable", "--job-name=headlight", "--array=0-\(chunk.count - 1)",
        "--cpus-per-task=\(run.options.jobs)", "--no-requeue", "--output=\(place.path)/task-%a.log",
        script.path,
      ])
      // The job's number, and the cluster's name where there are several.
      jobs.append(String(said.split(whereSeparator: { $0 == ";" || $0 == "\n" }).first ?? ""))
    }
    return jobs
  }

  /// Waits until the jobs are gone; whether somebody stopped it, which cancels them.
  private func wait(
    for jobs: [String], _ run: GradingRun, _ missing: [Submission], _ bar: ProgressBar, done: Int
  ) async throws -> Bool {
    while true {
      let end = ContinuousClock.now + .seconds(pollSeconds)
      while ContinuousClock.now < end {
        if run.isStopped() || Task.isCancelled {
          _ = try? await slurm(["scancel"] + jobs)
          return true
        }
        try? await Task.sleep(for: .milliseconds(100))
      }
      bar.update(to: done + missing.count - (try run.missing(of: missing)).count)
      // A job that is long gone is an error to squeue, and gone all the same.
      let queue = (try? await slurm(["squeue", "-h", "-j", jobs.joined(separator: ",")])) ?? ""
      if queue.allSatisfy(\.isWhitespace) { return false }
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
