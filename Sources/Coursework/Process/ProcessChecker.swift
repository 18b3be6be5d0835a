import Answering
package import Foundation

/// Checks answers in a process of their own, which is sent questions and never a key.
///
/// A trap, an early exit, an endless loop or a flood of output in there costs the case it happens
/// in; the rest is asked of a new process. When time is over, it is over for the whole exercise.
package struct ProcessChecker: Sendable {
  /// The sheet's program, and arguments that come before `--answer`.
  package var command: [String]
  /// Bounds of the process.
  package var limits: ProcessLimits
  /// The process's environment, or nil for this one's.
  package var environment: [String: String]?
  /// Where the process runs, or nil for where this one does.
  package var workingDirectory: URL?
  /// Whether the command stands for another and ends all that one started: see `Sources/confine`.
  package var isSupervised = false

  /// A checker that starts the given program, a sheet's own or a sandbox around it.
  package init(
    command: [String], limits: ProcessLimits = ProcessLimits(),
    environment: [String: String]? = nil, workingDirectory: URL? = nil
  ) {
    self.command = command
    self.limits = limits
    self.environment = environment
    self.workingDirectory = workingDirectory
  }

  /// What the program's answers earn in one exercise.
  package func check(
    _ exercise: Exercise, seed: UInt64 = Checker.publicSeed
  ) async -> ExerciseResult {
    let start = ContinuousClock.now
    let cases: [ReadyCase]
    do { cases = try exercise.cases(seed: seed) } catch {
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
  package func check(
    _ exercise: Exercise, parts: [[ReadyCase]]
  ) async -> PartsCheck {
    let start = ContinuousClock.now
    let process = process(arguments: ["--answer"])
    let beginnings = parts.reduce(into: [0]) {
      $0.append($0.last! + $1.reduce(0) { $0 + $1.parts.count })
    }
    let asked = parts.joined().flatMap { zip($0.parts, $0.requests) }
    let seconds = limits.seconds ?? exercise.timeLimit
    var replies = await process.ask(
      asked.map(\.1), seconds: seconds, renewedAt: Set(beginnings.dropFirst()))
    let again = asked.indices.filter { asked[$0].0.merge != nil && replies[$0].isAnswer }
    if !again.isEmpty {
      let others = await process.ask(again.map { asked[$0].1 }, seconds: seconds)
      for (place, other) in zip(again, others) {
        replies[place] = replies[place].merged(with: other, by: asked[place].0)
      }
    }
    let askedSeconds = start.secondsToNow
    let results = zip(parts, beginnings).map { cases, beginning in
      let begin = ContinuousClock.now
      let result = Self.judge(exercise, cases, replies[beginning...])
      return result.after(seconds: askedSeconds / Double(parts.count) + begin.secondsToNow)
    }
    let fault: String? = replies.lazy.compactMap {
      if case .ended(let ending) = $0 { ending.machineFault } else { nil }
    }.first
    return PartsCheck(
      results: results, runSeconds: askedSeconds, verifySeconds: start.secondsToNow - askedSeconds,
      machineFault: fault
        ?? results.lazy.flatMap(\.cases).map(\.verdict)
        .first { $0.status == .notGraded }?.message)
  }

  private static func judge(
    _ exercise: Exercise, _ cases: [ReadyCase],
    _ replies: ArraySlice<AnswerProcess.Reply>
  ) -> ExerciseResult {
    var text: String?
    var rest = replies
    let results = cases.map { aCase in
      let own = rest.prefix(aCase.parts.count)
      rest = rest.dropFirst(aCase.parts.count)
      if case .answered(let answer)? = own.first { text = exercise.openText(answer) }
      return CaseResult(name: aCase.name, verdict: aCase.verdict(on: own.map(\.ofCase)))
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

extension AnswerProcess.Reply {
  /// What the replies of two processes come to; what either failed to answer stays a failure.
  fileprivate func merged(with other: Self, by part: ReadyPart) -> Self {
    guard let merge = part.merge, case .answered(let answer) = self else { return self }
    guard case .answered(let second) = other else { return other }
    // What cannot be decoded is for the verdict to say.
    return .answered((try? merge(answer, second)) ?? answer)
  }

  /// What the reply is to the judges of a case.
  fileprivate var ofCase: ReadyCase.Reply {
    switch self {
    case .answered(let answer): .answered(answer)
    case .unanswered: .verdict(.unanswered)
    case .threw(let message): .verdict(.threw(message))
    case .ended(let ending): .verdict(ending.verdict)
    }
  }
}
