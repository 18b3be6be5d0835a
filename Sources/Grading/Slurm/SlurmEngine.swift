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

  package init(run: GradingRun, taskCommand: [String]) {
    self.run = run
    self.taskCommand = taskCommand
  }

  /// Grades what is missing.
  ///
  /// - Throws: `SlurmError` when nothing can be submitted.
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
    let jobs = SlurmJobs(
      name: "headlight", command: taskCommand, processors: run.options.jobs,
      isStopped: run.isStopped)
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
      let numbers = try await jobs.submit(
        stride(from: 0, to: missing.count, by: sliceSize).map {
          missing[$0..<min($0 + sliceSize, missing.count)].map(\.folderName)
        }, in: run.grades.clusterFolder.appending(path: UUID().uuidString))
      summary.isInterrupted = try await jobs.wait(for: numbers) {
        bar.update(to: total - (try run.missing(of: missing)).count)
      }
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
}
