import Synchronization

@testable import Coursework

/// The cases of the exercise that is being proved: many answers to one are tried in a row, and what its
/// judges have found out about a case serves the next.
enum KeptCases {
  private static let kept = Mutex<(id: String, cases: [UInt64: [ReadyCase]])>(("", [:]))

  /// The cases under a seed, with the parts that are asked for.
  static func of(_ exercise: Exercise, _ seed: UInt64) throws -> [ReadyCase] {
    let known = kept.withLock { $0.id == exercise.id ? $0.cases[seed] : nil }
    // Of the whole exercise, for the next may be about another part of it.
    let cases = try known ?? exercise.wholeCases(seed: seed)
    kept.withLock {
      if $0.id != exercise.id { $0 = (exercise.id, [:]) }
      $0.cases[seed] = cases
    }
    return cases.map { $0.only(exercise.methods) }
  }
}

extension Misconception {
  /// What is wrong with the exercise if it does not catch this under every seed, or nil.
  func fault(seeds: [UInt64]) -> String? { fault(seeds: seeds, cases: KeptCases.of) }
}

extension Variant {
  /// What is wrong with the exercise if it does not accept this under every seed, or nil.
  func fault(seeds: [UInt64]) -> String? { fault(seeds: seeds, cases: KeptCases.of) }
}
