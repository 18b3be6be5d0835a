import Answering
import ArgumentParser
import Coursework
import Curriculum
import Foundation
import Grading

extension SandboxLevel: ExpressibleByArgument {}

struct GradeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grade",
    abstract: "Grade a class's submissions to a sheet.",
    discussion: """
      A submission is a folder, a .zip or a .tar.gz named for the student, with Answers.swift \
      somewhere in it, or what Canvas, Moodle, Gradescope, Blackboard or GitHub Classroom export. \
      Each is compiled and run in a sandbox; its answers are verified outside. \
      GRADES/<student>/result.json holds what came of it, and the reports are made of that (see: \
      headlight report).

      Results that are there already stand while submission, seed and sheet are the same, so a run \
      that was stopped goes on where it ended. The exit code is 0 when every submission has a \
      result.
      """)

  enum Engine: String, ExpressibleByArgument, CaseIterable {
    case local
    case slurm
  }

  @Option(help: "The sheet's number.")
  var sheet: Int
  @Argument(help: "The folder of submissions.", completion: .directory)
  var submissions: String
  @Option(help: "The folder that grades are written to.", completion: .directory)
  var output: String
  @Option(
    help: """
      A file with a secret text, from which the hidden cases are made. Without it one is drawn and \
      kept in GRADES/.seed.
      """, completion: .file())
  var seedFile: String?
  @Option(help: "How many submissions are graded at the same time.")
  var jobs = ProcessInfo.processInfo.activeProcessorCount
  @Option(help: "Where the work is done: local or slurm.")
  var engine = Engine.local
  @Option(
    help: """
      Grade in this sandbox or a stronger one, or not at all: limits, unshare, landlock, bubblewrap.
      """)
  var requireSandbox: SandboxLevel?
  @Option(help: ArgumentHelp("The strongest sandbox that is tried.", visibility: .hidden))
  var sandbox = SandboxLevel.bubblewrap
  @Option(help: "Seconds for the public, and again for the hidden cases of an exercise.")
  var timeLimit: Double?
  @Option(help: "Megabytes of memory for a student's program.")
  var memoryLimit = 1_000
  @Flag(help: "Grade what has a result already.")
  var regrade = false
  @Option(help: "A JSON file with the deadline, and what lateness costs.", completion: .file())
  var latePolicy: String?
  @Flag(inversion: .prefixedNo, help: "Draw the sheet's figures of the student's answers.")
  var figures = true
  @Option(help: "With --engine slurm: how many submissions a task grades.")
  var sliceSize = 10
  @Option(help: ArgumentHelp("A file with the students of one task.", visibility: .hidden))
  var slice: String?
  @Option(
    help: ArgumentHelp("Gradescope's results.json, after every exercise.", visibility: .hidden))
  var progressFile: String?

  func validate() throws {
    guard (1...1_000).contains(jobs) else { throw ValidationError("--jobs is a number from 1 up") }
    if let timeLimit, !(timeLimit > 0) { throw ValidationError("--time-limit is more than 0 s") }
    guard sliceSize >= 1 else { throw ValidationError("--slice-size is a number from 1 up") }
    guard memoryLimit >= 100 else { throw ValidationError("--memory-limit is at least 100 MB") }
  }

  func run() async throws {
    guard let sheet = Course.sheets.first(where: { $0.number == sheet }) else {
      let known = Course.sheets.map { String($0.number) }.joined(separator: ", ")
      throw CommandError("there is no sheet \(sheet); the sheets are \(known)")
    }
    StopSignals.watch()
    let folder = GradesFolder(Self.absolute(output))
    let open = try OpenGrades(
      folder, seedFile: seedFile.map(Self.absolute), isShared: slice != nil)
    var run = GradingRun(
      sheet: sheet, submissions: Self.absolute(submissions), grades: folder, seed: open.seed,
      options: GradingOptions(
        jobs: jobs, seconds: timeLimit, memoryBytes: memoryLimit * 1_000_000,
        drawsFigures: figures, requiredSandbox: requireSandbox, strongestSandbox: sandbox),
      policy: try latePolicy.map { try LatePolicy(file: Self.absolute($0)) })
    run.options.progressFile = progressFile.map(Self.absolute)
    run.regrades = regrade
    run.isStopped = { StopSignals.signal != nil }
    if let slice {
      let names = try String(contentsOf: Self.absolute(slice), encoding: .utf8)
      run.only = Set(names.split(separator: "\n").map(String.init))
    }
    if let file = open.newSeedFile {
      run.notes = [
        "the hidden cases come from a new secret in \(file.path); keep it to grade alike"
      ]
    }
    let summary: GradingRun.Summary
    switch engine {
    case .local: summary = try await run.run()
    case .slurm:
      var engine = SlurmEngine(run: run, taskCommand: taskCommand(open))
      engine.sliceSize = sliceSize
      summary = try await engine.grade()
    }
    if slice == nil {
      print(summary, of: run, seed: open.seed)
      try writeReports(in: folder)
    }
    if summary.isInterrupted { throw ExitCode(130) }
    if !summary.faults.isEmpty { throw ExitCode(1) }
  }

  /// This command as a task of a cluster runs it.
  private func taskCommand(_ open: OpenGrades) -> [String] {
    var command = [
      ThisProgram.url.path, "grade", "--sheet", String(sheet), Self.absolute(submissions).path,
      "--output", Self.absolute(output).path, "--seed-file", open.seedFile.path, "--jobs",
      String(jobs), "--sandbox", sandbox.rawValue, "--memory-limit", String(memoryLimit),
      figures ? "--figures" : "--no-figures",
    ]
    if let requireSandbox { command += ["--require-sandbox", requireSandbox.rawValue] }
    if let timeLimit { command += ["--time-limit", String(timeLimit)] }
    if let latePolicy { command += ["--late-policy", Self.absolute(latePolicy).path] }
    return command
  }

  /// Writes what students, instructors and other programs read of the results there are.
  private func writeReports(in folder: GradesFolder) throws {
    guard folder.results().contains(where: { $0.sheet == sheet }) else { return }
    let book = GradeBook(directory: folder.url, course: PackageCheckout.courseFolder())
    try book.writeReports().print(of: output, to: .standardOutput)
  }

  private func print(_ summary: GradingRun.Summary, of run: GradingRun, seed: Seed) {
    let terminal = Terminal.standardOutput
    let results = run.grades.results().filter { $0.sheet == sheet }
    let width = min(results.map(\.shownStudent.count).max() ?? 0, 30)
    for result in results {
      let name = String(result.shownStudent.prefix(30))
      let points = pointsText(result.points)
      terminal.print(
        result.status == .graded ? result.message : "\(result.message)",
        lead: name + String(repeating: " ", count: width - name.count)
          + "  " + String(repeating: " ", count: max(0, 5 - points.count)) + points
          + " of \(result.maxPoints)  ",
        style: result.status == .graded ? nil : .yellow)
    }
    if !summary.absent.isEmpty {
      terminal.print(
        "handed in nothing: \(printable(summary.absent.joined(separator: ", ")))", style: .yellow)
    }
    for fault in summary.faults { Terminal.standardError.print(fault, lead: "✗ ", style: .red) }
    let sandbox = summary.sandbox.map { ", sandbox \($0)" } ?? ""
    terminal.print(
      "\(summary.graded) graded, \(summary.reused) as they were\(sandbox), seed \(seed.fingerprint)"
        + (summary.isInterrupted ? "; stopped: run the same command to go on" : ""),
      style: .bold)
  }

  private static func absolute(_ path: String) -> URL {
    URL(filePath: path, relativeTo: .currentDirectory()).absoluteURL.standardizedFileURL
  }
}
