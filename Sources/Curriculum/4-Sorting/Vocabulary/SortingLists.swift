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
  package var isPossible: Bool {
    (2...100).contains(length) && (4 * length...100_000).contains(numbers)
  }

  /// What a list begins with.
  public var startToken: Int { numbers }
  /// What stands between a list and its sorted half.
  public var middleToken: Int { numbers + 1 }
  /// The numbers and the two marks.
  public var vocabularySize: Int { numbers + 2 }
  /// The tokens of a list with its sorted half.
  public var sequenceLength: Int { 2 * length + 2 }

  /// A list and its sorted half as tokens.
  public func tokens(of list: [Int]) -> [Int] {
    [startToken] + list + [middleToken] + list.sorted()
  }
}
