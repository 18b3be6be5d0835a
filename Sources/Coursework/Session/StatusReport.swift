import Foundation

/// Every sheet and exercise with its metadata and how far a student has come.
///
/// The keys of its JSON are those of these properties. They only grow: none is renamed, and each is
/// always there, null where nothing is known.
package struct StatusReport: Encodable, Equatable {
  let sheets: [SheetStatus]

  struct SheetStatus: Encodable, Equatable {
    let number: Int
    let title: String
    let points: Int
    /// The points that the instructor gives by hand, among `points`.
    let openPoints: Int
    /// The sum of the exercises' best points.
    let earnedPoints: Double
    let exercises: [ExerciseStatus]
  }

  package struct ExerciseStatus: Encodable, Equatable {
    package let id: String
    let title: String
    /// `coding` or `open`.
    let kind: String
    let points: Int
    let difficulty: Int
    let importance: Int
    let minutes: Int
    /// What became of the last check; `unanswered` before the first.
    let state: Verdict.Status
    let bestPoints: Double
    let hints: Int
    let hintsUsed: Int
    /// The last check's sentence.
    let message: String?
    let checked: Date?
    let solved: Date?

    private enum CodingKeys: String, CodingKey {
      case id, title, kind, points, difficulty, importance, minutes, state, bestPoints, hints
      case hintsUsed, message, checked, solved
    }

    /// Written by hand, because what is nil is to be null and not left out.
    package func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(id, forKey: .id)
      try container.encode(title, forKey: .title)
      try container.encode(kind, forKey: .kind)
      try container.encode(points, forKey: .points)
      try container.encode(difficulty, forKey: .difficulty)
      try container.encode(importance, forKey: .importance)
      try container.encode(minutes, forKey: .minutes)
      try container.encode(state, forKey: .state)
      try container.encode(bestPoints, forKey: .bestPoints)
      try container.encode(hints, forKey: .hints)
      try container.encode(hintsUsed, forKey: .hintsUsed)
      try container.encode(message, forKey: .message)
      try container.encode(checked, forKey: .checked)
      try container.encode(solved, forKey: .solved)
    }
  }

  package init(of course: [Sheet], _ progress: CourseProgress) {
    sheets = course.map { sheet in
      let exercises = sheet.exercises.map { ExerciseStatus($0, progress[$0.id]) }
      return SheetStatus(
        number: sheet.number, title: sheet.title, points: sheet.points,
        openPoints: sheet.openPoints,
        earnedPoints: exercises.reduce(0) { $0 + $1.bestPoints }, exercises: exercises)
    }
  }

  /// What to go on with: the first answer that is wrong, or else the first that is missing.
  package var nextExercise: ExerciseStatus? {
    let left = sheets.flatMap(\.exercises).filter { !$0.isDone }
    return left.first { $0.state != .unanswered } ?? left.first
  }

  package func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}

extension StatusReport.ExerciseStatus {
  /// Whether nothing is left for the student to do.
  var isDone: Bool { state == .passed || state == .collected }

  init(_ facts: Exercise, _ entry: CourseProgress.Entry) {
    self.init(
      id: facts.id, title: facts.title, kind: facts.isOpen ? "open" : "coding",
      points: facts.points, difficulty: facts.difficulty, importance: facts.importance,
      minutes: facts.minutes, state: entry.last?.status ?? .unanswered,
      bestPoints: entry.bestPoints, hints: facts.hints.count,
      hintsUsed: min(entry.hintsRevealed, facts.hints.count), message: entry.last?.message,
      checked: entry.checked, solved: entry.solved)
  }
}
