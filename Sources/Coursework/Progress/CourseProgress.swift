package import Foundation

/// How far a student has come: hints seen, points earned, what was checked last.
package struct CourseProgress: Codable, Hashable, Sendable {
  /// What is known of every exercise that was touched, by its id.
  package var exercises: [String: Entry]

  /// A fresh start.
  package init() { exercises = [:] }

  /// What is known of one exercise.
  package struct Entry: Codable, Hashable, Sendable {
    /// How many hints were shown.
    package var hintsRevealed = 0
    /// The most points ever earned.
    package var bestPoints = 0.0
    /// When the exercise was first solved.
    package var solved: Date?
    /// When it was last checked.
    package var checked: Date?
    /// The last result.
    package var last: ExerciseResult?

    init() {}

    /// Reads what is there: a file of another version may know less, or results of another form.
    package init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      hintsRevealed = max(try container.decodeIfPresent(Int.self, forKey: .hintsRevealed) ?? 0, 0)
      bestPoints = max(try container.decodeIfPresent(Double.self, forKey: .bestPoints) ?? 0, 0)
      solved = try container.decodeIfPresent(Date.self, forKey: .solved)
      checked = try container.decodeIfPresent(Date.self, forKey: .checked)
      last = try? container.decodeIfPresent(ExerciseResult.self, forKey: .last)
    }
  }

  /// What is known of an exercise; nothing, at first.
  package subscript(id: String) -> Entry {
    get { exercises[id] ?? Entry() }
    set { exercises[id] = newValue }
  }

  /// Takes note of a result.
  ///
  /// An exercise that was never answered leaves no trace.
  package mutating func record(_ result: ExerciseResult, at date: Date) {
    if result.status == .unanswered, exercises[result.id] == nil { return }
    var entry = self[result.id]
    entry.bestPoints = max(entry.bestPoints, result.points)
    entry.checked = date
    entry.last = result
    if result.isSettled, entry.solved == nil { entry.solved = date }
    self[result.id] = entry
  }

  /// The next hint to an exercise and its number from 1; the last one again when all were shown.
  package mutating func revealHint(of exercise: Exercise) -> (number: Int, text: String) {
    var entry = self[exercise.id]
    entry.hintsRevealed = min(max(entry.hintsRevealed, 0) + 1, exercise.hints.count)
    self[exercise.id] = entry
    return (entry.hintsRevealed, exercise.hints[entry.hintsRevealed - 1])
  }
}
