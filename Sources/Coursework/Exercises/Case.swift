import Answering
package import Foundation

/// One question of an exercise, and the key that its judges are made from.
///
/// The name says what kind of case this is ("a padded batch"); students read it even where the
/// question is hidden, so it never holds the question's data.
package struct Case<Question: Codable & Sendable, Key: Sendable>: Sendable {
  /// What kind of case this is, in a few words.
  package let name: String
  /// What the student's code is given.
  package let question: Question
  /// What is known of the right answer; the student's process never sees it.
  package let key: Key

  /// A case of an exercise.
  package init(_ name: String, question: Question, key: Key) {
    self.name = name
    self.question = question
    self.key = key
  }
}

extension Case where Key == Question {
  /// A case whose judge needs to know nothing but the question.
  package init(_ name: String, _ question: Question) {
    self.init(name, question: question, key: question)
  }
}

/// A case that can be asked: the question as bytes, which is all that enters a student's process,
/// and beside it the judges, which never do.
package struct ReadyCase: Sendable {
  /// What kind of case this is, in a few words.
  package let name: String
  /// The question, encoded.
  package let question: Data
  private(set) var parts: [ReadyPart]

  init(name: String, question: Data, parts: [ReadyPart]) {
    self.name = name
    self.question = question
    self.parts = parts
  }

  /// The case with some of its parts alone.
  func only(_ methods: [String]) -> ReadyCase {
    var result = self
    result.parts.removeAll { !methods.contains($0.method) }
    return result
  }

  /// What a process is sent, a method each.
  var requests: [Data] {
    parts.map { AskedQuestion(method: $0.method, question: question).encoded }
  }

  /// What came back for a method.
  enum Reply {
    case answered(Data)
    case verdict(Verdict)
  }

  /// What the replies to ``requests`` are worth together, each part by its weight; one that is not
  /// answered yet counts as wrong where another is.
  func verdict(on replies: some Sequence<Reply>) -> Verdict {
    let verdicts = zip(parts, replies).map { part, reply in
      switch reply {
      case .answered(let answer): part.judge.verdict(on: answer)
      case .verdict(let verdict): verdict
      }
    }
    if verdicts.allSatisfy({ $0.status == .unanswered }) { return .unanswered }
    if verdicts.count == 1 { return verdicts[0] }
    return .combining(
      zip(parts, verdicts).map { part, verdict in
        verdict.status == .unanswered ? .failed("`\(part.method)` is not answered yet") : verdict
      }, weights: parts.map(\.weight))
  }
}

/// A part of a case: whom the question is put to, and who judges the answer.
struct ReadyPart: Sendable {
  let method: String
  let weight: Int
  let judge: EncodedJudge
  /// Takes into an encoded answer what a second process answered; nil where one is enough.
  let merge: (@Sendable (Data, Data) throws -> Data)?
}
