import Coursework
import Foundation
import Heads
import IdiomsVocabulary
import Interpretability
import Interventions
import Spans
import Tensors
import Transformers
import XCTest

@testable import IdiomsExercises
@testable import Solution7

/// Exercise 7.11: what is rejected, what is accepted.
final class ScoreAgainstImportanceTests: XCTestCase {
  private typealias Solution = Solution7.Answers

  private func foresight(
    _ name: String, says: String?,
    answer: @escaping @Sendable ([Double], [Double]) throws -> Double
  ) -> Misconception {
    Misconception(
      of: IdiomsSheet.scoreAgainstImportance, in: IdiomsAsks.foresight, name, says: says
    ) {
      (question: ForecastQuestion) in try answer(question.score, question.effect)
    }
  }

  private static func pearson(_ x: [Double], _ y: [Double]) -> Double {
    let (a, b) = (HeadsByHand.mean(x), HeadsByHand.mean(y))
    let product = zip(x, y).reduce(0) { $0 + ($1.0 - a) * ($1.1 - b) }
    let squares =
      x.reduce(0) { $0 + ($1 - a) * ($1 - a) } * y.reduce(0) { $0 + ($1 - b) * ($1 - b) }
    return product / squares.squareRoot()
  }

  /// Ranks by a stable sort, equal values in the order in which they stand.
  private static func ordinal(_ values: [Double]) -> [Double] {
    var ranks = values
    for (rank, place) in values.indices.sorted(by: { (values[$0], $0) < (values[$1], $1) })
      .enumerated()
    {
      ranks[place] = Double(rank)
    }
    return ranks
  }

  func testWrongForesightsAreRejectedWithTheirSentence() {
    let misconceptions = [
      foresight("Pearson", says: "rank them first") { Self.pearson($0, $1) },
      foresight("ties by order", says: "equal values got different ranks") {
        Self.pearson(Self.ordinal($0), Self.ordinal($1))
      },
      foresight("least ranks", says: "the least of their ranks") { a, b in
        func ranks(_ values: [Double]) -> [Double] {
          values.map { value in Double(values.count { $0 < value }) }
        }
        return Self.pearson(ranks(a), ranks(b))
      },
      foresight("the other way round", says: "the other way round") {
        -(try Solution().foresight(of: $0, for: $1))
      },
      foresight("Kendall", says: "Kendall") { a, b in
        var (sum, count) = (0.0, 0.0)
        for i in a.indices {
          for j in a.indices where j < i {
            let product = (a[i] - a[j]) * (b[i] - b[j])
            sum += product > 0 ? 1 : product < 0 ? -1 : 0
            count += 1
          }
        }
        return sum / count
      },
      foresight("sorted places", says: "places in the sorted list") { a, b in
        func places(_ values: [Double]) -> [Double] {
          values.indices.sorted { (values[$0], $0) < (values[$1], $1) }.map(Double.init)
        }
        return Self.pearson(places(a), places(b))
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  private func quality(
    _ name: String, says: String?,
    answer: @escaping @Sendable (ForecastQuestion) throws -> Quality
  ) -> Misconception {
    Misconception(
      of: IdiomsSheet.scoreAgainstImportance, in: IdiomsAsks.quality, name, says: says,
      answer: answer)
  }

  private static func quality(
    _ question: ForecastQuestion, scores: Tensor? = nil, count: Int? = nil
  ) throws -> Quality {
    try Solution().quality(
      without: count ?? question.count, by: scores ?? question.scores, on: question.sentences,
      in: try question.model.made())
  }

  /// Qualities of sentences with the chosen heads gone, coded by products with masks.
  private static func sentences(_ question: ForecastQuestion, shift: Int = 1) throws -> [[Quality]]
  {
    let scores = question.scores
    let all = (0..<6).flatMap { layer in (0..<4).map { (layer, $0, scores[layer, $0]) } }
    let chosen = all.sorted { $0.2 > $1.2 }.prefix(question.count)
    let byLayer = Dictionary(grouping: chosen, by: \.0).mapValues { Set($0.map(\.1)) }
    let heads = HeadQuestion(model: question.model, heads: [], sentences: question.sentences)
    return try HeadsByHand.predictions(heads, at: Set(byLayer.keys), shift: shift) { layer, mixed in
      HeadsByHand.without(byLayer[layer]!, mixed)
    }.map { $0.map { Quality(accuracy: $0.choice == $0.token ? 1 : 0, loss: $0.loss) } }
  }

  private static func mean(_ qualities: some Sequence<Quality>) -> Quality {
    let all = Array(qualities)
    return Quality(
      accuracy: HeadsByHand.mean(all.map(\.accuracy)), loss: HeadsByHand.mean(all.map(\.loss)))
  }

  func testWrongQualitiesAreRejectedWithTheirSentence() {
    let misconceptions = [
      quality("the least", says: "of the least scores") {
        try Self.quality($0, scores: -$0.scores)
      },
      quality("sizes", says: "without its sign") { question in
        let sizes = Tensor(question.scores.values.map { abs($0) }, shape: question.scores.shape)
        return try Self.quality(question, scores: sizes)
      },
      quality("none", says: "nothing was zeroed") { try Self.quality($0, count: 0) },
      quality("one more", says: "one head too many") {
        try Self.quality($0, count: $0.count + 1)
      },
      quality("one by one", says: "in one run") { question in
        Self.mean(
          try (0..<question.count).map { place in
            let chosen = question.scores.values.sorted(by: >)[place]
            let only = Tensor(
              question.scores.values.map { $0 == chosen ? 1 : 0 }, shape: question.scores.shape)
            return try Self.quality(question, scores: only, count: 1)
          })
      },
      quality("means of sentences", says: "every predicted token counts alike") { question in
        Self.mean(try Self.sentences(question).map { Self.mean($0) })
      },
      quality("wrong ones", says: "the share that is wrong") { question in
        var found = try Self.quality(question)
        found.accuracy = 1 - found.accuracy
        return found
      },
      quality("token i", says: "stands there already") { question in
        Self.mean(try Self.sentences(question, shift: 0).joined())
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightForecastsAreAccepted() {
    let variants = [
      Variant(of: IdiomsSheet.scoreAgainstImportance, in: IdiomsAsks.foresight, "by the library") {
        (question: ForecastQuestion) in spearman(question.score, question.effect)!
      },
      Variant(of: IdiomsSheet.scoreAgainstImportance, in: IdiomsAsks.foresight, "by pairs") {
        (question: ForecastQuestion) in
        // A rank is half of the signs of all differences, and a constant.
        func ranks(_ values: [Double]) -> [Double] {
          values.map { value in
            values.reduce(0) { $0 + (value > $1 ? 0.5 : value < $1 ? -0.5 : 0) }
          }
        }
        return Self.pearson(ranks(question.score), ranks(question.effect))
      },
      Variant(of: IdiomsSheet.scoreAgainstImportance, in: IdiomsAsks.quality, "by the library") {
        (question: ForecastQuestion) in
        let order = question.scores.values.indices.sorted {
          question.scores.values[$0] > question.scores.values[$1]
        }
        let sentences = try question.sentences.map {
          try SpanTokens(tokens: $0, span: [$0.count - 1])
        }
        let found = try SpanAblation(try question.model.made(), sentences, kind: .zero)
          .effects(of: [
            order.prefix(question.count).map { HeadAddress(.blocks, layer: $0 / 4, head: $0 % 4) }
          ]).effects[0].scores.all
        return Quality(accuracy: found.accuracy, loss: found.loss)
      },
      Variant(of: IdiomsSheet.scoreAgainstImportance, in: IdiomsAsks.quality, "by masks") {
        (question: ForecastQuestion) in
        Self.mean(try Self.sentences(question).joined())
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    for number in [Double.nan, -1e300] {
      XCTAssertNil(foresight("nonsense", says: nil) { _, _ in number }.fault())
      XCTAssertNil(
        quality("nonsense", says: nil) { _ in Quality(accuracy: number, loss: number) }.fault())
    }
  }
}
