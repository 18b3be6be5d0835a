import Tensors

/// Lists of different numbers, and how a model that sorts them reads them.
///
/// A list is written `START a₁ … aₙ MID s₁ … sₙ`: the numbers as they came, then in order. Number k
/// is token k; the two marks follow the numbers.
public struct SortingLists: Codable, Hashable, Sendable {
  /// How many numbers there are, from 0.
  public var numbers: Int
  /// How many of them a list holds.
  public var length: Int

  /// Lists of `length` different numbers below `numbers`.
  public init(numbers: Int = 64, length: Int = 5) {
    self.numbers = numbers
    self.length = length
    precondition(
      isPossible,
      "lists of \(length) numbers below \(numbers): at least two, and four times as many to choose "
        + "from")
  }

  /// Whether there are such lists, and enough of them to be drawn by chance.
  var isPossible: Bool { (2...100).contains(length) && (4 * length...100_000).contains(numbers) }

  /// What a list begins with.
  public var startToken: Int { numbers }
  /// What stands between a list and its sorted half.
  public var middleToken: Int { numbers + 1 }
  /// The numbers and the two marks.
  public var vocabularySize: Int { numbers + 2 }
  /// The tokens of a list with its sorted half.
  public var sequenceLength: Int { 2 * length + 2 }
  /// The rows of logits that predict the sorted half: the first is that of MID, and the row of the
  /// last number, which predicts what comes after the end, is left out.
  public var sortedRows: Range<Int> { (length + 1)..<(2 * length + 1) }

  /// A list and its sorted half as tokens.
  public func tokens(of list: [Int]) -> [Int] {
    [startToken] + list + [middleToken] + list.sorted()
  }

  /// What a list is for.
  public enum Part: String, Codable, Sendable, CaseIterable {
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
  public func part(of list: [Int]) -> Part {
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
  public func draw(
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
