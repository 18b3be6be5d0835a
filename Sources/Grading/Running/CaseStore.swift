import Coursework

/// The cases of a sheet's exercises, made once for all submissions.
actor CaseStore {
  private let sheet: Sheet
  private let seed: Seed
  private var made: [String: [[ReadyCase]]] = [:]

  /// The cases of a sheet under the secret seed.
  init(sheet: Sheet, seed: Seed) {
    self.sheet = sheet
    self.seed = seed
  }

  /// The public and the hidden cases of an exercise; of an open one, its one question.
  func parts(of exercise: Exercise) throws -> [[ReadyCase]] {
    if let parts = made[exercise.id] { return parts }
    let open = try exercise.cases(seed: Checker.publicSeed)
    let parts =
      exercise.isOpen
      ? [open] : [open, try exercise.cases(key: seed.key(ofExercise: exercise.id))]
    made[exercise.id] = parts
    return parts
  }
}
