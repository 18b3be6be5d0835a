import Answering
import Foundation

/// Checks answers within this process.
///
/// A trap in an answer ends the process, and nothing limits its time: see ``ProcessChecker`` for
/// code that is not trusted to behave.
package enum Checker {
  /// The seed of the cases that students see.
  package static let publicSeed: UInt64 = 2_026

  /// What a student's answers earn in one exercise.
  ///
  /// - Precondition: `answers` conforms to the protocol of the exercise's sheet.
  package static func check(
    _ exercise: Exercise, _ answers: any Sendable, seed: UInt64 = publicSeed
  ) -> ExerciseResult {
    check(exercise, seed: seed) { try exercise.asks.answer(answers, to: $0) }
  }

  /// What answers that come from somewhere, encoded, earn in one exercise.
  ///
  /// - Parameter cases: Makes the cases of a seed, or hands out those that it kept.
  static func check(
    _ exercise: Exercise, seed: UInt64,
    cases: (Exercise, UInt64) throws -> [ReadyCase] = { try $0.cases(seed: $1) },
    answer: (Data) throws -> Data
  ) -> ExerciseResult {
    let start = ContinuousClock.now
    let ready: [ReadyCase]
    do { ready = try cases(exercise, seed) } catch {
      return ExerciseResult(
        exercise, notChecked: "the questions could not be made: \(sentence(for: error))")
    }
    var text: String?
    let results = ready.map { aCase in
      let replies = aCase.requests.map { request -> ReadyCase.Reply in
        do { return .answered(try answer(request)) } catch { return .verdict(.of(error)) }
      }
      if case .answered(let answer)? = replies.first { text = exercise.openText(answer) }
      return CaseResult(name: aCase.name, verdict: aCase.verdict(on: replies))
    }
    return ExerciseResult(exercise, cases: results, seconds: start.secondsToNow, text: text)
  }
}

extension Exercise {
  /// The text of an answer to an open exercise, nil for any other.
  func openText(_ answer: Data) -> String? {
    guard isOpen else { return nil }
    return try? Coding.decode(String.self, from: answer)
  }
}

extension Verdict {
  /// The verdict on code that threw.
  static func of(_ error: any Error) -> Verdict {
    if error is Unanswered { return .unanswered }
    return .threw(sentence(for: error))
  }
}

extension ContinuousClock.Instant {
  var secondsToNow: Double { (ContinuousClock.now - self) / .seconds(1) }
}
