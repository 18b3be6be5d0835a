import Tensors

@testable import Coursework

/// An answer that an exercise has to tell from others: wrong ones and right ones of another make.
protocol TriedAnswer: Sendable {
  /// What is wrong with the exercise if it does not judge this as it should, or nil.
  func fault() -> String?
}

extension Misconception: TriedAnswer {}
extension Variant: TriedAnswer {}

extension Array where Element: TriedAnswer {
  /// What is wrong with the exercise, for each answer that it misjudges; as many are tried at a time as
  /// there are cores.
  func faults() -> [String] {
    // The first alone: it makes the cases, and what the judges keep of them.
    guard let first else { return [] }
    return ([first.fault()] + Parallel.map(Array(dropFirst())) { $0.fault() }).compactMap { $0 }
  }
}
