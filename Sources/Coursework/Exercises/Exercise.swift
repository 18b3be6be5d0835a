package import Answering
import Foundation
package import Tensors

/// An exercise, the whole of it: what is asked, of what kind, for how many points, with which
/// hints, and how an answer is judged.
///
/// It is made of *cases*, which are questions, and of *parts*, which say how a student's method is
/// asked one and how its answer is judged. Types are erased: an exercise works on encoded bytes, so
/// that asking within this process and asking another process run the same code.
package struct Exercise: Sendable {
  /// Sheet and place in it, as in "1.5".
  package let id: String
  /// The exercise's name.
  package let title: String
  /// How many points a right answer earns.
  package let points: Int
  /// How hard the exercise is, from 1 to 5.
  package let difficulty: Int
  /// How much the rest of the course leans on it, from 1 to 5.
  package let importance: Int
  /// How long a student is expected to need.
  package let minutes: Int
  /// At least three hints, from a nudge to a near-answer.
  package let hints: [String]
  /// What the result means: to be read once the exercise is solved.
  package let interpretation: String
  /// Whether code or text is asked for.
  package let kind: Kind
  /// How many seconds all cases together may take in a process of their own.
  package let timeLimit: Double
  /// The methods that are asked for, in order.
  package var methods: [String] { asks.map(\.method) }

  private(set) var asks: [EncodedAsk]
  private let makeCases: @Sendable (inout SeededGenerator) throws -> [ReadyCase]

  /// What sort of answer an exercise asks for.
  package enum Kind: Codable, Hashable, Sendable {
    /// Code, judged by code.
    case coding
    /// A text, collected for the instructor, who marks it by the rubric.
    case open(prompt: String, rubric: [String])
  }

  /// An exercise answered by code.
  ///
  /// - Parameters:
  ///   - cases: makes the cases from a generator and nothing else: public cases come from the
  ///     public seed, hidden ones from the instructor's. It runs only when cases are needed, so it
  ///     may load a model.
  ///   - parts: what is asked of the student's code, one method each, and how it is judged. Parts
  ///     weigh the same.
  package init<Question: Codable & Sendable, Key: Sendable>(
    _ id: String, _ title: String, points: Int, difficulty: Int, importance: Int, minutes: Int,
    timeLimit: Double = 10, hints: [String], interpretation: String,
    cases: @escaping @Sendable (inout SeededGenerator) throws -> [Case<Question, Key>],
    parts: [Part<Question, Key>]
  ) {
    self.init(
      id, title, points: points, difficulty: difficulty, importance: importance, minutes: minutes,
      timeLimit: timeLimit, hints: hints, interpretation: interpretation, kind: .coding,
      cases: cases, parts: parts)
  }

  init<Question: Codable & Sendable, Key: Sendable>(
    _ id: String, _ title: String, points: Int, difficulty: Int, importance: Int, minutes: Int,
    timeLimit: Double = 10, hints: [String], interpretation: String, kind: Kind,
    cases: @escaping @Sendable (inout SeededGenerator) throws -> [Case<Question, Key>],
    parts: [Part<Question, Key>]
  ) {
    precondition(
      id.wholeMatch(of: /[1-9][0-9]*\.[1-9][0-9]*/) != nil,
      "an exercise's id is sheet.number as in 1.5, not \(id)")
    precondition(points > 0, "exercise \(id) earns \(points) points")
    precondition(
      (1...5).contains(difficulty), "exercise \(id) has difficulty \(difficulty), not 1–5")
    precondition(
      (1...5).contains(importance), "exercise \(id) has importance \(importance), not 1–5")
    precondition(minutes > 0 && timeLimit > 0, "exercise \(id) gives no time")
    precondition(hints.count >= 3, "exercise \(id) has \(hints.count) hints, not at least three")
    precondition(!parts.isEmpty, "exercise \(id) asks for nothing")
    self.id = id
    self.title = title
    self.points = points
    self.difficulty = difficulty
    self.importance = importance
    self.minutes = minutes
    self.timeLimit = timeLimit
    self.hints = hints
    self.interpretation = interpretation
    self.kind = kind
    asks = parts.map(\.ask)
    makeCases = { generator in
      try cases(&generator).map { aCase in
        ReadyCase(
          name: aCase.name, question: try Coding.encode(aCase.question),
          parts: parts.map { $0.ready(for: aCase.key) })
      }
    }
  }

  /// The cases that a seed makes: the same seed, the same cases.
  ///
  /// Exercises draw from different streams of one seed, so no exercise tells another's numbers.
  package func cases(seed: UInt64) throws -> [ReadyCase] {
    try cases(from: SeededGenerator(seed: seed ^ stableHash(id)))
  }

  /// The cases that a generator makes.
  func cases(from generator: SeededGenerator) throws -> [ReadyCase] {
    var generator = generator
    return try makeCases(&generator).map { $0.only(methods) }
  }

  /// The cases with all parts, whatever ``only(_:)`` left.
  func wholeCases(seed: UInt64) throws -> [ReadyCase] {
    var generator = SeededGenerator(seed: seed ^ stableHash(id))
    return try makeCases(&generator)
  }

  /// The exercise with one of its parts alone, for proofs of that part.
  package func only<Answers, Question, Answer>(_ ask: Ask<Answers, Question, Answer>) -> Exercise {
    var exercise = self
    exercise.asks.removeAll { $0.method != ask.method }
    precondition(!exercise.asks.isEmpty, "exercise \(id) does not ask for `\(ask.method)`")
    return exercise
  }
}

extension Exercise {
  /// Whether a text is asked for, which the instructor marks.
  package var isOpen: Bool { prompt != nil }

  /// What an open exercise asks; nil when code is asked for.
  package var prompt: String? {
    guard case .open(let prompt, _) = kind else { return nil }
    return prompt
  }

  /// What earns an open exercise's points, a line each.
  package var rubric: [String] {
    guard case .open(_, let rubric) = kind else { return [] }
    return rubric
  }
}

/// FNV-1a, for a number that a text has on every machine and in every run.
private func stableHash(_ text: String) -> UInt64 {
  text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}
