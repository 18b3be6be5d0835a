package import Foundation

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
public struct EncodedAsk: Sendable {
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
  package func answer(_ answers: any Sendable, to question: Data) throws -> Data {
    try call(answers, question)
  }
}

/// A question on its way to a process: whom it is put to, and what is asked.
package struct AskedQuestion {
  package let method: String
  package let question: Data

  /// The method's name, the end of a line, the question.
  package var encoded: Data { Data(method.utf8) + [0x0A] + question }

  package init(method: String, question: Data) {
    self.method = method
    self.question = question
  }

  package init(_ encoded: Data) throws(UnreadableQuestion) {
    guard let end = encoded.firstIndex(of: 0x0A) else { throw UnreadableQuestion() }
    method = String(decoding: encoded[..<end], as: UTF8.self)
    question = Data(encoded[(end + 1)...])
  }
}

/// What was to be a question is none.
package struct UnreadableQuestion: Error, CustomStringConvertible {
  package var description: String { "the question does not name a method" }
}

/// The question of an open exercise, as it is put to the student's method.
package struct OpenQuestion: Codable, Sendable {
  /// What is asked.
  package let prompt: String

  package init(prompt: String) { self.prompt = prompt }
}

extension Ask where Question == OpenQuestion, Answer == String {
  /// The call of a method that answers in words.
  package init(inWords method: String, _ text: @escaping @Sendable (Answers) throws -> String) {
    self.init(method) { answers, _ in try text(answers) }
  }
}

extension [EncodedAsk] {
  /// The answer of a student's code to a question that came from elsewhere.
  ///
  /// - Throws: what the code throws, and when no method of the name is asked for here.
  package func answer(_ answers: any Sendable, to request: Data) throws -> Data {
    let asked = try AskedQuestion(request)
    guard let ask = first(where: { $0.method == asked.method }) else {
      throw UnreadableQuestion()
    }
    return try ask.answer(answers, to: asked.question)
  }
}
