import Answering
import Coursework
import Foundation

/// Grades submissions to one sheet, one after the other or several at once.
///
/// It never loads what a student wrote: their program runs in the sandbox, is sent questions, and
/// its answers are held against keys here.
struct SubmissionGrader: Sendable {
  let sheet: Sheet
  let workshop: Workshop
  let cases: CaseStore
  let options: GradingOptions
  /// The fingerprint of the secret seed.
  let seed: String
  /// What the sheet asks for, or nil where its `Answers.swift` is not at hand.
  let template: AnswersTemplate?
  /// Who asks a program something at the same time as others, and who does so alone.
  let turns = Turns()
  /// Who draws, for each submission that is graded at the same time.
  let drawers: Drawers

  init(
    sheet: Sheet, workshop: Workshop, cases: CaseStore, options: GradingOptions, seed: String,
    template: AnswersTemplate?
  ) {
    self.sheet = sheet
    self.workshop = workshop
    self.cases = cases
    self.options = options
    self.seed = seed
    self.template = template
    drawers = Drawers(sheet, temporary: workshop.pictures)
  }

  /// What starts a submission: it answers for its methods, and holds nothing else of the sheet.
  var main: String {
    let (module, asks) = sheet.vocabulary
    return "import Answering\nimport \(module)\n\(asks).serve(Answers())\n"
  }

  /// The version of how grades are made; a new one makes earlier results outdated.
  static let version = "3"

  /// What a submission earns.
  ///
  /// - Throws: `CancellationError` when grading is stopped. Whatever else fails becomes a result.
  func grade(
    _ submission: Submission, _ choice: AnswersChoice, collected seconds: Double, slot: Int
  ) async throws -> GradedSubmission {
    var pictures: [String: Data] = [:]
    var result = SubmissionResult(
      student: submission.student, sheet: sheet.number, status: .nothingToGrade,
      message: choice.problem ?? "", points: 0, maxPoints: sheet.points,
      sandbox: workshop.confinement.level, seed: seed, exercises: [],
      durations: Durations(collect: seconds), notes: choice.notes, submission: choice.digest,
      grader: Self.version, gradedAt: Date(), name: submission.name,
      platform: submission.platform)
    do {
      if let text = choice.text { pictures = try await grade(text, slot: slot, into: &result) }
    } catch let error as CancellationError {
      throw error
    } catch {
      result.status = .error
      result.message = "the grader failed: \(printable("\(error)"))"
    }
    try Task.checkCancellation()
    fillUp(&result)
    result.points = result.earnedPoints
    result.gradedAt = Date()
    return GradedSubmission(result: result, answers: choice.text, pictures: pictures)
  }

  private func grade(
    _ text: String, slot: Int, into result: inout SubmissionResult
  ) async throws -> [String: Data] {
    let start = ContinuousClock.now
    let compiled = try await compile(text, slot: slot)
    result.durations.compile = start.secondsToNow
    guard case .program(let job, let removals, let messages) = compiled else {
      if case .failed(let diagnostics) = compiled {
        result.status = .doesNotCompile
        result.message = diagnostics.sentence
        result.compileMessages = diagnostics.messages
      }
      return [:]
    }
    defer { workshop.finish(job) }
    result.compileMessages = messages
    let checker = try workshop.confinement.checker(
      [workshop.confinement.seen(job) + "/program"], job: job, seconds: options.seconds,
      memoryBytes: options.memoryBytes)
    for exercise in sheet.exercises {
      try Task.checkCancellation()
      var outcome = try await ask(exercise, of: job, checker, &result.durations)
      outcome.apply(removals)
      result.exercises.append(outcome)
      try showProgress(result)
    }
    var pictures: [String: Data] = [:]
    if options.drawsFigures {
      let start = ContinuousClock.now
      (result.figures, pictures) = await drawFigures(checker, by: drawers[slot])
      result.durations.run += start.secondsToNow
    }
    result.status = .graded
    let right = result.exercises.count { $0.status == .passed }
    let asked = result.exercises.count { !$0.isOpen }
    result.message = "\(right) of \(asked) exercises are right"
    if let sentence = Salvage.sentence(on: removals) { result.message += "; \(sentence)" }
    let missed = result.exercises.filter { $0.status == .notGraded }
    if let first = missed.first {
      result.status = .error
      result.message =
        "the grader failed at \(missed.map(\.id).joined(separator: ", ")), which counts as not "
        + "graded until it is graded again: \(first.message)"
    }
    return pictures
  }

  /// Compiles, and once more while nothing else runs when what failed may be the machine.
  func compile(_ job: JobFolder, by compiler: Compiler) async throws -> Compiler.Outcome {
    do {
      let outcome = try await turns.together {
        try await compiler.compile(job, sheet: sheet.program)
      }
      // The compiler has nothing to say about the student's text.
      guard case .failed(let diagnostics) = outcome, diagnostics.messages.isEmpty else {
        return outcome
      }
    } catch is GraderFault {}
    return try await turns.alone { try await compiler.compile(job, sheet: sheet.program) }
  }

  /// Asks one exercise, and once more while nothing else runs when what failed was not the code.
  ///
  /// What fails then too is not graded: ``Ending/machineFault`` says what is whose.
  private func ask(
    _ exercise: Exercise, of job: JobFolder, _ checker: ProcessChecker,
    _ durations: inout Durations
  ) async throws -> ExerciseOutcome {
    let start = ContinuousClock.now
    let parts = try await cases.parts(of: exercise)
    durations.verify += start.secondsToNow
    func tryIt(_ durations: inout Durations) async throws -> (PartsCheck, fault: String?) {
      let check = await checker.check(exercise, parts: parts)
      try Task.checkCancellation()
      durations.run += check.runSeconds
      durations.verify += check.verifySeconds
      let isRight = check.results.allSatisfy(\.isSettled)
      return (check, check.machineFault ?? (isRight ? nil : DiskSpace.shortage(of: job)))
    }
    var spent = durations
    defer { durations = spent }
    var (check, fault) = try await turns.together { try await tryIt(&spent) }
    if fault != nil { (check, fault) = try await turns.alone { try await tryIt(&spent) } }
    guard let fault else { return ExerciseOutcome(exercise, check) }
    return ExerciseOutcome(
      id: exercise.id, title: exercise.title, points: 0, maxPoints: exercise.points,
      status: .notGraded, message: "the grader failed twice, not your code: \(printable(fault))",
      isOpen: exercise.isOpen, seconds: check.runSeconds + check.verifySeconds)
  }

  private func showProgress(_ unfinished: SubmissionResult) throws {
    guard let file = options.progressFile else { return }
    var result = unfinished
    result.message =
      "grading did not get further than exercise \(result.exercises.last?.id ?? "0"); hand in again, "
      + "or tell your instructor"
    fillUp(&result)
    result.points = result.earnedPoints
    try writeJSON(GradescopeReport(result), to: file)
  }

  /// Adds exercises that were never asked, so that every result has them all.
  private func fillUp(_ result: inout SubmissionResult) {
    for exercise in sheet.exercises.dropFirst(result.exercises.count) {
      result.exercises.append(
        ExerciseOutcome(
          id: exercise.id, title: exercise.title, points: 0, maxPoints: exercise.points,
          status: .unanswered, message: "not asked: \(result.message)", isOpen: exercise.isOpen))
    }
  }
}

/// A result, the text that was graded, and the files of the figures that go with it, by name.
struct GradedSubmission: Sendable {
  var result: SubmissionResult
  var answers: String?
  var pictures: [String: Data]
}

extension ContinuousClock.Instant {
  /// How long ago this was.
  var secondsToNow: Double { (ContinuousClock.now - self) / .seconds(1) }
}
