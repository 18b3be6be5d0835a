import Coursework
import Foundation
import IdiomsVocabulary
import Spans
import Tensors
import Transformers
import XCTest

@testable import IdiomsExercises
@testable import Solution7

/// Exercise 7.10: what is rejected, what is accepted.
final class SimilarPatternsTests: XCTestCase {
  private typealias Solution = Solution7.Answers

  private func likeness(
    _ name: String, says: String?, answer: @escaping @Sendable ([Tensor], [Int]) throws -> Tensor
  ) -> Misconception {
    Misconception(of: IdiomsSheet.similarPatterns, in: IdiomsAsks.likeness, name, says: says) {
      (question: KindsOfPatterns) in try answer(question.patterns, question.kinds)
    }
  }

  /// Means over ordered pairs of a value of two patterns of a head.
  private static func pairs(
    _ patterns: [Tensor], _ kinds: [Int], itself: Bool = false, allAreRandom: Bool = false,
    equal: Bool = true, _ value: (Tensor, Tensor) -> Double
  ) -> Tensor {
    Tensor(
      rows: (0..<patterns[0].shape[0]).map { head in
        var (sums, counts) = ([0.0, 0.0], [0.0, 0.0])
        for a in patterns.indices {
          for b in patterns.indices where a != b || itself {
            guard !equal || patterns[a].shape == patterns[b].shape else { continue }
            let found = value(patterns[a][at: head], patterns[b][at: head])
            let isAlike = kinds[a] == kinds[b]
            // Each pair comes twice, a sentence with itself once.
            let weight = a == b ? 2.0 : 1.0
            for side in (isAlike ? [0] : []) + (!isAlike || allAreRandom ? [1] : []) {
              sums[side] += weight * found
              counts[side] += weight
            }
          }
        }
        return zip(sums, counts).map { Float($0 / $1) }
      })
  }

  private func silhouettes(
    _ name: String, says: String?,
    answer: @escaping @Sendable (Tensor, [Int]) throws -> [Double]
  ) -> Misconception {
    Misconception(of: IdiomsSheet.similarPatterns, in: IdiomsAsks.silhouettes, name, says: says) {
      (question: KindsOfPatterns) in try answer(question.points, question.clusters)
    }
  }

  /// For each point its mean distances to its own and to the other clusters; nil for one alone.
  private static func distances(
    _ points: Tensor, _ clusters: [Int], itself: Bool = false, squared: Bool = false
  ) -> [(own: Double, others: [Double])?] {
    clusters.indices.map { point in
      func mean(_ cluster: Int) -> Double {
        let members = clusters.indices.filter {
          clusters[$0] == cluster && (itself || $0 != point)
        }
        let all = members.map { member -> Double in
          let gap = points[at: member] - points[at: point]
          let square = Double((gap * gap).sum().scalar)
          return squared ? square : square.squareRoot()
        }
        return all.reduce(0, +) / Double(all.count)
      }
      if clusters.count(where: { $0 == clusters[point] }) == 1 { return nil }
      return (
        mean(clusters[point]),
        Set(clusters).subtracting([clusters[point]]).sorted().map(mean)
      )
    }
  }

  func testWrongLikenessIsRejectedWithItsSentence() {
    let misconceptions = [
      likeness("with themselves", says: "paired with themselves") {
        Self.pairs($0, $1, itself: true, HeadsByHand.cosine)
      },
      likeness("all pairs are random", says: "leave out those of one kind") {
        Self.pairs($0, $1, allAreRandom: true, HeadsByHand.cosine)
      },
      likeness("cut", says: "cut to the shorter") { patterns, kinds in
        Self.pairs(patterns, kinds, equal: false) { a, b in
          let count = min(a.shape[0], b.shape[0])
          let cut = [a, b].map { $0.slice(0..<count).slice(axis: 1, 0..<count) }
          return HeadsByHand.cosine(cut[0], cut[1])
        }
      },
      likeness("last queries", says: "only the last queries") { patterns, kinds in
        Self.pairs(patterns, kinds) {
          HeadsByHand.cosine($0[at: $0.shape[0] - 1], $1[at: $1.shape[0] - 1])
        }
      },
      likeness("query by query", says: "cosines of single queries") { patterns, kinds in
        Self.pairs(patterns, kinds) { a, b in
          (0..<a.shape[0]).reduce(0) { $0 + HeadsByHand.cosine(a[at: $1], b[at: $1]) }
            / Double(a.shape[0])
        }
      },
      likeness("products", says: "not divided by lengths") { patterns, kinds in
        Self.pairs(patterns, kinds) { Double(($0 * $1).sum().scalar) }
      },
      likeness("correlations", says: "a correlation, not a cosine") { patterns, kinds in
        Self.pairs(patterns, kinds) { HeadsByHand.cosine($0 - $0.mean(), $1 - $1.mean()) }
      },
      likeness("exchanged", says: "exchanged") { patterns, kinds in
        let found = Self.pairs(patterns, kinds, HeadsByHand.cosine)
        return Tensor.stack([found.transposed()[at: 1], found.transposed()[at: 0]]).transposed()
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testWrongSilhouettesAreRejectedWithTheirSentence() {
    let misconceptions = [
      silhouettes("the sign", says: "the sign is wrong") {
        try Solution().silhouettes(of: $0, clusters: $1).map { -$0 }
      },
      silhouettes("alone is 1", says: "has the silhouette 0") { points, clusters in
        Self.distances(points, clusters).map { found in
          found.map { ($0.others.min()! - $0.own) / max($0.others.min()!, $0.own) } ?? 1
        }
      },
      silhouettes("squares", says: "take roots") { points, clusters in
        Self.distances(points, clusters, squared: true).map { found in
          found.map { ($0.others.min()! - $0.own) / max($0.others.min()!, $0.own) } ?? 0
        }
      },
      silhouettes("with itself", says: "at distance 0") { points, clusters in
        Self.distances(points, clusters, itself: true).map { found in
          found.map { ($0.others.min()! - $0.own) / max($0.others.min()!, $0.own) } ?? 0
        }
      },
      silhouettes("the farthest", says: "the nearest one competes") { points, clusters in
        Self.distances(points, clusters).map { found in
          found.map { ($0.others.max()! - $0.own) / max($0.others.max()!, $0.own) } ?? 0
        }
      },
      silhouettes("not divided", says: "was not divided") { points, clusters in
        Self.distances(points, clusters).map { found in
          found.map { $0.others.min()! - $0.own } ?? 0
        }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightSimilaritiesAreAccepted() {
    let exercise = IdiomsSheet.similarPatterns
    let variants = [
      Variant(of: exercise, in: IdiomsAsks.likeness, "over ordered pairs, in Float") {
        (question: KindsOfPatterns) in
        Self.pairs(question.patterns, question.kinds, HeadsByHand.cosine)
      },
      Variant(of: exercise, in: IdiomsAsks.likeness, "of what may be attended to alone") {
        (question: KindsOfPatterns) in
        // Zeros behind the query add nothing to a cosine.
        Self.pairs(question.patterns, question.kinds) { a, b in
          func lower(_ pattern: Tensor) -> Tensor {
            .concatenation(
              (0..<pattern.shape[0]).map { pattern[at: $0].slice(0..<($0 + 1)) }, axis: 0)
          }
          return HeadsByHand.cosine(lower(a), lower(b))
        }
      },
      Variant(of: exercise, in: IdiomsAsks.silhouettes, "by the library") {
        (question: KindsOfPatterns) in
        try Silhouette.values(question.points, labels: question.clusters).map(Double.init)
      },
      Variant(of: exercise, in: IdiomsAsks.silhouettes, "by cases") {
        (question: KindsOfPatterns) in
        Self.distances(question.points, question.clusters).map { found in
          guard let found else { return 0 }
          let b = found.others.min()!
          return found.own < b ? 1 - found.own / b : b / found.own - 1
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    XCTAssertEqual(
      oddLists(7).map { list in silhouettes("nonsense", says: nil) { _, _ in list } }.faults(), [])
    XCTAssertEqual(
      oddTensors.map { tensor in likeness("nonsense", says: nil) { _, _ in tensor } }.faults(), [])
  }
}
