import Foundation

/// How a student's method is called with one question: a value, so that asking within this process
/// and asking another run the same code.
///
/// `Answers` is the protocol that a student's struct conforms to, as in `any SortingAnswers`. An
/// ask holds no oracle and no key: it is all of an exercise that the program needs which runs a
/// student's code.
package struct Ask<Answers: Sendable, Question: Codable & Sendable, Answer: Codable & Sendable>:
  Sendable
{
  /// The name of the method, as the student reads it.
  package let method: String
  let call: @Sendable (Answers, Question) throws -> Answer

  /// The call of a method.
  ///
  /// - Parameter method: the method's name without its arguments, once in a sheet.
  package init(
    _ method: String, _ call: @escaping @Sendable (Answers, Question) throws -> Answer
  ) {
    self.method = method
    self.call = call
  }
}

/// An ask whose types are erased: question and answer are bytes, and the answers are whose they
/// are.
package struct EncodedAsk: Sendable {
  /// The name of the method, as the student reads it.
  package let method: String
  private let call: @Sendable (any Sendable, Data) throws -> Data

  /// An ask without its types.
  package init<Answers, Question, Answer>(_ ask: Ask<Answers, Question, Answer>) {
    method = ask.method
    call = { answers, data in
      guard let answers = answers as? Answers else {
        preconditionFailure("\(type(of: answers)) does not conform to \(Answers.self)")
      }
      return try Coding.encode(
        try ask.call(answers, try Coding.decode(Question.self, from: data)))
    }
  }

  /// The encoded answer of a student's code to an encoded question.
  func answer(_ answers: any Sendable, to question: Data) throws -> Data {
    try call(answers, question)
  }
}

/// A question on its way to a process: whom it is put to, and what is asked.
struct AskedQuestion {
  let method: String
  let question: Data

  /// The method's name, the end of a line, the question.
  var encoded: Data { Data(method.utf8) + [0x0A] + question }

  init(method: String, question: Data) {
    self.method = method
    self.question = question
  }

  init(_ encoded: Data) throws(UnreadableQuestion) {
    guard let end = encoded.firstIndex(of: 0x0A) else { throw UnreadableQuestion() }
    method = String(decoding: encoded[..<end], as: UTF8.self)
    question = Data(encoded[(end + 1)...])
  }
}

/// What was to be a question is none.
struct UnreadableQuestion: Error, CustomStringConvertible {
  var description: String { "the question does not name a method" }
}
