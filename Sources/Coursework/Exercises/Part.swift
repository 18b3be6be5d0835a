import Foundation
import Synchronization

/// What an exercise asks for in one method, and how the answer is judged.
///
/// `Question` is what the student's code is given, `Key` what the judge is made from: all that is
/// known where the question was made, and often the question itself.
public struct Part<Question: Codable & Sendable, Key: Sendable>: Sendable {
  let ask: EncodedAsk
  let judge: @Sendable (Key) -> EncodedJudge

  /// A part of an exercise.
  ///
  /// - Parameter judge: makes the judge of a case, at most once and only when there is an answer.
  public init<Answers, Answer, CaseJudge: Judge<Answer>>(
    _ ask: Ask<Answers, Question, Answer>,
    judge: @escaping @Sendable (Key) throws -> CaseJudge
  ) {
    self.ask = EncodedAsk(ask)
    self.judge = { key in EncodedJudge { try judge(key) } }
  }
}

/// A judge of encoded answers, made when the first answer is there and kept for the next.
struct EncodedJudge: Sendable {
  private let judge: @Sendable (Data) -> Verdict

  init<CaseJudge: Judge>(_ make: @escaping @Sendable () throws -> CaseJudge) {
    let kept = KeptJudge(make)
    judge = { data in
      let answer: CaseJudge.Answer
      do { answer = try Coding.decode(CaseJudge.Answer.self, from: data) } catch {
        return .invalid("the answer cannot be read", detail: sentence(for: error))
      }
      do { return try kept.verdict(on: answer) } catch {
        return .invalid("this exercise cannot be judged: \(sentence(for: error))")
      }
    }
  }

  func verdict(on answer: Data) -> Verdict { judge(answer) }
}

/// A judge that is made at most once, and judges one answer at a time.
private final class KeptJudge<CaseJudge: Judge>: Sendable {
  private let make: @Sendable () throws -> CaseJudge
  private let made = Mutex<Result<CaseJudge, any Error>?>(nil)

  init(_ make: @escaping @Sendable () throws -> CaseJudge) { self.make = make }

  func verdict(on answer: CaseJudge.Answer) throws -> Verdict {
    try made.withLock { made in
      let judge = made ?? Result(catching: make)
      made = judge
      return try judge.get().verdict(on: answer)
    }
  }
}
