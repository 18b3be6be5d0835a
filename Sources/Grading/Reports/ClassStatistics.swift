import Coursework

/// A class in numbers.
struct ClassStatistics {
  let results: [SubmissionResult]

  /// What was graded, whatever came of it; a failure of the grader is no grade.
  var graded: [SubmissionResult] { results.filter { $0.status != .error } }

  var mean: Double {
    graded.isEmpty ? 0 : graded.reduce(0) { $0 + $1.points } / Double(graded.count)
  }

  /// The middle one, or the mean of the middle two.
  var median: Double {
    let points = graded.map(\.points).sorted()
    guard !points.isEmpty else { return 0 }
    return (points[(points.count - 1) / 2] + points[points.count / 2]) / 2
  }

  /// How an exercise went in the class.
  struct Exercise {
    let id: String
    let title: String
    let maxPoints: Int
    /// How many earned less than full marks.
    let missed: Int
    /// How many of those gave no answer.
    let unanswered: Int
    /// Of how many students.
    let count: Int
    let meanPoints: Double
    /// What those who missed it were told most often, and how often.
    let commonest: (message: String, count: Int)?
  }

  /// Every exercise, the most often missed first, but those that wait for marks: of them only the
  /// answers that are not there could be counted.
  var exercises: [Exercise] {
    let ids = graded.first?.exercises.map(\.id) ?? []
    let all = ids.enumerated().compactMap { order, id -> (Int, Exercise)? in
      let outcomes = graded.compactMap { $0.exercises.first { $0.id == id } }
      return outcomes.contains(where: \.awaitsMark) ? nil : (order, exercise(outcomes))
    }
    return all.sorted {
      // Of two that are missed alike, the one earlier in the sheet.
      ($1.1.share, $0.0) < ($0.1.share, $1.0)
    }.map(\.1)
  }

  private func exercise(_ outcomes: [ExerciseOutcome]) -> Exercise {
    let missed = outcomes.filter { $0.points < Double($0.maxPoints) }
    var counts: [String: Int] = [:]
    for outcome in missed where outcome.status != .unanswered {
      counts[Self.kind(outcome.message), default: 0] += 1
    }
    let commonest = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }
    return Exercise(
      id: outcomes[0].id, title: outcomes[0].title, maxPoints: outcomes[0].maxPoints,
      missed: missed.count, unanswered: missed.count { $0.status == .unanswered },
      count: outcomes.count,
      meanPoints: outcomes.reduce(0) { $0 + $1.points } / Double(outcomes.count),
      commonest: commonest.map { ($0.key, $0.value) })
  }

  /// The message without how many cases were right, which differs where the mistake is the same.
  private static func kind(_ message: String) -> String {
    message.replacing(#/ \([0-9]+ of [0-9]+ cases right\)$/#, with: "")
  }
}

extension ClassStatistics.Exercise {
  /// The share of students who missed it.
  var share: Double { count == 0 ? 0 : Double(missed) / Double(count) }
}
