import Foundation

extension Exercise {
  /// The same exercise, asked of two processes, one after the other.
  ///
  /// What a seed has to fix may hang on what differs from run to run, such as the order of a set,
  /// and looks fixed for as long as one process lasts.
  ///
  /// - Parameter merging: takes into the first process's answer what the second answered.
  package func askedTwice<Answer: Codable & Sendable>(
    merging: @escaping @Sendable (inout Answer, Answer) -> Void
  ) -> Exercise {
    var exercise = self
    exercise.mergeEncoded = { first, second in
      var answer = try Coding.decode(Answer.self, from: first)
      merging(&answer, try Coding.decode(Answer.self, from: second))
      return try Coding.encode(answer)
    }
    return exercise
  }

  /// What the replies of two processes come to; what either failed to answer stays a failure.
  func merged(_ first: AnswerProcess.Reply, _ second: AnswerProcess.Reply) -> AnswerProcess.Reply {
    guard let mergeEncoded, case .answered(let answer) = first else { return first }
    guard case .answered(let other) = second else { return second }
    // What cannot be decoded is for the verdict to say.
    return .answered((try? mergeEncoded(answer, other)) ?? answer)
  }
}
