import SortingVocabulary
import Coursework
import Tensors

extension SortingSheet {
  /// 4.13: to be replaced by an exercise.
  static let doubled = Exercise(
    "4.13", "Every number twice", points: 2, difficulty: 1, importance: 1, minutes: 5,
    hints: ["Twice is plus itself.", "Use map.", "numbers.map { $0 * 2 }"],
    interpretation: "Doubling is linear.",
    cases: { generator in
      (2...4).map { count in
        let numbers = (0..<count).map { _ in Int.random(in: 3..<100, using: &generator) }
        return Case("\(count) numbers", question: numbers, key: numbers.map { $0 * 2 })
      }
    },
    parts: [Part(SortingAsks.doubled) { Expected($0, named: "the list") }])
}
