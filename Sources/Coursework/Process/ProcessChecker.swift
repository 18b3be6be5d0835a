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
    let process = process(arguments: ["--answer", exercise.id])
    let replies = await process.ask(
      cases.map(\.question), seconds: limits.seconds ?? exercise.timeLimit)
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
    return ExerciseResult(exercise, cases: results, seconds: start.secondsToNow, text: text)
  }

  func process(arguments: [String]) -> AnswerProcess {
    AnswerProcess(
      command: command + arguments, environment: environment, workingDirectory: workingDirectory,
      answerBytes: limits.answerBytes, printedBytes: limits.printedBytes)
  }
}
