package import Foundation

/// An answer a real student would give that is wrong, and what the verdict must tell them.
public struct Misconception<Answers: Sendable>: Sendable {
  /// The exercise it answers.
  public let exercise: Exercise<Answers>
  /// What is misunderstood, in a few words.
  public let name: String
  /// What the message must hold; nil for nonsense that no student hands in, which only must not
  /// earn full marks.
  public let says: String?
  /// The wrong answer to an encoded question.
  package let answer: @Sendable (Data) throws -> Data

  /// A wrong answer to every question of an exercise.
  public init<Question: Codable & Sendable, Answer: Codable & Sendable>(
    of exercise: Exercise<Answers>, _ name: String, says: String?,
    answer: @escaping @Sendable (Question) throws -> Answer
  ) {
    self.exercise = exercise
    self.name = name
    self.says = says
    self.answer = erase(answer)
  }

  /// What is wrong with the exercise if it does not catch this, or nil: the answer must earn less
  /// than full marks under every seed, with a message, and one that holds ``says``.
  package func fault(seeds: [UInt64] = proofSeeds) -> String? {
    for seed in seeds {
      let result = Checker.check(exercise, seed: seed, answer: answer)
      if result.points >= Double(exercise.points) {
        return "\(exercise.id), \(name): full marks under seed \(seed)"
      }
      if result.message.isEmpty {
        return "\(exercise.id), \(name): rejected without a sentence under seed \(seed)"
      }
      if let says, !result.message.contains(says) {
        return "\(exercise.id), \(name): the message is “\(result.message)”, without “\(says)”"
      }
    }
    return nil
  }
}

/// Another right way to answer an exercise, which must earn full marks.
public struct Variant<Answers: Sendable>: Sendable {
  /// The exercise it answers.
  public let exercise: Exercise<Answers>
  /// What is done differently, in a few words.
  public let name: String
  package let answer: @Sendable (Data) throws -> Data

  /// A right answer to every question of an exercise.
  public init<Question: Codable & Sendable, Answer: Codable & Sendable>(
    of exercise: Exercise<Answers>, _ name: String,
    answer: @escaping @Sendable (Question) throws -> Answer
  ) {
    self.exercise = exercise
    self.name = name
    self.answer = erase(answer)
  }

  /// What is wrong with the exercise if it does not accept this, or nil.
  package func fault(seeds: [UInt64] = proofSeeds) -> String? {
    for seed in seeds {
      let result = Checker.check(exercise, seed: seed, answer: answer)
      if result.status != .passed || result.points != Double(exercise.points) {
        return "\(exercise.id), \(name): \(result.points) of \(result.maxPoints) points under seed "
          + "\(seed): \(result.explanation)"
      }
    }
    return nil
  }
}

extension Sheet {
  /// What is wrong with a sheet, a sentence each: untouched stubs must be unanswered and earn
  /// nothing, the solution must earn everything, misconceptions less, variants all; and an
  /// exercise's questions must take less than 2 MB, since every submission is sent them.
  package func faults(
    untouched: Answers, solution: Answers, misconceptions: [Misconception<Answers>] = [],
    variants: [Variant<Answers>] = [], seeds: [UInt64] = proofSeeds
  ) -> [String] {
    var faults: [String] = []
    for exercise in exercises {
      let stub = Checker.check(exercise, untouched)
      if stub.status != .unanswered || stub.points != 0 {
        faults.append("\(exercise.id): the untouched stub is \(stub.status): \(stub.message)")
      }
      for seed in seeds {
        let bytes = (try? exercise.questions(seed: seed))?.reduce(0) { $0 + $1.question.count } ?? 0
        if bytes >= 2_000_000 {
          faults.append("\(exercise.id): the questions take \(bytes) bytes, seed \(seed)")
        }
        let result = Checker.check(exercise, solution, seed: seed)
        if !result.isSettled || result.status == .passed && result.points != Double(exercise.points)
        {
          faults.append("\(exercise.id): the solution fails, seed \(seed): \(result.explanation)")
        }
      }
    }
    return faults + misconceptions.compactMap { $0.fault(seeds: seeds) }
      + variants.compactMap { $0.fault(seeds: seeds) }
  }
}

/// Seeds that proofs of exercises run under: the public one, and others as an instructor's would
/// be.
package let proofSeeds: [UInt64] = [Checker.publicSeed, 1, 0xDEAD_BEEF]

private func erase<Question: Codable & Sendable, Answer: Codable & Sendable>(
  _ answer: @escaping @Sendable (Question) throws -> Answer
) -> @Sendable (Data) throws -> Data {
  { try Coding.encode(try answer(try Coding.decode(Question.self, from: $0))) }
}
