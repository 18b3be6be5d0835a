package import Answering
import Foundation
import Synchronization

/// What an exercise asks for in one method, and how the answer is judged.
///
/// `Question` is what the student's code is given, `Key` what the judge is made from: all that is
/// known where the question was made, and often the question itself.
package struct Part<Question: Codable & Sendable, Key: Sendable>: Sendable {
  let ask: EncodedAsk
  private let weight: Int
  private let judge: @Sendable (Key) -> EncodedJudge
  private let merge: (@Sendable (Data, Data) throws -> Data)?

  /// A part of an exercise.
  ///
  /// - Parameters:
  ///   - weight: What the part is worth beside the exercise's other parts.
  ///   - judge: makes the judge of a case, at most once and only when there is an answer.
  package init<Answers, Answer, CaseJudge: Judge<Answer>>(
    _ ask: Ask<Answers, Question, Answer>, weight: Int = 1,
    judge: @escaping @Sendable (Key) throws -> CaseJudge
  ) {
    self.ask = EncodedAsk(ask)
    self.weight = weight
    self.judge = { key in EncodedJudge { try judge(key) } }
    merge = nil
  }

  /// A part that is asked of two processes, one after the other.
  ///
  /// What a seed has to fix may hang on what differs from run to run, such as the order of a set,
  /// and looks fixed for as long as one process lasts.
  ///
  /// - Parameter merging: takes into the first process's answer what the second answered.
  package init<Answers, Answer, CaseJudge: Judge<Answer>>(
    askingTwice ask: Ask<Answers, Question, Answer>,
    merging: @escaping @Sendable (inout Answer, Answer) -> Void,
    judge: @escaping @Sendable (Key) throws -> CaseJudge
  ) {
    self.ask = EncodedAsk(ask)
    weight = 1
    self.judge = { key in EncodedJudge { try judge(key) } }
    merge = { first, second in
      var answer = try Coding.decode(Answer.self, from: first)
      merging(&answer, try Coding.decode(Answer.self, from: second))
      return try Coding.encode(answer)
    }
  }

  /// A part whose answer begins with the same twice, by one seed: what a second process answers
  /// first takes the second's place, unless the two differ already.
  package init<Answers, Item: Codable & Equatable & Sendable, CaseJudge: Judge<[Item]>>(
    askingAgain ask: Ask<Answers, Question, [Item]>,
    judge: @escaping @Sendable (Key) throws -> CaseJudge
  ) {
    self.init(
      askingTwice: ask,
      merging: { answer, other in
        if answer.count > 1, answer[0] == answer[1], let first = other.first { answer[1] = first }
      }, judge: judge)
  }

  func ready(for key: Key) -> ReadyPart {
    ReadyPart(method: ask.method, weight: weight, judge: judge(key), merge: merge)
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
        return .notGraded("this exercise cannot be judged: \(sentence(for: error))")
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
