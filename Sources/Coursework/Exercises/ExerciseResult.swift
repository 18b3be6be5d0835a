import Answering

/// What became of one case of an exercise.
package struct CaseResult: Codable, Hashable, Sendable {
  /// What kind of case it was.
  package let name: String
  /// What the answer was worth.
  package let verdict: Verdict
}

/// What became of an exercise: its points, a sentence, and every case.
package struct ExerciseResult: Codable, Hashable, Sendable {
  /// The exercise.
  package let id: String
  /// The points earned, in halves.
  package let points: Double
  /// The points a right answer earns.
  package let maxPoints: Int
  /// What became of the exercise as a whole.
  package let status: Verdict.Status
  /// One sentence for the student, without expected values.
  package let message: String
  /// More where nothing is hidden, such as an expected value.
  package let detail: String?
  /// Every case in order.
  package let cases: [CaseResult]
  /// How long it took.
  package private(set) var seconds: Double
  /// The text of an open answer.
  package let text: String?

  /// The result of an exercise whose cases went as given.
  ///
  /// Cases weigh the same. The points are the mean of their fractions times the exercise's points,
  /// rounded down to half a point: full marks mean that every case is right. No cases earn nothing.
  package init(
    _ exercise: Exercise, cases: [CaseResult], seconds: Double, text: String? = nil
  ) {
    id = exercise.id
    maxPoints = exercise.points
    self.cases = cases
    self.seconds = seconds
    let fraction = cases.reduce(0) { $0 + $1.verdict.fraction } / Double(max(cases.count, 1))
    // The small addend keeps 0.1 + 0.2 + 0.7 from losing half a point to rounding.
    points = (fraction * Double(exercise.points) * 2 + 1e-9).rounded(.down) / 2
    let rightCases = cases.count { $0.verdict.status == .passed }

    guard let first = cases.first(where: { $0.verdict.status != .passed }) else {
      status = cases.isEmpty ? .invalid : .passed
      message =
        cases.isEmpty
        ? "there is no case to check"
        : cases.count == 1 ? cases[0].verdict.message : "right in all \(cases.count) cases"
      detail = nil
      self.text = nil
      return
    }
    let alike = cases.allSatisfy { $0.verdict.status == first.verdict.status }
    status = !alike && fraction > 0 ? .partial : first.verdict.status
    detail = first.verdict.detail
    self.text =
      status == .collected
      ? text.map { printable($0, limit: Exercise.longestOpenAnswer, keepingLines: true) }
      : nil
    message =
      cases.count == 1 || alike && (status == .unanswered || status == .collected)
      ? first.verdict.message
      : "\(first.name): \(first.verdict.message) (\(rightCases) of \(cases.count) cases right)"
  }

  /// The result of an exercise that could not be checked at all.
  package init(_ exercise: Exercise, notChecked reason: String) {
    self.init(
      exercise, cases: [CaseResult(name: "preparation", verdict: .invalid(reason))], seconds: 0)
  }

  /// The same result after so many seconds more.
  func after(seconds: Double) -> ExerciseResult {
    var result = self
    result.seconds += seconds
    return result
  }

  /// Message and detail, for whoever may see both.
  package var explanation: String { detail.map { "\(message); \($0)" } ?? message }

  /// Whether nothing is left to do: right, or collected for the instructor.
  package var isSettled: Bool { status == .passed || status == .collected }

  /// The same result without what gives an expected value away, for hidden cases.
  package var concealed: ExerciseResult { ExerciseResult(concealing: self) }

  private init(concealing result: ExerciseResult) {
    id = result.id
    points = result.points
    maxPoints = result.maxPoints
    status = result.status
    message = result.message
    detail = nil
    cases = result.cases.map { CaseResult(name: $0.name, verdict: $0.verdict.concealed) }
    seconds = result.seconds
    text = result.text
  }
}
