import Coursework
import Foundation
import IdiomsVocabulary
import Tensors
import XCTest

@testable import IdiomsExercises
@testable import Solution7

/// Exercise 7.4: what is rejected, what is accepted.
final class TheLiteralScoreTests: XCTestCase {
  private typealias Solution = Solution7.Answers

  private func literal(
    _ name: String, says: String?,
    answer: @escaping @Sendable (HeadOnSentence) throws -> ScoreParts?
  ) -> Misconception {
    Misconception(of: IdiomsSheet.theLiteralScore, in: IdiomsAsks.literalScore, name, says: says) {
      (question: ScoreQuestion) in try answer(question.head).map { [$0] } ?? []
    }
  }

  private func agreement(
    _ name: String, says: String?,
    answer: @escaping @Sendable (Tensor, Tensor) throws -> Agreement
  ) -> Misconception {
    Misconception(of: IdiomsSheet.theLiteralScore, in: IdiomsAsks.agreement, name, says: says) {
      (question: ScoreQuestion) in try answer(question.formal, question.literal)
    }
  }

  func testWrongLiteralScoresAreRejectedWithTheirSentence() {
    let nothing = ScoreParts(mean: 0, deviation: 0, greatest: 0, phrase: 0, result: 0, score: 0)
    let misconceptions = [
      literal("the idiom score", says: "this is the idiom score") {
        try Solution().idiomScore(of: $0)
      },
      literal("the span is the phrase", says: "phrase and result are still the span's") { head in
        guard var parts = try Solution().literalScore(of: head) else { return nil }
        let own = try Solution().idiomScore(of: head)
        (parts.phrase, parts.result) = (own.phrase, own.result)
        parts.score = tanh(
          (parts.mean - parts.deviation + parts.greatest + parts.phrase + parts.result) / 2)
        return parts
      },
      literal("zero for nothing", says: "nothing is left to score") {
        try Solution().literalScore(of: $0) ?? nothing
      },
      literal("never a score", says: "there is a score") { _ in nil },
      literal("the plain sum", says: "the plain sum") { head in
        guard var parts = try Solution().literalScore(of: head) else { return nil }
        parts.score = parts.mean - parts.deviation + parts.greatest + parts.phrase + parts.result
        return parts
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  private static func rows(_ table: Tensor) -> [[Double]] {
    (0..<table.shape[0]).map { table[at: $0].values.map(Double.init) }
  }

  /// Variances of rows, dividing by their number less something.
  private static func variances(_ table: Tensor, less: Double = 0) -> [Double] {
    rows(table).map { row in
      row.reduce(0) { $0 + pow($1 - HeadsByHand.mean(row), 2) } / (Double(row.count) - less)
    }
  }

  func testWrongAgreementsAreRejectedWithTheirSentence() {
    @Sendable func own(_ a: Tensor, _ b: Tensor) throws -> Agreement {
      try Solution().agreement(of: a, with: b)
    }
    @Sendable func differences(_ a: Tensor, _ b: Tensor) -> [Double] {
      zip(Self.rows(a), Self.rows(b)).map { HeadsByHand.mean($0) - HeadsByHand.mean($1) }
    }
    let misconceptions = [
      agreement("the sign", says: "formal less literal") { a, b in try own(b, a) },
      agreement("no sign", says: "lost their sign") { a, b in
        var found = try own(a, b)
        found.separations = found.separations.map { abs($0) }
        return found
      },
      agreement("plain differences", says: "differences of means") { a, b in
        Agreement(correlation: try own(a, b).correlation, separations: differences(a, b))
      },
      agreement("samples", says: "one sentence less") { a, b in
        let variances = zip(Self.variances(a, less: 1), Self.variances(b, less: 1))
        return Agreement(
          correlation: try own(a, b).correlation,
          separations: zip(differences(a, b), variances).map {
            $0 / (($1.0 + $1.1) / 2).squareRoot()
          })
      },
      agreement("a t value", says: "a standard error") { a, b in
        let (m, n) = (Double(a.shape[1]), Double(b.shape[1]))
        let variances = zip(Self.variances(a), Self.variances(b))
        return Agreement(
          correlation: try own(a, b).correlation,
          separations: zip(differences(a, b), variances).map {
            $0 / ($1.0 / m + $1.1 / n).squareRoot()
          })
      },
      agreement("r squared", says: "squared") { a, b in
        var found = try own(a, b)
        found.correlation *= found.correlation
        return found
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightLiteralScoresAndAgreementsAreAccepted() {
    let variants = [
      Variant(
        of: IdiomsSheet.theLiteralScore, in: IdiomsAsks.literalScore, "the rest taken as a span"
      ) { (question: ScoreQuestion) -> [ScoreParts] in
        // Pairs within the rest: a smaller pattern of the rest's own rows and columns.
        let head = question.head
        let rest = (0..<head.pattern.shape[0]).filter { !head.span.contains($0) }
        if rest.isEmpty { return [] }
        let inner = HeadOnSentence(
          pattern: head.pattern.gathering(rest).transposed().gathering(rest).transposed(),
          result: head.result.gathering(rest), span: Array(rest.indices))
        return [TheIdiomScoreTests.summed(inner, phrase: inner.span) { _, _ in true }]
      },
      Variant(of: IdiomsSheet.theLiteralScore, in: IdiomsAsks.agreement, "in Float, by sums") {
        (question: ScoreQuestion) -> Agreement in
        let (a, b) = (question.formal, question.literal)
        let (x, y) = (a.mean(axis: 1), b.mean(axis: 1))
        let (u, v) = (x - x.mean(), y - y.mean())
        let r =
          (u * v).sum().scalar / ((u * u).sum().scalar * (v * v).sum().scalar).squareRoot()
        func squares(_ t: Tensor) -> Tensor {
          let centred = t - t.mean(axis: 1, keepingAxis: true)
          return (centred * centred).mean(axis: 1)
        }
        let scale = (squares(a) + squares(b)) / 2
        return Agreement(
          correlation: Double(r),
          separations: zip((x - y).values, scale.values).map { Double($0 / $1.squareRoot()) })
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    XCTAssertNil(literal("nonsense", says: nil) { _ in oddScore }.fault())
    XCTAssertEqual(
      oddLists(6).map { list in
        agreement("nonsense", says: nil) { _, _ in Agreement(correlation: .nan, separations: list) }
      }.faults(), [])
  }
}
