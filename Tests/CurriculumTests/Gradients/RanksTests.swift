import Coursework
import Foundation
import Tensors
import XCTest

@testable import GradientsExercises
@testable import GradientsVocabulary

/// Exercise 3.9: what is rejected, what is accepted.
final class RanksTests: XCTestCase {
  private typealias Question = ScoresToRank

  private let exercise = GradientsSheet.attentionAgainstGradients

  /// Pearson's correlation from sums; without spread 0.
  private static func pearson(_ x: [Float], _ y: [Float], without nothing: Float = 0) -> Float {
    let n = Double(x.count)
    let (a, b) = (x.map(Double.init), y.map(Double.init))
    let (meanA, meanB) = (a.reduce(0, +) / n, b.reduce(0, +) / n)
    var (ab, aa, bb) = (0.0, 0.0, 0.0)
    for (u, v) in zip(a, b) {
      ab += (u - meanA) * (v - meanB)
      aa += (u - meanA) * (u - meanA)
      bb += (v - meanB) * (v - meanB)
    }
    return aa > 0 && bb > 0 ? Float(ab / (aa * bb).squareRoot()) : nothing
  }

  /// Ranks from a sorted list; a run of equals is given what `share` makes of its first and last rank.
  private static func ranks(
    _ values: [Float], share: (Int, Int) -> Float = { Float($0 + $1) / 2 }
  ) -> [Float] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Float](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
      for place in start...end { ranks[order[place]] = share(start, end) }
      start = end + 1
    }
    return ranks
  }

  /// Ranks where equals come one after the other.
  private static func inTurn(_ values: [Float]) -> [Float] {
    var ranks = [Float](repeating: 0, count: values.count)
    for (rank, place) in sorted(values).enumerated() { ranks[place] = Float(rank) }
    return ranks
  }

  private static func sorted(_ values: [Float]) -> [Int] {
    values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
  }

  private static func spearman(_ x: [Float], _ y: [Float]) -> Float {
    pearson(ranks(x), ranks(y))
  }

  private static func correlations(
    _ question: Question,
    _ correlation: (_ x: [Float], _ y: [Float]) -> Float = { spearman($0, $1) }
  ) -> [Float] {
    question.pairs.map { correlation($0.x, $0.y) }
  }

  /// The picks by the greatest value of each method.
  private static func picks(
    _ question: Question,
    _ value: (_ sentences: [MethodScores], _ name: String) -> Float = { mean($0, $1) }
  ) -> [String] {
    question.sets.map { sentences in
      sentences[0].methods.keys.max { value(sentences, $0) < value(sentences, $1) }!
    }
  }

  private static func mean(
    _ sentences: [MethodScores], _ name: String, absolute: Bool = true,
    by correlation: ([Float], [Float]) -> Float = { spearman($0, $1) }
  ) -> Float {
    let values = sentences.map { sentence in
      let (scores, occlusion) = (sentence.methods[name]!, sentence.occlusion)
      return absolute
        ? correlation(scores.map { abs($0) }, occlusion.map { abs($0) })
        : correlation(scores, occlusion)
    }
    return values.reduce(0, +) / Float(values.count)
  }

  private func misconception(
    _ name: String, says: String?, correlations: @escaping @Sendable (Question) throws -> [Float]
  ) -> Misconception {
    Misconception(
      of: exercise, in: GradientsAsks.rankCorrelation, name, says: says, answer: correlations)
  }

  private func misconception(
    _ name: String, says: String?, picks: @escaping @Sendable (Question) throws -> [String]
  ) -> Misconception {
    Misconception(of: exercise, in: GradientsAsks.mostFaithful, name, says: says, answer: picks)
  }

  func testWrongCorrelationsAreRejectedWithTheirSentence() {
    func ranked(
      _ name: String, says: String?, _ rank: @escaping @Sendable ([Float]) -> [Float]
    ) -> Misconception {
      misconception(
        name, says: says,
        correlations: { Self.correlations($0) { Self.pearson(rank($0), rank($1)) } })
    }
    let misconceptions = [
      misconception(
        "values", says: "Pearson's correlation of the values",
        correlations: { Self.correlations($0) { Self.pearson($0, $1) } }),
      ranked("in turn", says: "they were given different ones") { Self.inTurn($0) },
      ranked("lowest rank", says: "not the lowest of them") {
        Self.ranks($0, share: { first, _ in Float(first) })
      },
      ranked("dense ranks", says: "does not follow at once") { values in
        values.map { value in Float(Set(values).count { $0 < value }) }
      },
      ranked("sorting order", says: "the other way round") { Self.sorted($0).map { Float($0) } },
      misconception(
        "short formula", says: "holds only where no values are equal",
        correlations: {
          Self.correlations($0) { x, y in
            let n = Float(x.count)
            let squares = zip(Self.ranks(x), Self.ranks(y)).reduce(Float(0)) {
              $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
            }
            return 1 - 6 * squares / (n * (n * n - 1))
          }
        }),
      misconception(
        "absolute", says: "keeps its sign",
        correlations: { Self.correlations($0).map { abs($0) } }),
      misconception(
        "no spread", says: "is NaN",
        correlations: {
          Self.correlations($0) { Self.pearson(Self.ranks($0), Self.ranks($1), without: .nan) }
        }),
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testWrongPicksAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception(
        "signed", says: "compared with their signs",
        picks: { Self.picks($0) { Self.mean($0, $1, absolute: false) } }),
      misconception(
        "least like", says: "least like occlusion",
        picks: { Self.picks($0) { -Self.mean($0, $1) } }),
      misconception(
        "pooled", says: "ranked as one list",
        picks: {
          Self.picks($0) { sentences, name in
            Self.spearman(
              sentences.flatMap { $0.methods[name]!.map { abs($0) } },
              sentences.flatMap { $0.occlusion.map { abs($0) } })
          }
        }),
      misconception(
        "best once", says: "the best in a single sentence",
        picks: {
          Self.picks($0) { sentences, name in
            sentences.map { Self.mean([$0], name) }.max()!
          }
        }),
      misconception(
        "sizes", says: "compares sizes",
        picks: { Self.picks($0) { Self.mean($0, $1, by: { Self.pearson($0, $1) }) } }),
      misconception(
        "a name of one's own", says: "not among the sentence's methods",
        picks: { $0.sets.map { _ in "gradients" } }),
      misconception(
        "always the first", says: "the method is wrong for",
        picks: { $0.sets.map { $0[0].methods.keys.sorted()[0] } }),
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    @Sendable func correlation(_ x: [Float], _ y: [Float]) -> Float {
      func centred(_ values: [Float]) -> [Float] {
        let ranks = values.map { value in
          values.reduce(Float(0.5)) { $0 + ($1 < value ? 1 : $1 == value ? 0.5 : 0) }
        }
        let mean = ranks.reduce(0, +) / Float(ranks.count)
        return ranks.map { $0 - mean }
      }
      let (a, b) = (Tensor(centred(x)), Tensor(centred(y)))
      let lengths = ((a * a).sum() * (b * b).sum()).squareRoot().scalar
      return lengths == 0 ? 0 : (a * b).sum().scalar / lengths
    }
    let variants = [
      Variant(
        of: exercise, in: GradientsAsks.rankCorrelation,
        "runs in a sorted list, Pearson from sums in Double"
      ) { Self.correlations($0) },
      Variant(of: exercise, in: GradientsAsks.mostFaithful, "by ranks of runs") { Self.picks($0) },
      Variant(
        of: exercise, in: GradientsAsks.rankCorrelation,
        "ranks from 1, by cosines of centred ranks"
      ) { Self.correlations($0, correlation) },
      Variant(of: exercise, in: GradientsAsks.mostFaithful, "by cosines, methods by name") {
        question in
        question.sets.map { sentences in
          var best = ("", -Float.infinity)
          for name in sentences[0].methods.keys.sorted() {
            let value = Self.mean(sentences, name, by: correlation)
            if value > best.1 { best = (name, value) }
          }
          return best.0
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  /// Ranks with equals, and a correlation, worked by hand.
  func testTheKeyIsWhatPaperSays() {
    XCTAssertEqual(RankWork.ranks([3, 1, 3, 7]), [1.5, 0, 1.5, 3])
    // Ranks 0, 1, 2 and 1, 0, 2: deviations −1, 0, 1 and 0, −1, 1; product 1, squares 2 and 2.
    XCTAssertEqual(RankWork.spearman([1, 5, 9], [4, 2, 100]), 0.5, accuracy: 1e-12)
    XCTAssertEqual(RankWork.spearman([1, 5, 9], [4, 4, 4]), 0)
  }

  func testHalfAnAnswerEarnsHalf() {
    struct Half: GradientsAnswersStub {
      func rankCorrelation(_ x: [Float], _ y: [Float]) throws -> Float {
        RanksTests.spearman(x, y)
      }
    }
    let result = Checker.check(exercise, Half())
    XCTAssertEqual(result.points, 2)
    XCTAssertTrue(result.message.contains("`mostFaithful` is not answered yet"), result.message)
  }

  func testNonsenseEarnsNothing() throws {
    for list in [[], [.nan], [0, 0, 0, 0], [Float](repeating: 1e38, count: 6), [-.infinity]] {
      XCTAssertEqual(try exercise.casesPassed(by: list, in: GradientsAsks.rankCorrelation), [])
      XCTAssertEqual(
        try exercise.casesPassed(by: list.map { "\($0)" }, in: GradientsAsks.mostFaithful), [])
    }
  }
}
