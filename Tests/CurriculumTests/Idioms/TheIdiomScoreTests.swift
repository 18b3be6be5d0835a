import Coursework
import Foundation
import IdiomsVocabulary
import Tensors
import XCTest

@testable import IdiomsExercises
@testable import Solution7

/// Exercise 7.3: what is rejected, what is accepted.
final class TheIdiomScoreTests: XCTestCase {
  private typealias Solution = Solution7.Answers

  private func score(
    _ name: String, says: String?, answer: @escaping @Sendable (HeadOnSentence) throws -> ScoreParts
  ) -> Misconception {
    Misconception(of: IdiomsSheet.theIdiomScore, name, says: says, answer: answer)
  }

  /// A score whose components were changed, through the sigmoid again.
  private static func changed(
    _ head: HeadOnSentence, _ change: (inout ScoreParts) -> Void
  ) throws -> ScoreParts {
    var parts = try Solution().idiomScore(of: head)
    change(&parts)
    parts.score = tanh(
      (parts.mean - parts.deviation + parts.greatest + parts.phrase + parts.result) / 2)
    return parts
  }

  /// The attention of pairs that touch the span, query by query.
  private static func rows(_ head: HeadOnSentence, masked: Bool = false) -> [[Double]] {
    let n = head.pattern.shape[0]
    return (0..<n).map { q in
      (0..<(masked ? n : q + 1)).compactMap { k in
        head.span.contains(q) || head.span.contains(k) ? Double(head.pattern[q, k]) : nil
      }
    }
  }

  /// A score of the pairs that count and of a phrase, pair by pair.
  static func summed(
    _ head: HeadOnSentence, phrase: [Int], counting counts: (Int, Int) -> Bool
  ) -> ScoreParts {
    var (count, sum, squares) = (0.0, 0.0, 0.0)
    var greatest: [Int: Double] = [:]
    for query in 0..<head.pattern.shape[0] {
      for key in 0...query where counts(query, key) {
        let weight = Double(head.pattern[query, key])
        (count, sum, squares) = (count + 1, sum + weight, squares + weight * weight)
        greatest[query] = max(greatest[query] ?? 0, weight)
      }
    }
    var parts = ScoreParts(
      mean: sum / count,
      deviation: max(squares / count - sum * sum / (count * count), 0)
        .squareRoot(), greatest: HeadsByHand.mean(Array(greatest.values)),
      phrase: HeadsByHand.mean(
        phrase.map { query in phrase.reduce(0) { $0 + Double(head.pattern[query, $1]) } }),
      result: Double(head.result.gathering(phrase).mean().scalar), score: 0)
    parts.score = tanh(
      (parts.mean - parts.deviation + parts.greatest + parts.phrase + parts.result) / 2)
    return parts
  }

  func testWrongScoresAreRejectedWithTheirSentence() {
    let misconceptions = [
      score("the plain sum", says: "the plain sum") { head in
        var parts = try Solution().idiomScore(of: head)
        parts.score = parts.mean - parts.deviation + parts.greatest + parts.phrase + parts.result
        return parts
      },
      score("only σ", says: "stretch it") { head in
        var parts = try Solution().idiomScore(of: head)
        parts.score = (parts.score + 1) / 2
        return parts
      },
      score("the deviation added", says: "the deviation was added") { head in
        var parts = try Solution().idiomScore(of: head)
        parts.score = tanh(
          (parts.mean + parts.deviation + parts.greatest + parts.phrase + parts.result) / 2)
        return parts
      },
      score("a sample's deviation", says: "one pair less") { head in
        let count = Double(Self.rows(head).joined().count)
        return try Self.changed(head) { $0.deviation *= (count / (count - 1)).squareRoot() }
      },
      score("the variance", says: "this is the variance") { head in
        try Self.changed(head) { $0.deviation *= $0.deviation }
      },
      score("the greatest of all", says: "the greatest of all pairs") { head in
        try Self.changed(head) { $0.greatest = Self.rows(head).joined().max()! }
      },
      score("phrase over all queries", says: "averaged over all queries") { head in
        try Self.changed(head) { parts in
          parts.phrase = HeadsByHand.mean(
            (0..<head.pattern.shape[0]).map { q in
              head.span.reduce(0) { $0 + Double(head.pattern[q, $1]) }
            })
        }
      },
      score("the result everywhere", says: "over the whole sentence") { head in
        try Self.changed(head) { $0.result = Double(head.result.mean().scalar) }
      },
      score("the result summed", says: "was summed") { head in
        try Self.changed(head) { $0.result *= Double(head.span.count * head.result.shape[1]) }
      },
      score("masked pairs too", says: "behind the query were counted") { head in
        let all = Self.rows(head, masked: true)
        let values = all.flatMap { $0 }
        return try Self.changed(head) { parts in
          parts.mean = HeadsByHand.mean(values)
          parts.deviation = HeadsByHand.mean(values.map { pow($0 - parts.mean, 2) }).squareRoot()
          parts.greatest = HeadsByHand.mean(all.compactMap { $0.max() })
        }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightScoresAreAccepted() {
    let variants = [
      Variant(of: IdiomsSheet.theIdiomScore, "by masks of ones and zeros, in Float") {
        (head: HeadOnSentence) -> ScoreParts in
        let n = head.pattern.shape[0]
        var mask = Tensor.zeros([n, n])
        for q in 0..<n {
          for k in 0...q where head.span.contains(q) || head.span.contains(k) { mask[q, k] = 1 }
        }
        let kept = head.pattern * mask
        let count = mask.sum().scalar
        let mean = kept.sum().scalar / count
        let variance = (kept * kept).sum().scalar / count - mean * mean
        let touching = (0..<n).filter { mask[at: $0].sum().scalar > 0 }
        let greatest =
          touching.reduce(Float(0)) { $0 + kept[at: $1].values.max()! } / Float(touching.count)
        let inner = head.pattern.gathering(head.span).transposed().gathering(head.span)
        let phrase = inner.sum().scalar / Float(head.span.count)
        let result = head.result.gathering(head.span).mean().scalar
        let sum = mean - variance.squareRoot() + greatest + phrase + result
        return ScoreParts(
          mean: Double(mean), deviation: Double(variance.squareRoot()), greatest: Double(greatest),
          phrase: Double(phrase), result: Double(result), score: Double(tanh(sum / 2)))
      },
      Variant(of: IdiomsSheet.theIdiomScore, "pair by pair, by sums of squares") {
        (head: HeadOnSentence) in
        Self.summed(head, phrase: head.span) { query, key in
          !head.span.filter { $0 == query || $0 == key }.isEmpty
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    XCTAssertNil(score("nonsense", says: nil) { _ in oddScore }.fault())
  }
}

/// A score that is none.
let oddScore = ScoreParts(
  mean: .nan, deviation: -1, greatest: .infinity, phrase: 0, result: 1e300, score: 7)
