import AttentionVocabulary
import Coursework
import Tensors

/// What a head of known score does.
private enum PlantedHead: CaseIterable {
  /// Links both words right.
  case right
  /// Links both words right, and puts more than half of a row there.
  case strong
  /// Links both words right in some of the swapped pairs.
  case sometimes
  /// Sends both words to the noun.
  case noun
  /// Sends both words to the adjective.
  case adjective
  /// Goes from left to right: right only where nothing is swapped.
  case straight
  /// Does the right thing one row late.
  case late
  /// Does the right thing one row early.
  case early
  /// Crosses its links, each a word beside its goal.
  case crossing
  /// Spreads itself almost evenly.
  case even
}

extension AttentionSheet {
  /// Heads built to behave in a known way: the scores follow from how they were built.
  static func plantedSwaps(
    using generator: inout SeededGenerator
  ) -> Case<[AdjectiveExample], SwapKey> {
    let heads = PlantedHead.allCases.shuffled(using: &generator)
    let (swapped, straight) = (12, 6)
    let successes = Int.random(in: 3...9, using: &generator)
    var examples = (0..<swapped).map { index in
      example(heads, isSwapped: true, succeeds: index < successes, using: &generator)
    }
    for _ in 0..<straight {
      examples.append(example(heads, isSwapped: false, succeeds: true, using: &generator))
    }
    examples.shuffle(using: &generator)
    let scores = heads.map { head -> Float in
      switch head {
      case .right, .strong: 1
      case .sometimes: Float(successes) / Float(swapped)
      default: 0
      }
    }
    return Case(
      "planted heads", question: examples,
      key: SwapKey(examples: examples, scores: scores))
  }

  /// One head over two words on each side: there is no row before and none after.
  static func twoWordSwaps(
    using generator: inout SeededGenerator
  ) -> Case<[AdjectiveExample], SwapKey> {
    func pair(isSwapped: Bool, isRight: Bool) -> AdjectiveExample {
      let (adjective, noun) = isSwapped ? (1, 0) : (0, 1)
      var rows = Tensor.zeros([1, 2, 2])
      for (row, goal) in [(adjective, 0), (noun, 1)] {
        let weight = Float.random(in: 0.6..<0.9, using: &generator)
        let place = isRight ? goal : 1 - goal
        rows[0, row, place] = weight
        rows[0, row, 1 - place] = 1 - weight
      }
      return AdjectiveExample(
        cross: rows, sourceAdjective: 0, sourceNoun: 1, targetAdjective: adjective,
        targetNoun: noun)
    }
    let examples = [
      pair(isSwapped: true, isRight: true), pair(isSwapped: true, isRight: true),
      pair(isSwapped: true, isRight: false), pair(isSwapped: false, isRight: true),
    ].shuffled(using: &generator)
    let scores: [Float] = [2 / 3]
    return Case(
      "one head, two words", question: examples,
      key: SwapKey(examples: examples, scores: scores))
  }

  private static func example(
    _ heads: [PlantedHead], isSwapped: Bool, succeeds: Bool,
    using generator: inout SeededGenerator
  ) -> AdjectiveExample {
    let sources = Int.random(in: 9...12, using: &generator)
    let targets = Int.random(in: 6...9, using: &generator)
    // Room on both sides: for links that miss by a word, and for heads that are a row off.
    let adjective = Int.random(in: 2..<(sources - 2), using: &generator)
    let first = Int.random(in: 1..<(targets - 2), using: &generator)
    let example = AdjectiveExample(
      cross: .zeros([heads.count, targets, sources]), sourceAdjective: adjective,
      sourceNoun: adjective + 1, targetAdjective: isSwapped ? first + 1 : first,
      targetNoun: isSwapped ? first : first + 1)
    let rows = heads.flatMap { head in
      (0..<targets).flatMap { row -> [Float] in
        let peak = peak(of: head, row: row, in: example, succeeds: succeeds)
        return weights(
          sources, peak: peak?.place ?? .random(in: 0..<sources, using: &generator),
          strength: peak?.strength ?? 0.3, isEven: head == .even, using: &generator)
      }
    }
    var result = example
    result.cross = Tensor(rows, shape: [heads.count, targets, sources])
    return result
  }

  /// Where a head's row has its greatest value and how great it is; nil where it does not matter.
  private static func peak(
    of head: PlantedHead, row: Int, in example: AdjectiveExample, succeeds: Bool
  ) -> (place: Int, strength: Float)? {
    let (adjective, noun) = (example.sourceAdjective, example.sourceNoun)
    let isAdjective = row == example.targetAdjective
    // In front of both, an article that looks at the noun more than the noun itself does.
    if head == .right, row == 0 { return (noun, 0.9) }
    if head == .late {
      if row == example.targetAdjective + 1 { return (adjective, 0.4) }
      if row == example.targetNoun + 1 { return (noun, 0.4) }
      return (0, 0.4)
    }
    if head == .early {
      if row == example.targetAdjective - 1 { return (adjective, 0.4) }
      if row == example.targetNoun - 1 { return (noun, 0.4) }
      return (0, 0.4)
    }
    guard isAdjective || row == example.targetNoun else { return nil }
    let goal = isAdjective ? adjective : noun
    let other = isAdjective ? noun : adjective
    let place =
      switch head {
      case .right, .strong: goal
      case .sometimes: succeeds ? goal : other
      case .noun: noun
      case .adjective: adjective
      case .straight: row == min(example.targetAdjective, example.targetNoun) ? adjective : noun
      case .crossing: isAdjective ? adjective - 1 : noun + 1
      case .even, .late, .early: 0
      }
    // Only this one ever has more than half of a row.
    return (place, head == .strong ? 0.8 : 0.4)
  }

  /// A row that sums to 1, with its greatest value at the peak.
  private static func weights(
    _ count: Int, peak: Int, strength: Float, isEven: Bool, using generator: inout SeededGenerator
  ) -> [Float] {
    var row = (0..<count).map { _ in Float.random(in: 0.9..<1, using: &generator) }
    row[peak] = 0
    let rest = row.reduce(0, +)
    let share = isEven ? 1.05 / (rest + 1.05) : strength
    for index in row.indices { row[index] *= (1 - share) / rest }
    row[peak] = share
    return row
  }
}
