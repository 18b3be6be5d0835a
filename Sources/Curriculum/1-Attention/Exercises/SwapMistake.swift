import AttentionVocabulary
import Coursework
import Tensors

extension AdjectiveExample {
  /// Whether French puts the adjective on the other side of the noun.
  var isSwapped: Bool {
    (sourceAdjective < sourceNoun) != (targetAdjective < targetNoun)
  }

  /// Whether the greatest value of a row that counts occurs twice, in any head.
  var hasTie: Bool {
    (0..<cross.shape[0]).contains { head in
      [targetAdjective, targetNoun].contains { row in
        let values = self.row(row, ofHead: head)
        return values.filter { $0 == values.max() }.count != 1
      }
    }
  }

  /// What a target word's row gives to every source word.
  func row(_ row: Int, ofHead head: Int) -> [Float] {
    (0..<cross.shape[2]).map { cross[head, row, $0] }
  }

  /// Where a target word's row is greatest, or nil where there is no such row.
  func link(_ row: Int, ofHead head: Int) -> Int? {
    guard (0..<cross.shape[1]).contains(row) else { return nil }
    let values = self.row(row, ofHead: head)
    return values.indices.max { values[$0] < values[$1] }
  }

  /// The target word that gives most to a source word: an argmax along the wrong axis.
  func reader(ofSource column: Int, head: Int) -> Int {
    (0..<cross.shape[1]).max { cross[head, $0, column] < cross[head, $1, column] } ?? 0
  }
}

/// A way to count over examples; as it stands, the right one.
struct SwapCount {
  var counts: (AdjectiveExample) -> Bool = \.isSwapped
  var credit: (AdjectiveExample, _ head: Int) -> Double = { example, head in
    let (adjective, noun) = SwapCount.right(example, head)
    return adjective && noun ? 1 : 0
  }

  /// Counting swapped pairs with another credit.
  static func giving(_ credit: @escaping (AdjectiveExample, _ head: Int) -> Double) -> SwapCount {
    SwapCount(credit: credit)
  }

  /// Every head's mean credit over the examples that count.
  func scores(of examples: [AdjectiveExample]) -> [Float] {
    (0..<(examples.first?.cross.shape[0] ?? 0)).map { head in
      let counted = examples.filter(counts)
      let sum = counted.reduce(0) { $0 + credit($1, head) }
      return Float(sum / Double(max(counted.count, 1)))
    }
  }

  /// Which of the two words a head links right, its rows read so many places late.
  static func right(
    _ example: AdjectiveExample, _ head: Int, late: Int = 0
  ) -> (adjective: Bool, noun: Bool) {
    (
      example.link(example.targetAdjective + late, ofHead: head) == example.sourceAdjective,
      example.link(example.targetNoun + late, ofHead: head) == example.sourceNoun
    )
  }
}

/// What scores usual mistakes lead to.
enum SwapMistake {
  /// The mistakes that show in these examples.
  static func usual(
    in examples: [AdjectiveExample], scores right: [Float]
  ) -> [Mistake<[Float]>] {
    let swapped = examples.count(where: \.isSwapped)
    let all = { (_: AdjectiveExample) in true }
    let counts: [(SwapCount, String)] = [
      (
        SwapCount(counts: all),
        "only pairs whose order is swapped count; you count those that keep their order too"
      ),
      (
        SwapCount(counts: { !$0.isSwapped }),
        "you count the pairs that keep their order; the others show who swaps"
      ),
      (
        SwapCount(counts: all) { $0.isSwapped ? SwapCount().credit($0, $1) : 0 },
        "divide by the number of swapped pairs, not of all examples"
      ),
      (
        SwapCount.giving { SwapCount().credit($0, $1) * Double(swapped) },
        "answer a fraction, from 0 to 1, and not a number of pairs"
      ),
      (both { example, head in SwapCount.right(example, head, late: 1) }, late),
      (both { example, head in SwapCount.right(example, head, late: -1) }, early),
      (
        SwapCount.giving {
          let (adjective, noun) = SwapCount.right($0, $1)
          return adjective || noun ? 1 : 0
        }, "both words must be linked right; one of them is not enough"
      ),
      (
        SwapCount.giving {
          let (adjective, noun) = SwapCount.right($0, $1)
          return (adjective ? 0.5 : 0) + (noun ? 0.5 : 0)
        }, "a pair counts when both words are linked right; half a pair counts nothing"
      ),
      (
        SwapCount.giving { SwapCount.right($0, $1).noun ? 1 : 0 },
        "you look at the noun alone; the adjective must be linked right too"
      ),
      (
        SwapCount.giving { SwapCount.right($0, $1).adjective ? 1 : 0 },
        "you look at the adjective alone; the noun must be linked right too"
      ),
      (
        both { example, head in
          (
            example.reader(ofSource: example.sourceAdjective, head: head)
              == example.targetAdjective,
            example.reader(ofSource: example.sourceNoun, head: head) == example.targetNoun
          )
        },
        """
        you look for the greatest value down a column; a target word's link is the greatest value \
        along its row
        """
      ),
      (
        both { example, head in
          (weights(example, head).adjective > 0.5, weights(example, head).noun > 0.5)
        }, "a link is where most of a row lies, compared with the other words; half is not needed"
      ),
      (
        SwapCount.giving { (weights($0, $1).adjective + weights($0, $1).noun) / 2 },
        "count pairs that are linked right, and do not average how much attention they get"
      ),
      (
        SwapCount.giving { weights($0, $1).adjective * weights($0, $1).noun },
        "count pairs that are linked right, and do not multiply how much attention they get"
      ),
      (
        SwapCount.giving { example, head in
          let adjective = example.link(example.targetAdjective, ofHead: head) ?? 0
          let noun = example.link(example.targetNoun, ofHead: head) ?? 0
          return (adjective < noun) == (example.sourceAdjective < example.sourceNoun) ? 1 : 0
        },
        """
        that two links cross is not enough: each word must be linked to its own source word, not \
        to any word on the right side
        """
      ),
    ]
    return
      (counts.map { Mistake($0.1, $0.0.scores(of: examples)) }
      + singles(in: examples) + layersAndHeads(right))
      .filter { mistake in zip(mistake.answer, right).contains { abs($0 - $1) > 1e-3 } }
  }

  /// What a single example says.
  private static func singles(in examples: [AdjectiveExample]) -> [Mistake<[Float]>] {
    let swapped = examples.filter(\.isSwapped)
    return [swapped.first, swapped.last].compactMap { $0 }.map {
      Mistake(
        "one example is counted; a score is a share of all swapped pairs",
        SwapCount().scores(of: [$0]))
    }
  }

  /// The right scores, with all layers' first heads in front.
  private static func layersAndHeads(_ right: [Float]) -> [Mistake<[Float]>] {
    (2..<max(right.count, 2)).filter { right.count % $0 == 0 }.map { layers in
      let heads = right.count / layers
      return Mistake(
        "the heads stand in another order: `cross` has all heads of layer 0, then those of layer 1",
        (0..<heads).flatMap { head in (0..<layers).map { right[$0 * heads + head] } })
    }
  }

  private static let late =
    "you read one row late: row t of `cross` already belongs to target word t"
  private static let early =
    "you read one row early: row t of `cross` belongs to target word t, which it predicts"

  private static func both(
    _ right: @escaping (AdjectiveExample, Int) -> (adjective: Bool, noun: Bool)
  ) -> SwapCount {
    SwapCount.giving {
      let (adjective, noun) = right($0, $1)
      return adjective && noun ? 1 : 0
    }
  }

  private static func weights(
    _ example: AdjectiveExample, _ head: Int
  ) -> (adjective: Double, noun: Double) {
    (
      Double(example.cross[head, example.targetAdjective, example.sourceAdjective]),
      Double(example.cross[head, example.targetNoun, example.sourceNoun])
    )
  }
}
