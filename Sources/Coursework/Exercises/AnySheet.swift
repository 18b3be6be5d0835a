/// A sheet whose type of answers is erased, so that sheets of different kinds stand in one list.
package struct AnySheet: Sendable {
  package let number: Int
  package let title: String
  /// The sheet's folder name below `Sheets`, `Solutions` and `Figures`, as in "1-Attention".
  package let folder: String
  /// What is shown of every exercise, in order.
  package let exercises: [ExerciseFacts]
  /// The pictures that are drawn when the sheet runs, in order.
  package let figures: [FigureFacts]
  private let checkExercise:
    @Sendable (String, ProcessChecker, UInt64) async throws ->
      ExerciseResult
  private let makeCases: @Sendable (String, UInt64) throws -> [EncodedCase]
  private let makeHiddenCases: @Sendable (String, CaseKey) throws -> [EncodedCase]
  private let checkParts:
    @Sendable (String, [[EncodedCase]], ProcessChecker) async throws -> PartsCheck

  /// A sheet without the type of its answers.
  package init<Answers>(_ sheet: Sheet<Answers>) {
    number = sheet.number
    title = sheet.title
    folder = sheet.folder
    exercises = sheet.exercises.map(\.facts)
    checkExercise = { id, checker, seed in
      await checker.check(try sheet.exercise(id), seed: seed)
    }
    makeCases = { id, seed in try sheet.exercise(id).questions(seed: seed) }
    makeHiddenCases = { id, key in try sheet.exercise(id).questions(key: key) }
    checkParts = { id, parts, checker in
      await checker.check(try sheet.exercise(id), parts: parts)
    }
    figures = sheet.figures.map { FigureFacts(name: $0.name, caption: $0.caption) }
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

  /// The cases of one exercise under a seed, to be asked of many.
  package func cases(of id: String, seed: UInt64) throws -> [EncodedCase] {
    try makeCases(id, seed)
  }

  /// The cases of one exercise under its own key, to be asked of many.
  package func cases(of id: String, key: CaseKey) throws -> [EncodedCase] {
    try makeHiddenCases(id, key)
  }

  /// What a process's answers earn in several parts of one exercise: see
  /// ``ProcessChecker/check(_:parts:)``.
  ///
  /// - Throws: ``UnknownExercise`` when the sheet has none of that id.
  package func check(
    _ id: String, parts: [[EncodedCase]], with checker: ProcessChecker
  ) async throws -> PartsCheck {
    try await checkParts(id, parts, checker)
  }
}

/// What is shown of a sheet's picture.
package struct FigureFacts: Hashable, Sendable {
  /// The file's name with its extension.
  package let name: String
  /// What is to be seen in it, in a few words.
  package let caption: String
}
