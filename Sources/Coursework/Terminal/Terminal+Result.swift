extension Terminal {
  /// Prints what became of an exercise: a mark, the points, and a sentence.
  package func print(_ result: ExerciseResult, of exercise: Exercise) {
    let (mark, style) = result.status.mark
    let points =
      result.status == .collected
      ? "\(exercise.points) by hand" : "\(pointsText(result.points)) of \(exercise.points)"
    print(
      "\(exercise.title) (\(points))", lead: "\(mark) \(exercise.id) ", leadStyle: style)
    switch result.status {
    case .unanswered:
      print(
        "\(result.message): about \(exercise.minutes) minutes, "
          + "difficulty \(exercise.difficulty) of 5", lead: "      ", style: .dim)
    case .passed, .collected:
      print(result.message, lead: "      ")
      print(exercise.interpretation, lead: "      ", style: .dim)
    default:
      print(result.explanation, lead: "      ", style: style)
    }
  }
}

extension Verdict.Status {
  /// A sign for the state, and the style it is printed in.
  package var mark: (sign: String, style: Terminal.Style) {
    switch self {
    case .passed, .collected: ("✓", .green)
    case .unanswered: ("○", .dim)
    case .notGraded: ("?", .yellow)
    case .partial: ("◐", .yellow)
    case .failed, .crashed, .timedOut, .invalid: ("✗", .red)
    }
  }
}
