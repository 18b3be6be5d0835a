import Answering
import Coursework

extension Exercise {
  /// The cases under the public seed in which an answer to one part is worth full marks.
  func casesPassed<Answers, Question, Answer>(
    by nonsense: Answer, in part: Ask<Answers, Question, Answer>
  ) throws -> [String] {
    try only(part).verdicts(on: nonsense).filter { $0.verdict.fraction >= 1 }.map { $0.name }
  }
}
