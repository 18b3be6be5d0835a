/// Says what an answer to one question is worth.
///
/// A judge knows what is right; it stays with the one who checks, and never enters the process that
/// runs a student's code. Answers are judged one at a time, so it need not be Sendable.
package protocol Judge<Answer>: SendableMetatype {
  /// What is judged.
  associatedtype Answer: Codable & Sendable

  /// What an answer is worth. It never traps, whatever the answer holds.
  ///
  /// - Throws: what keeps the judge itself from judging, for which no student is to blame.
  func verdict(on answer: Answer) throws -> Verdict
}

/// A judge that is one function, for answers that are held against a property and not against
/// values.
package struct Judgement<Answer: Codable & Sendable>: Judge {
  private let judge: (Answer) throws -> Verdict

  /// A judge of one's own.
  package init(_ judge: @escaping (Answer) throws -> Verdict) { self.judge = judge }

  package func verdict(on answer: Answer) throws -> Verdict { try judge(answer) }
}

/// What a usual mistake answers, and the sentence that helps whoever made it.
package struct Mistake<Answer: Sendable>: Sendable {
  /// Says what to look at, not what to write.
  package let sentence: String
  /// What the mistake gives; NaN where it divides 0 by 0.
  package let answer: Answer

  /// A mistake.
  package init(_ sentence: String, _ answer: Answer) {
    self.sentence = sentence
    self.answer = answer
  }
}
