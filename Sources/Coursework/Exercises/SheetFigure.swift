package import Answering
package import Foundation

/// A picture of a sheet: a file name, a caption and how it is drawn.
///
/// What a picture shows of a student's answers it asks for: the same drawing serves answers in this
/// process and in another, which never runs what draws.
package struct SheetFigure: Sendable {
  /// The file's name with its extension, as in "1-cross-attention.png".
  package let name: String
  /// What is to be seen in the picture, in a few words.
  package let caption: String
  private let drawing: @Sendable (Asking, URL) throws -> Void

  /// A picture that shows a student's answers.
  ///
  /// - Parameter draw: draws the picture into a file; what asking throws it passes on.
  package init(
    _ name: String, _ caption: String, draw: @escaping @Sendable (Asking, URL) throws -> Void
  ) {
    self.name = name
    self.caption = caption
    drawing = draw
  }

  /// A picture that shows no answers.
  package init(_ name: String, _ caption: String, draw: @escaping @Sendable (URL) throws -> Void) {
    self.init(name, caption) { _, file in try draw(file) }
  }

  /// Draws the picture into a file; throws `Unanswered` when it shows an answer not given yet.
  package func draw(_ asking: Asking, _ file: URL) throws { try drawing(asking, file) }
}

/// How a figure gets the answers that it shows, wherever they are given.
package struct Asking: Sendable {
  private let answers: @Sendable ([Data]) throws -> [Data]

  /// - Parameter answers: the encoded answers to encoded `AskedQuestion`s.
  package init(_ answers: @escaping @Sendable ([Data]) throws -> [Data]) {
    self.answers = answers
  }

  /// Asks a struct in this process.
  package init(_ asks: any AskList.Type, of answers: any Sendable) {
    let all = asks.all
    self.init { try $0.map { try all.answer(answers, to: $0) } }
  }

  /// The answer to a question.
  ///
  /// - Throws: ``Unanswered`` while there is none, or what the code threw.
  package func callAsFunction<Answers, Question, Answer>(
    _ ask: Ask<Answers, Question, Answer>, _ question: Question
  ) throws -> Answer {
    try all(ask, [question])[0]
  }

  /// The answers to several questions, which are put at one time where that is quicker.
  ///
  /// - Throws: ``Unanswered`` while there is none, or what the code threw.
  package func all<Answers, Question, Answer>(
    _ ask: Ask<Answers, Question, Answer>, _ questions: [Question]
  ) throws -> [Answer] {
    let requests = try questions.map {
      AskedQuestion(method: ask.method, question: try Coding.encode($0)).encoded
    }
    return try answers(requests).map { try Coding.decode(Answer.self, from: $0) }
  }
}
