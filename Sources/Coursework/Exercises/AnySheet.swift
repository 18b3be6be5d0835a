/// A sheet whose type of answers is erased, so that sheets of different kinds stand in one list.
package struct AnySheet: Sendable {
  package let number: Int
  package let title: String
  /// The sheet's folder name below `Sheets`, `Solutions` and `Figures`, as in "1-Attention".
  package let folder: String
  /// What is shown of every exercise, in order.
  package let exercises: [ExerciseFacts]
  private let checkExercise:
    @Sendable (String, ProcessChecker, UInt64) async throws ->
      ExerciseResult

  /// A sheet without the type of its answers.
  package init<Answers>(_ sheet: Sheet<Answers>) {
    number = sheet.number
    title = sheet.title
    folder = sheet.folder
    exercises = sheet.exercises.map(\.facts)
    checkExercise = { id, checker, seed in
      await checker.check(try sheet.exercise(id), seed: seed)
    }
  }

  /// The name of the student's program, as in "Sheet1".
  package var program: String { "Sheet\(number)" }

  /// The sheet's points altogether.
  package var points: Int { exercises.reduce(0) { $0 + $1.points } }

  /// The points that the instructor gives by hand.
  package var openPoints: Int { exercises.reduce(0) { $0 + ($1.isOpen ? $1.points : 0) } }

  /// What is shown of the exercise of an id.
  ///
  /// - Throws: ``UnknownExercise`` when the sheet has none of that id.
  package func exercise(_ id: String) throws(UnknownExercise) -> ExerciseFacts {
    guard let exercise = exercises.first(where: { $0.id == id }) else {
      throw UnknownExercise(id: id, sheet: number, known: exercises.map(\.id))
    }
    return exercise
  }

  /// What a process's answers earn in one exercise.
  ///
  /// - Throws: ``UnknownExercise`` when the sheet has none of that id.
  package func check(
    _ id: String, with checker: ProcessChecker, seed: UInt64 = Checker.publicSeed
  ) async throws -> ExerciseResult {
    try await checkExercise(id, checker, seed)
  }
}
