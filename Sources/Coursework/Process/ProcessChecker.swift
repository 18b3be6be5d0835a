public import Foundation

/// Checks answers in a process of their own, which is sent questions and never a key.
///
/// A trap, an early exit, an endless loop or a flood of output in there costs the case it happens
/// in; the rest is asked of a new process. When time is over, it is over for the whole exercise.
public struct ProcessChecker: Sendable {
  /// The sheet's program, and arguments that come before `--answer ID`.
  public var command: [String]
  /// Bounds of the process.
  public var limits: ProcessLimits
  /// The process's environment, or nil for this one's.
  public var environment: [String: String]?
  /// Where the process runs, or nil for where this one does.
  public var workingDirectory: URL?
  /// Whether the command stands for another and ends all that one started: see `Sources/confine`.
  package var isSupervised = false

  /// A checker that starts the given program, a sheet's own or a sandbox around it.
  public init(
    command: [String], limits: ProcessLimits = ProcessLimits(),
    environment: [String: String]? = nil, workingDirectory: URL? = nil
  ) {
    self.command = command
    self.limits = limits
    self.environment = environment
    self.workingDirectory = workingDirectory
  }

  /// What the program's answers earn in one exercise.
  public func check<Answers>(
    _ exercise: Exercise<Answers>, seed: UInt64 = Checker.publicSeed
  ) async -> ExerciseResult {
    let start = ContinuousClock.now
    let cases: [EncodedCase]
    do { cases = try exercise.questions(seed: seed) } catch {
      return ExerciseResult(
        exercise, notChecked: "the questions could not be made: \(sentence(for: error))")
    }
    let made = start.secondsToNow
    let check = await self.check(exercise, parts: [cases])
    return check.results[0].after(seconds: made)
  }

  /// What the program's answers earn in several parts of one exercise, such as its public and its
  /// hidden cases.
  ///
  /// One process is asked them all, unless it ends.
  /// Each part has the exercise's time. When one's is over, the parts after it time out unasked.
  package func check<Answers>(
    _ exercise: Exercise<Answers>, parts: [[EncodedCase]]
  ) async -> PartsCheck {
    let start = ContinuousClock.now
    let process = process(arguments: ["--answer", exercise.id])
    let beginnings = parts.reduce(into: [0]) { $0.append($0.last! + $1.count) }
    let replies = await process.ask(
      parts.joined().map(\.question), seconds: limits.seconds ?? exercise.timeLimit,
      renewedAt: Set(beginnings.dropFirst()))
    let asked = start.secondsToNow
    let results = zip(parts, beginnings).map { cases, beginning in
      let begin = ContinuousClock.now
      let result = Self.judge(exercise, cases, replies[beginning..<beginning + cases.count])
      return result.after(seconds: asked / Double(parts.count) + begin.secondsToNow)
    }
    let fault: String? = replies.lazy.compactMap {
      if case .ended(let ending) = $0 { ending.machineFault } else { nil }
    }.first
    return PartsCheck(
      results: results, runSeconds: asked, verifySeconds: start.secondsToNow - asked,
      machineFault: fault)
  }

  private static func judge<Answers>(
    _ exercise: Exercise<Answers>, _ cases: [EncodedCase],
    _ replies: ArraySlice<AnswerProcess.Reply>
  ) -> ExerciseResult {
    var text: String?
    let results = zip(cases, replies).map { aCase, reply in
      let verdict: Verdict =
        switch reply {
        case .answered(let answer): exercise.verdict(key: aCase.key, answer: answer)
        case .unanswered: .unanswered
        case .threw(let message): .threw(message)
        case .ended(let ending): ending.verdict
        }
      if case .answered(let answer) = reply { text = exercise.openText(answer) }
      return CaseResult(name: aCase.name, verdict: verdict)
    }
    return ExerciseResult(exercise, cases: results, seconds: 0, text: text)
  }

  func process(arguments: [String]) -> AnswerProcess {
    AnswerProcess(
      command: command + arguments, environment: environment, workingDirectory: workingDirectory,
      limits: limits, isSupervised: isSupervised)
  }
}

/// What became of several parts of an exercise, and how long that took.
package struct PartsCheck: Sendable {
  /// A result for every part.
  package let results: [ExerciseResult]
  /// How long the student's process took altogether.
  package let runSeconds: Double
  /// How long it took to hold answers against keys.
  package let verifySeconds: Double
  /// What went wrong that is not the code's affair, if anything did: see ``Ending/machineFault``.
  package let machineFault: String?
}
