import Coursework

/// The cases of a sheet's exercises, made once for all submissions.
actor CaseStore {
  private let sheet: AnySheet
  private let seed: Seed
  private var made: [String: [[EncodedCase]]] = [:]

  /// The cases of a sheet under the secret seed.
  init(sheet: AnySheet, seed: Seed) {
    self.sheet = sheet
    self.seed = seed
  }

  /// The public and the hidden cases of an exercise; of an open one, its one question.
  func parts(of exercise: ExerciseFacts) throws -> [[EncodedCase]] {
    if let parts = made[exercise.id] { return parts }
    let open = try sheet.cases(of: exercise.id, seed: Checker.publicSeed)
    let parts =
      exercise.isOpen
      ? [open] : [open, try sheet.cases(of: exercise.id, key: seed.key(ofExercise: exercise.id))]
    made[exercise.id] = parts
    return parts
  }
}
