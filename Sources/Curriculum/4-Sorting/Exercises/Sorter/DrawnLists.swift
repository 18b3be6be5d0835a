import Laboratory
package import SortingVocabulary
import Tensors
import Transformers

extension SortingLists {
  /// The rows of logits that predict the sorted half: the first is that of MID, and the row of the
  /// last number, which predicts what comes after the end, is left out.
  package var sortedRows: Range<Int> { (length + 1)..<(2 * length + 1) }

  /// What a list is for.
  package enum Part: String, Codable, Sendable, CaseIterable {
    /// To learn from.
    case training
    /// To decide by, while training.
    case development
    /// To report.
    case test
    /// The numbers go up by two, as in 7 9 11 13 15, in whatever order: never learned from.
    case stepsOfTwo
  }

  /// What a list is for.
  ///
  /// It follows from its numbers, whatever their order, so that no two parts ever share a sorted
  /// half. Of the lists without steps of two, eight in ten are for training.
  package func part(of list: [Int]) -> Part {
    let sorted = list.sorted()
    if zip(sorted, sorted.dropFirst()).allSatisfy({ $1 - $0 == 2 }) { return .stepsOfTwo }
    var hash: UInt64 = 0
    for number in sorted {
      var mixer = SeededGenerator(seed: hash ^ UInt64(number))
      hash = mixer.next()
    }
    switch hash % 10 {
    case 0: return .development
    case 1: return .test
    default: return .training
    }
  }

  /// Lists of one part, drawn with replacement.
  package func draw(
    _ part: Part, count: Int, using generator: inout some RandomNumberGenerator
  ) -> [[Int]] {
    (0..<count).map { _ in
      while true {
        let list = part == .stepsOfTwo ? stepsOfTwo(using: &generator) : any(using: &generator)
        if self.part(of: list) == part { return list }
      }
    }
  }

  private func any(using generator: inout some RandomNumberGenerator) -> [Int] {
    var list: [Int] = []
    while list.count < length {
      let number = generator.below(numbers)
      if !list.contains(number) { list.append(number) }
    }
    return list
  }

  private func stepsOfTwo(using generator: inout some RandomNumberGenerator) -> [Int] {
    let first = generator.below(numbers - 2 * (length - 1))
    var list = (0..<length).map { first + 2 * $0 }
    for place in list.indices.reversed() { list.swapAt(place, generator.below(place + 1)) }
    return list
  }
}
