package import Foundation
public import Tensors

/// An exercise, the whole of it: what is asked, of what kind, for how many points, with which
/// hints, and how an answer is verified.
///
/// `Answers` is the protocol a student's struct conforms to, as in `any AttentionAnswers`. The
/// types of question, key and answer are erased: an exercise works on encoded bytes, so that asking
/// within this process and asking another process run the same code.
public struct Exercise<Answers: Sendable>: Sendable {
  /// Sheet and place in it, as in "1.5".
  public let id: String
  /// The exercise's name.
  public let title: String
  /// How many points a right answer earns.
  public let points: Int
  /// How hard the exercise is, from 1 to 5.
  public let difficulty: Int
  /// How much the rest of the course leans on it, from 1 to 5.
  public let importance: Int
  /// How long a student is expected to need.
  public let minutes: Int
  /// At least three hints, from a nudge to a near-answer.
  public let hints: [String]
  /// What the result means: to be read once the exercise is solved.
  public let interpretation: String
  /// Whether code or text is asked for.
  public let kind: Kind
  /// How many seconds all cases together may take in a process of their own.
  public let timeLimit: Double

  private let makeCases: @Sendable (inout SeededGenerator) throws -> [EncodedCase]
  private let askEncoded: @Sendable (Answers, Data) throws -> Data
  private let verifyEncoded: @Sendable (Data, Data) -> Verdict
  /// Takes into an encoded answer what another process answered: see ``Exercise/askedTwice(merging:)``.
  var mergeEncoded: (@Sendable (Data, Data) throws -> Data)?

  /// What sort of answer an exercise asks for.
  public enum Kind: Codable, Hashable, Sendable {
    /// Code, verified by code.
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
  ///   - ask: calls the student's code with one question.
  ///   - verify: holds an answer against the key. It runs outside the student's process and never
  ///     traps, whatever the answer holds.
  public init<Question: Codable & Sendable, Key: Codable & Sendable, Answer: Codable & Sendable>(
    _ id: String, _ title: String, points: Int, difficulty: Int, importance: Int, minutes: Int,
    timeLimit: Double = 10, hints: [String], interpretation: String,
    cases: @escaping @Sendable (inout SeededGenerator) throws -> [Case<Question, Key>],
    ask: @escaping @Sendable (Answers, Question) throws -> Answer,
    verify: @escaping @Sendable (Key, Answer) -> Verdict
  ) {
    self.init(
      id, title, points: points, difficulty: difficulty, importance: importance, minutes: minutes,
      timeLimit: timeLimit, hints: hints, interpretation: interpretation, kind: .coding,
      cases: cases, ask: ask, verify: verify)
  }

  init<Question: Codable & Sendable, Key: Codable & Sendable, Answer: Codable & Sendable>(
    _ id: String, _ title: String, points: Int, difficulty: Int, importance: Int, minutes: Int,
    timeLimit: Double, hints: [String], interpretation: String, kind: Kind,
    cases: @escaping @Sendable (inout SeededGenerator) throws -> [Case<Question, Key>],
    ask: @escaping @Sendable (Answers, Question) throws -> Answer,
    verify: @escaping @Sendable (Key, Answer) -> Verdict
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
    makeCases = { generator in
      try cases(&generator).map {
        EncodedCase(
          name: $0.name, question: try Coding.encode($0.question), key: try Coding.encode($0.key))
      }
    }
    askEncoded = { answers, data in
      let question = try Coding.decode(Question.self, from: data)
      return try Coding.encode(try ask(answers, question))
    }
    verifyEncoded = { keyData, answerData in
      let key: Key
      do { key = try Coding.decode(Key.self, from: keyData) } catch {
        return .invalid("this exercise's key cannot be read: \(sentence(for: error))")
      }
      do { return verify(key, try Coding.decode(Answer.self, from: answerData)) } catch {
        return .invalid("the answer cannot be read", detail: sentence(for: error))
      }
    }
  }

  /// The cases that a seed makes: the same seed, the same cases.
  ///
  /// Exercises draw from different streams of one seed, so no exercise tells another's numbers.
  package func questions(seed: UInt64) throws -> [EncodedCase] {
    try questions(from: SeededGenerator(seed: seed ^ stableHash(id)))
  }

  /// The cases that a generator makes.
  func questions(from generator: SeededGenerator) throws -> [EncodedCase] {
    var generator = generator
    return try makeCases(&generator)
  }

  /// The answer of a student's code to one encoded question, encoded.
  package func answer(_ answers: Answers, to encodedQuestion: Data) throws -> Data {
    try askEncoded(answers, encodedQuestion)
  }

  /// What an encoded answer is worth, held against an encoded key.
  package func verdict(key: Data, answer: Data) -> Verdict { verifyEncoded(key, answer) }
}

/// FNV-1a, for a number that a text has on every machine and in every run.
private func stableHash(_ text: String) -> UInt64 {
  text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}
