import Coursework
import Tensors
import XCTest

@testable import AttentionExercises
@testable import AttentionVocabulary

/// Exercise 1.6: what is rejected, what is accepted.
final class WhoSwapsTests: XCTestCase {
  private let exercise = AttentionSheet.whoSwaps
  private typealias Examples = [AdjectiveExample]

  private static func isSwapped(_ example: AdjectiveExample) -> Bool {
    (example.sourceAdjective < example.sourceNoun)
      != (example.targetAdjective < example.targetNoun)
  }

  /// Where a row is greatest; nil for a row that is not there.
  private static func link(_ example: AdjectiveExample, _ head: Int, _ row: Int) -> Int? {
    guard (0..<example.cross.shape[1]).contains(row) else { return nil }
    return example.cross[at: head].argmax()[row]
  }

  private static func right(
    _ example: AdjectiveExample, _ head: Int, late: Int = 0
  ) -> (adjective: Bool, noun: Bool) {
    (
      link(example, head, example.targetAdjective + late) == example.sourceAdjective,
      link(example, head, example.targetNoun + late) == example.sourceNoun
    )
  }

  /// The mean of a credit over the examples that count.
  private func misconception(
    _ name: String, says: String?,
    counting counts: @escaping @Sendable (AdjectiveExample) -> Bool = { isSwapped($0) },
    _ credit: @escaping @Sendable (AdjectiveExample, Int) -> Float
  ) -> Misconception {
    Misconception(of: exercise, name, says: says) { (examples: Examples) in
      let counted = examples.filter(counts)
      return (0..<examples[0].cross.shape[0]).map { head in
        counted.reduce(Float(0)) { $0 + credit($1, head) } / Float(counted.count)
      }
    }
  }

  private static let bothRight: @Sendable (AdjectiveExample, Int) -> Float = {
    let words = right($0, $1)
    return words.adjective && words.noun ? 1 : 0
  }

  func testMisconceptionsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception(
        "counts pairs that keep their order", says: "only pairs whose order is swapped count",
        counting: { _ in true }, Self.bothRight),
      misconception(
        "counts only pairs that keep their order", says: "the others show who swaps",
        counting: { !Self.isSwapped($0) }, Self.bothRight),
      misconception(
        "divides by all", says: "divide by the number of swapped pairs", counting: { _ in true }
      ) { Self.isSwapped($0) ? Self.bothRight($0, $1) : 0 },
      misconception("one row late", says: "one row late") {
        let words = Self.right($0, $1, late: 1)
        return words.adjective && words.noun ? 1 : 0
      },
      misconception("one row early", says: "one row early") {
        let words = Self.right($0, $1, late: -1)
        return words.adjective && words.noun ? 1 : 0
      },
      misconception("either word", says: "one of them is not enough") {
        let words = Self.right($0, $1)
        return words.adjective || words.noun ? 1 : 0
      },
      misconception("half a pair", says: "half a pair counts nothing") {
        let words = Self.right($0, $1)
        return (words.adjective ? 0.5 : 0) + (words.noun ? 0.5 : 0)
      },
      misconception("the noun alone", says: "the noun alone") {
        Self.right($0, $1).noun ? 1 : 0
      },
      misconception("the adjective alone", says: "the adjective alone") {
        Self.right($0, $1).adjective ? 1 : 0
      },
      misconception("the mean weight", says: "do not average") { example, head in
        (example.cross[head, example.targetAdjective, example.sourceAdjective]
          + example.cross[head, example.targetNoun, example.sourceNoun]) / 2
      },
      misconception("more than half of a row", says: "half is not needed") { example, head in
        example.cross[head, example.targetAdjective, example.sourceAdjective] > 0.5
          && example.cross[head, example.targetNoun, example.sourceNoun] > 0.5 ? 1 : 0
      },
      misconception("down the columns", says: "down a column") { example, head in
        let readers = example.cross[at: head].transposed().argmax()
        return readers[example.sourceAdjective] == example.targetAdjective
          && readers[example.sourceNoun] == example.targetNoun ? 1 : 0
      },
      misconception("any links that cross", says: "that two links cross is not enough") {
        example, head in
        let links = example.cross[at: head].argmax()
        let adjectiveFirst = links[example.targetAdjective] < links[example.targetNoun]
        return adjectiveFirst == (example.sourceAdjective < example.sourceNoun) ? 1 : 0
      },
      Misconception(of: exercise, "one sentence", says: "one example is counted") {
        (examples: Examples) in
        let first = examples.first(where: Self.isSwapped)!
        return (0..<first.cross.shape[0]).map { Self.bothRight(first, $0) }
      },
      Misconception(of: exercise, "layer and head exchanged", says: "in another order") {
        (examples: Examples) in
        let swapped = examples.filter(Self.isSwapped)
        let heads = examples[0].cross.shape[0]
        func score(_ head: Int) -> Float {
          swapped.reduce(0) { $0 + Self.bothRight($1, head) } / Float(swapped.count)
        }
        // Head after head, two layers each.
        return (0..<heads).map { score($0 % 2 * (heads / 2) + $0 / 2) }
      },
      Misconception(of: exercise, "a count", says: "answer a fraction") { (examples: Examples) in
        (0..<examples[0].cross.shape[0]).map { head in
          examples.filter(Self.isSwapped).reduce(Float(0)) { $0 + Self.bothRight($1, head) }
        }
      },
      Misconception(of: exercise, "one number for all heads", says: "one number for every head") {
        (examples: Examples) in
        examples[0].cross.shape[0] == 1 ? [0] : [Float(0.5)]
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, "loops that count") { (examples: Examples) in
        var right = [Double](repeating: 0, count: examples[0].cross.shape[0])
        var total = 0.0
        for example in examples where Self.isSwapped(example) {
          total += 1
          for head in right.indices {
            func wins(_ row: Int, _ column: Int) -> Bool {
              (0..<example.cross.shape[2]).allSatisfy {
                $0 == column || example.cross[head, row, $0] < example.cross[head, row, column]
              }
            }
            if wins(example.targetAdjective, example.sourceAdjective),
              wins(example.targetNoun, example.sourceNoun)
            {
              right[head] += 1
            }
          }
        }
        return right.map { Float($0 / total) }
      },
      Variant(of: exercise, "a sign of the order, a running mean") { (examples: Examples) in
        var means = [Float](repeating: 0, count: examples[0].cross.shape[0])
        var seen: Float = 0
        for example in examples {
          let order =
            (example.sourceNoun - example.sourceAdjective)
            * (example.targetNoun - example.targetAdjective)
          guard order < 0 else { continue }
          seen += 1
          for head in means.indices {
            means[head] += (Self.bothRight(example, head) - means[head]) / seen
          }
        }
        return means
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testPlantedHeadsScoreAsTheyWereBuilt() {
    for seed in proofSeeds {
      var generator = SeededGenerator(seed: seed)
      for aCase in [
        AttentionSheet.plantedSwaps(using: &generator),
        AttentionSheet.twoWordSwaps(using: &generator),
      ] {
        XCTAssertEqual(SwapCount().scores(of: aCase.question), aCase.key.scores)
        for example in aCase.question {
          XCTAssertFalse(example.hasTie)
          for value in example.cross.sum(axis: 2).values {
            XCTAssertEqual(value, 1, accuracy: 1e-5)
          }
        }
      }
    }
  }

  func testNonsenseEarnsNothing() {
    let answers: [@Sendable (Examples) -> [Float]] = [
      { _ in [] }, { _ in [1] },
      { $0[0].cross.shape[0] == 1 ? [.nan] : .init(repeating: .nan, count: $0[0].cross.shape[0]) },
      { .init(repeating: 1e38, count: $0[0].cross.shape[0]) },
      { .init(repeating: -.infinity, count: $0[0].cross.shape[0]) },
      { .init(repeating: 0, count: $0[0].cross.shape[0]) },
      { .init(repeating: 1, count: $0[0].cross.shape[0]) },
      { .init(repeating: 0.5, count: $0[0].cross.shape[0] + 1) },
    ]
    for answer in answers {
      // Any sentence will do.
      XCTAssertNil(Misconception(of: exercise, "nonsense", says: nil, answer: answer).fault())
    }
  }
}
