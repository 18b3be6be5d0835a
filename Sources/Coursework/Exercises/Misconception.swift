package import Answering
package import Foundation

/// An answer a real student would give that is wrong, and what the verdict must tell them.
package struct Misconception: Sendable {
  /// The exercise it answers, or the part of one.
  package let exercise: Exercise
  /// What is misunderstood, in a few words.
  package let name: String
  /// What the message must hold; nil for nonsense that no student hands in, which only must not
  /// earn full marks.
  package let says: String?
  /// The wrong answer to what a process would be sent.
  package let answer: @Sendable (Data) throws -> Data

  /// A wrong answer to every question of an exercise that asks for one method.
  package init<Question: Codable & Sendable, Answer: Codable & Sendable>(
    of exercise: Exercise, _ name: String, says: String?,
    answer: @escaping @Sendable (Question) throws -> Answer
  ) {
    requireOnePart(of: exercise)
    self.exercise = exercise
    self.name = name
    self.says = says
    self.answer = erase(answer)
  }

  /// A wrong answer to one part of an exercise, whatever becomes of the others.
  package init<Answers, Question, Answer>(
    of exercise: Exercise, in part: Ask<Answers, Question, Answer>, _ name: String, says: String?,
    answer: @escaping @Sendable (Question) throws -> Answer
  ) {
    self.init(of: exercise.only(part), name, says: says, answer: answer)
  }

  /// What is wrong with the exercise if it does not catch this, or nil: the answer must earn less
  /// than full marks under every seed, with a message, and one that holds ``says``.
  package func fault(
    seeds: [UInt64] = proofSeeds,
    cases: (Exercise, UInt64) throws -> [ReadyCase] = { try $0.cases(seed: $1) }
  ) -> String? {
    for seed in seeds {
      let result = Checker.check(exercise, seed: seed, cases: cases, answer: answer)
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
package struct Variant: Sendable {
  /// The exercise it answers, or the part of one.
  package let exercise: Exercise
  /// What is done differently, in a few words.
  package let name: String
  package let answer: @Sendable (Data) throws -> Data

  /// A right answer to every question of an exercise that asks for one method.
  package init<Question: Codable & Sendable, Answer: Codable & Sendable>(
    of exercise: Exercise, _ name: String,
    answer: @escaping @Sendable (Question) throws -> Answer
  ) {
    requireOnePart(of: exercise)
    self.exercise = exercise
    self.name = name
    self.answer = erase(answer)
  }

  /// A right answer to one part of an exercise.
  package init<Answers, Question, Answer>(
    of exercise: Exercise, in part: Ask<Answers, Question, Answer>, _ name: String,
    answer: @escaping @Sendable (Question) throws -> Answer
  ) {
    self.init(of: exercise.only(part), name, answer: answer)
  }

  /// What is wrong with the exercise if it does not accept this, or nil.
  package func fault(
    seeds: [UInt64] = proofSeeds,
    cases: (Exercise, UInt64) throws -> [ReadyCase] = { try $0.cases(seed: $1) }
  ) -> String? {
    for seed in seeds {
      let result = Checker.check(exercise, seed: seed, cases: cases, answer: answer)
      if result.status != .passed || result.points != Double(exercise.points) {
        return "\(exercise.id), \(name): \(result.points) of \(result.maxPoints) points under seed "
          + "\(seed): \(result.explanation)"
      }
    }
    return nil
  }
}

extension Exercise {
  /// What the cases under a seed make of one and the same answer, right or not.
  ///
  /// - Precondition: the exercise asks for one method.
  package func verdicts(
    on answer: some Encodable, seed: UInt64 = Checker.publicSeed
  ) throws -> [(name: String, verdict: Verdict)] {
    requireOnePart(of: self)
    let encoded = try Coding.encode(answer)
    return try cases(seed: seed).map { ($0.name, $0.verdict(on: [.answered(encoded)])) }
  }
}

extension Sheet {
  /// What is wrong with a sheet, a sentence each: untouched stubs must be unanswered and earn
  /// nothing, the solution must earn everything, misconceptions less, variants all; and an
  /// exercise's questions must take less than 2 MB, since every submission is sent them.
  package func faults(
    untouched: any Sendable, solution: any Sendable, misconceptions: [Misconception] = [],
    variants: [Variant] = [], seeds: [UInt64] = proofSeeds
  ) -> [String] {
    var faults: [String] = []
    for exercise in exercises {
      let stub = Checker.check(exercise, untouched)
      if stub.status != .unanswered || stub.points != 0 {
        faults.append("\(exercise.id): the untouched stub is \(stub.status): \(stub.message)")
      }
      for seed in seeds {
        let bytes = (try? exercise.cases(seed: seed))?.reduce(0) { $0 + $1.question.count } ?? 0
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
  { request in
    let question = try AskedQuestion(request).question
    return try Coding.encode(try answer(try Coding.decode(Question.self, from: question)))
  }
}

private func requireOnePart(of exercise: Exercise) {
  precondition(
    exercise.methods.count == 1,
    "exercise \(exercise.id) asks for \(exercise.methods.joined(separator: ", ")): say which is answered"
  )
}
