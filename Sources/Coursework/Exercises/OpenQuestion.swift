package import Answering

extension Exercise {
  /// The longest text that is collected, in characters: some four pages.
  package static var longestOpenAnswer: Int { 20_000 }

  /// An open exercise: a text is collected for the instructor, who marks it by the rubric.
  ///
  /// - Parameters:
  ///   - prompt: what is asked.
  ///   - rubric: what earns the points, a line each.
  ///   - text: how the student's text is asked for.
  package init<Answers>(
    open id: String, _ title: String, points: Int, difficulty: Int, importance: Int, minutes: Int,
    hints: [String], interpretation: String, prompt: String, rubric: [String],
    text: Ask<Answers, OpenQuestion, String>
  ) {
    precondition(!rubric.isEmpty, "the open exercise \(id) has no rubric")
    self.init(
      id, title, points: points, difficulty: difficulty, importance: importance, minutes: minutes,
      hints: hints, interpretation: interpretation, kind: .open(prompt: prompt, rubric: rubric),
      cases: { _ in [Case("your text", OpenQuestion(prompt: prompt))] },
      parts: [
        Part(text) { _ in
          Judgement { text in
            if text.allSatisfy(\.isWhitespace) { return .unanswered }
            guard text.count <= Self.longestOpenAnswer else {
              return .invalid(
                "the text has \(text.count) characters, and at most "
                  + "\(Self.longestOpenAnswer) are collected; shorten it")
            }
            return .collected
          }
        }
      ])
  }
}
