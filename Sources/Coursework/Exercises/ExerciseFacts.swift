/// What is shown of an exercise: all of it but its cases, and so without the type of its answers.
package struct ExerciseFacts: Hashable, Sendable {
  /// Sheet and place in it, as in "1.5".
  package let id: String
  package let title: String
  package let points: Int
  /// How hard the exercise is, from 1 to 5.
  package let difficulty: Int
  /// How much the rest of the course leans on it, from 1 to 5.
  package let importance: Int
  package let minutes: Int
  /// From a nudge to a near-answer.
  package let hints: [String]
  /// To be read once the exercise is solved.
  package let interpretation: String
  /// Whether a text is asked for, which the instructor marks.
  package var isOpen: Bool { prompt != nil }
  /// What an open exercise asks; nil when code is asked for.
  package let prompt: String?
  /// What earns an open exercise's points, a line each.
  package let rubric: [String]
}

extension Exercise {
  /// What is shown of the exercise.
  package var facts: ExerciseFacts {
    var prompt: String?
    var rubric: [String] = []
    if case .open(let text, let lines) = kind { (prompt, rubric) = (text, lines) }
    return ExerciseFacts(
      id: id, title: title, points: points, difficulty: difficulty, importance: importance,
      minutes: minutes, hints: hints, interpretation: interpretation, prompt: prompt,
      rubric: rubric)
  }
}
