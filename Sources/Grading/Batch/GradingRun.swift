import Answering
package import Coursework
import Curriculum
import Files
package import Foundation

/// A whole grading run: a folder of submissions in, a folder of grades out.
///
/// A result counts if it is of the same sheet, seed, submission and version of the grader, so a run
/// that was stopped, in whatever way, is gone on with by the next.
package struct GradingRun: Sendable {
  package var sheet: Sheet
  package var submissions: URL
  package var grades: GradesFolder
  package var seed: Seed
  package var options: GradingOptions
  package var policy: LatePolicy?
  /// Whether submissions are graded that have a result already.
  package var regrades = false
  /// The students' folder names that are graded, or nil for all.
  package var only: Set<String>?
  package var terminal: Terminal = .standardError
  /// What is to be said once the sandbox in use is.
  package var notes: [String] = []
  /// Whether somebody asked for an end; looked at ten times a second.
  package var isStopped: @Sendable () -> Bool = { false }
  /// By what the sheet's file is known from other sheets'.
  private let file: SheetFile

  package init(
    sheet: Sheet, submissions: URL, grades: GradesFolder, seed: Seed, options: GradingOptions,
    policy: LatePolicy? = nil
  ) {
    self.sheet = sheet
    self.submissions = submissions
    self.grades = grades
    self.seed = seed
    self.options = options
    self.policy = policy
    file = SheetFile(of: sheet, in: Course.sheets)
  }

  /// What came of a run.
  package struct Summary: Equatable, Sendable {
    /// Submissions that were graded now.
    package var graded = 0
    /// Submissions whose result was there already.
    package var reused = 0
    /// Students for whom the grader failed, and why.
    package var faults: [String] = []
    /// Students whom the late policy knows and who handed in nothing.
    package var absent: [String] = []
    /// Whether it was stopped before the end.
    package var isInterrupted = false
    /// The sandbox that was in use, when something was graded.
    package var sandbox: SandboxLevel?
  }

  /// Grades what is missing.
  ///
  /// - Throws: an error of one sentence when nothing can be graded at all. Whatever goes wrong with
  ///   one submission becomes its result.
  package func run() async throws -> Summary {
    let (listed, remarks) = try listed()
    var summary = Summary()
    let missing = try missing(of: listed)
    summary.reused = listed.count - missing.count
    summary.absent = try absent(from: listed)
    guard !missing.isEmpty else {
      terminal.print("Sandbox: none in use, for there is nothing to grade")
      show(notes + remarks)
      return summary
    }
    let workshop = try await makeWorkshop()
    defer { workshop.remove() }
    let level = workshop.confinement.level
    summary.sandbox = level
    terminal.print(
      SandboxChoice(
        level: level, strongest: options.strongestSandbox, missing: workshop.missingSandboxes
      ).sentence, style: level == SandboxLevel.allCases.max() ? nil : .yellow)
    show(notes + remarks)
    try await workshop.warmUp()
    try await grade(missing, in: workshop, into: &summary)
    return summary
  }

  /// Prints what an instructor may want to know before grading begins.
  func show(_ notes: [String]) {
    for note in notes { terminal.print("Note: \(note)", style: .yellow) }
  }

  /// The submissions that the run is about, and what there is to say of what else is there.
  func listed() throws -> (submissions: [Submission], notes: [String]) {
    let (all, ignored) = try Submission.all(in: submissions)
    guard let only else { return (all, notes(on: ignored, count: all.count)) }
    return (all.filter { only.contains($0.folderName) }, [])
  }

  /// Who handed in nothing, which the grades' folder keeps; a run over some students alone tells
  /// nobody.
  func absent(from listed: [Submission]) throws -> [String] {
    guard only == nil else { return [] }
    let absent = policy?.absent(from: listed) ?? []
    try grades.write(absent: absent)
    return absent
  }

  private func makeWorkshop() async throws -> Workshop {
    guard let checkout = PackageCheckout(of: ThisProgram.url) else {
      throw WorkshopError(
        "submissions are graded with the package's own build; run `swift run -c release headlight "
          + "grade` in the package's folder")
    }
    return try await Workshop(
      of: checkout, confine: ThisProgram.sibling("confine"), required: options.requiredSandbox,
      atMost: options.strongestSandbox)
  }

  private func notes(on ignored: [String], count: Int) -> [String] {
    var notes: [String] = []
    if !ignored.isEmpty {
      let names = ignored.prefix(5).joined(separator: ", ") + (ignored.count > 5 ? ", …" : "")
      notes.append("not a submission: \(names)")
    }
    if count == 0 {
      notes.append(
        "there is no submission in \(submissions.path): a folder, .zip or .tar.gz named for each "
          + "student")
    }
    return notes
  }

  /// The submissions without a result that counts.
  ///
  /// Results that count get the lateness of today's policy.
  func missing(of listed: [Submission]) throws -> [Submission] {
    guard !regrades else { return listed }
    return try listed.filter { submission in
      guard var result = SubmissionResult(inFolder: grades.folder(of: submission.folderName)),
        counts(result, submission)
      else { return true }
      let points = (result.points, result.lateness)
      result.apply(lateness(of: submission))
      if points.0 != result.points || points.1 != result.lateness {
        try AtomicFile.writeGrades(
          result.encoded(),
          to: grades.folder(of: submission.folderName)
            .appending(path: SubmissionResult.fileName))
      }
      return false
    }
  }

  /// Whether a result says what grading the submission would say again.
  private func counts(_ result: SubmissionResult, _ submission: Submission) -> Bool {
    result.status != .error && result.sheet == sheet.number && result.seed == seed.fingerprint
      && result.grader == SubmissionGrader.version && result.student == submission.student
      && result.sandbox >= options.requiredSandbox ?? .limits
      && result.name == submission.name && result.platform == submission.platform
      && result.submission == submission.answers(to: file).digest
  }

  private func lateness(of submission: Submission) -> Lateness? {
    policy?.lateness(
      of: submission.student, aliases: submission.aliases, changedAt: submission.changedAt)
  }

  private func grade(
    _ missing: [Submission], in workshop: Workshop, into summary: inout Summary
  ) async throws {
    let grader = SubmissionGrader(
      sheet: sheet, workshop: workshop, cases: CaseStore(sheet: sheet, seed: seed),
      options: options, seed: seed.fingerprint, template: AnswersTemplate(of: sheet))
    let bar = ProgressBar(
      "Grading", total: missing.count, unit: "submissions", terminal: terminal)
    var waiting = missing[...]
    defer { bar.finish() }
    await withTaskGroup(of: Done.self) { group in
      group.addTask {
        while !isStopped(), !Task.isCancelled { try? await Task.sleep(for: .milliseconds(100)) }
        return Task.isCancelled ? .watchEnded : .stopped
      }
      var running = 0
      func start(slot: Int) {
        guard let submission = waiting.popFirst() else { return }
        running += 1
        group.addTask { await grade(submission, slot: slot, by: grader) }
      }
      for slot in 0..<max(options.jobs, 1) { start(slot: slot) }
      while running > 0, let done = await group.next() {
        switch done {
        case .watchEnded: break
        case .stopped:
          summary.isInterrupted = true
          waiting = []
          group.cancelAll()
        case .graded(let slot, let student, let fault):
          running -= 1
          if let fault { summary.faults.append("\(student): \(fault)") }
          summary.graded += 1
          bar.advance(note: student)
          start(slot: slot)
        case .cancelled: running -= 1
        }
      }
      group.cancelAll()
    }
    await grader.drawers.end()
  }

  /// What a task of the group has done.
  private enum Done: Sendable {
    case graded(slot: Int, student: String, fault: String?)
    case cancelled
    case stopped
    case watchEnded
  }

  private func grade(
    _ submission: Submission, slot: Int, by grader: SubmissionGrader
  ) async -> Done {
    let start = ContinuousClock.now
    let choice = submission.answers(to: file)
    do {
      var graded = try await grader.grade(
        submission, choice, collected: start.secondsToNow, slot: slot)
      graded.result.apply(lateness(of: submission))
      try grades.write(graded, to: submission.folderName)
      let fault = graded.result.status == .error ? graded.result.message : nil
      return .graded(slot: slot, student: submission.student, fault: fault)
    } catch is CancellationError {
      return .cancelled
    } catch {
      return .graded(slot: slot, student: submission.student, fault: printable("\(error)"))
    }
  }
}
