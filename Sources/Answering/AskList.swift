/// Everything that a sheet asks of a student's struct: what the program needs that answers for it,
/// and all that it holds of the sheet.
///
/// ```swift
/// import Answering
/// import SortingVocabulary
/// SortingAsks.serve(Answers())
/// ```
public protocol AskList: SendableMetatype {
  /// The protocol that the student's struct conforms to, as in `any SortingAnswers`.
  associatedtype Answers: Sendable

  /// One ask a method, in the sheet's order.
  static var all: [EncodedAsk] { get }
}

extension AskList {
  /// Answers every question that arrives on standard input, then ends the process.
  public static func serve(_ answers: Answers) -> Never {
    AnswerLoop.serve { try all.answer(answers, to: $0) }
  }
}
