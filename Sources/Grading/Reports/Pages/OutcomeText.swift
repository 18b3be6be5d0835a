import Coursework

extension Verdict.Status {
  /// The state in a word or two, for a reader.
  var word: String {
    switch self {
    case .passed: "right"
    case .partial: "partly right"
    case .failed: "wrong"
    case .unanswered: "not answered"
    case .crashed: "crashed"
    case .timedOut: "timed out"
    case .invalid: "cannot be judged"
    case .collected: "marked by hand"
    case .notGraded: "not graded"
    }
  }
}

extension PartOutcome {
  /// How many cases were right.
  var count: String { "\(rightCases) of \(caseCount) right" }
}

extension ExerciseOutcome {
  var name: String { "\(id) \(title)" }

  /// Whether points are still to be given by hand.
  var awaitsMark: Bool { isOpen && status == .collected && mark == nil }

  /// What a student reads where there are lines and no more: nothing of a hidden case but its
  /// message.
  var lines: [String] {
    var lines = [message]
    if let part = publicPart {
      let facts = [part.count, part.status == .passed ? nil : part.message, part.detail]
      lines.append("Public checks: " + facts.compactMap { $0 }.joined(separator: "; "))
    }
    if let part = hiddenPart {
      let facts = [part.count, part.status == .passed ? nil : part.message]
      lines.append("Hidden questions: " + facts.compactMap { $0 }.joined(separator: "; "))
    }
    if let mark { lines.append("Marked by hand: \(shownPoints(mark.points)) of \(maxPoints)") }
    return lines
  }
}

extension SubmissionResult {
  /// What the public checks say, or nil when none was made.
  ///
  /// Never more than that: what counts are other questions like these.
  var publicSentence: String? {
    let parts = exercises.compactMap(\.publicPart)
    // Of a submission that was not asked everything, nothing can be said of all.
    guard status == .graded, !parts.isEmpty else { return nil }
    let passed = parts.count { $0.status == .passed }
    return passed == parts.count
      ? "All public checks passed."
      : "The public checks of \(passed) of \(parts.count) exercises passed."
  }

  /// The points of open answers that are not marked yet.
  var pointsToMark: Int { exercises.reduce(0) { $0 + ($1.awaitsMark ? $1.maxPoints : 0) } }

  /// A sentence on what is still to be marked, or nil.
  var markingSentence: String? {
    let points = pointsToMark
    return points == 0
      ? nil : "Up to \(points) more points are given by hand for the answers in words."
  }
}
