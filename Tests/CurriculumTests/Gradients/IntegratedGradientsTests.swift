import Coursework
import Foundation
import Tensors
import XCTest

@testable import GradientsExercises
@testable import GradientsVocabulary

/// Exercise 3.4: what is rejected, what is accepted.
final class IntegratedGradientsTests: XCTestCase {
  private typealias Question = BaselinePath

  private let exercise = GradientsSheet.integratedGradients

  /// The midpoint rule; every part may go wrong.
  private static func scores(
    _ question: Question, from start: Tensor? = nil, at place: (Float) -> Float = { $0 + 0.5 },
    times factor: (_ x: Tensor, _ start: Tensor) -> Tensor = { $0 - $1 }
  ) throws -> [Float] {
    let number = try question.number.number()
    let start = start ?? question.baseline
    var total = Tensor.zeros(start.shape)
    for step in 0..<question.steps {
      let share = place(Float(step)) / Float(question.steps)
      let x = (start + (number.embeddings - start) * share).requiringGradient()
      total += gradient(of: try number(x), withRespectTo: [x])[0]
    }
    return (factor(number.embeddings, question.baseline) * total / Float(question.steps))
      .sum(axis: 1).values
  }

  private static func gap(
    _ question: Question,
    _ combine: (_ sum: Float, _ value: Float, _ start: Float) -> Float = { $0 - ($1 - $2) }
  ) throws -> Float {
    let number = try question.number.number()
    return combine(
      question.scores.reduce(0, +), try number(number.embeddings).scalar,
      try number(question.baseline).scalar)
  }

  private func misconception(
    _ name: String, says: String?, scores: @escaping @Sendable (Question) throws -> [Float]
  ) -> Misconception {
    Misconception(
      of: exercise, in: GradientsAsks.integratedGradients, name, says: says, answer: scores)
  }

  private func misconception(
    _ name: String, says: String?, gap: @escaping @Sendable (Question) throws -> Float
  ) -> Misconception {
    Misconception(of: exercise, in: GradientsAsks.completenessGap, name, says: says, answer: gap)
  }

  func testWrongIntegralsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception(
        "without x − x′", says: "not multiplied by x − x′",
        scores: { try Self.scores($0, times: { x, _ in Tensor(repeating: 1, shape: x.shape) }) }),
      misconception(
        "times x", says: "multiplied by x, and should be by x − x′",
        scores: { try Self.scores($0, times: { x, _ in x }) }),
      misconception(
        "not averaged", says: "divide by the number of steps",
        scores: { question in try Self.scores(question).map { $0 * Float(question.steps) } }),
      misconception(
        "the end alone", says: "at the end of the way alone",
        scores: { question in try Self.scores(question, at: { _ in Float(question.steps) }) }),
      misconception(
        "left ends", says: "where the steps begin", scores: { try Self.scores($0, at: { $0 }) }),
      misconception(
        "right ends", says: "where the steps end", scores: { try Self.scores($0, at: { $0 + 1 }) }),
      misconception(
        "from zero", says: "should begin at the baseline",
        scores: { try Self.scores($0, from: .zeros($0.baseline.shape)) }),
      misconception(
        "x′ − x", says: "wrong sign", scores: { try Self.scores($0, times: { $1 - $0 }) }),
      misconception(
        "two steps from their left ends", says: "the sum of 2 steps, looked at where each begins",
        scores: { question in
          var question = question
          question.steps = 2
          return try Self.scores(question, at: { $0 })
        }),
      misconception(
        "ten steps, whatever is asked for", says: "take as many as `steps` says",
        scores: { question in
          var question = question
          question.steps = 10
          return try Self.scores(question)
        }),
      misconception(
        "both ends", says: "take in both ends",
        scores: { question in
          let last = Float(question.steps - 1)
          return try Self.scores(question, at: { $0 * (last + 1) / last })
        }),
      misconception(
        "the trapezoid rule", says: "the trapezoid rule",
        scores: { question in
          let ends = [
            try Self.scores(question, at: { $0 }), try Self.scores(question, at: { $0 + 1 }),
          ]
          return zip(ends[0], ends[1]).map { ($0 + $1) / 2 }
        }),
      misconception(
        "absolute", says: "the signs are lost", scores: { try Self.scores($0).map(abs) }),
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testWrongGapsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception(
        "the other way round", says: "wrong sign", gap: { try Self.gap($0) { $1 - $2 - $0 } }),
      misconception(
        "without the baseline", says: "the baseline's own number is missing",
        gap: { try Self.gap($0) { sum, value, _ in sum - value } }),
      misconception(
        "the sum", says: "what the scores add up to; take off",
        gap: { try Self.gap($0) { sum, _, _ in sum } }),
      misconception(
        "a share", says: "as a share of the difference",
        gap: { try Self.gap($0) { ($0 - ($1 - $2)) / ($1 - $2) } }),
      misconception(
        "added", says: "the difference is added", gap: { try Self.gap($0) { $0 + ($1 - $2) } }),
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(
        of: exercise, in: GradientsAsks.integratedGradients,
        "from the end of the way, each step on its own, in Double"
      ) { question in
        let number = try question.number.number()
        let difference = number.embeddings - question.baseline
        var sums = [Double](repeating: 0, count: difference.shape[0])
        for step in (0..<question.steps).reversed() {
          let left = Float(1) - (Float(step) + 0.5) / Float(question.steps)
          let x = (number.embeddings - difference * left).requiringGradient()
          let part = difference * gradient(of: try number(x), withRespectTo: [x])[0]
          for row in sums.indices {
            sums[row] += part[at: row].values.reduce(0.0) { $0 + Double($1) }
          }
        }
        return sums.map { Float($0 / Double(question.steps)) }
      },
      Variant(of: exercise, in: GradientsAsks.completenessGap, "in Float") { question in
        try Self.gap(question)
      },
      Variant(of: exercise, in: GradientsAsks.integratedGradients, "a leaf for α x alone") {
        question in
        let number = try question.number.number()
        let difference = number.embeddings - question.baseline
        var scores = Tensor.zeros([difference.shape[0]])
        for step in 0..<question.steps {
          let moved = (difference * ((Float(step) + 0.5) / Float(question.steps)))
            .requiringGradient()
          let slopes = gradient(
            of: try number(moved + question.baseline), withRespectTo: [moved])[0]
          scores += (slopes * difference).sum(axis: 1) / Float(question.steps)
        }
        return scores.values
      },
      Variant(of: exercise, in: GradientsAsks.completenessGap, "in Double") { question in
        let number = try question.number.number()
        let start = Double(try number(question.baseline).scalar)
        let value = Double(try number(number.embeddings).scalar)
        let sum: Double = question.scores.reduce(0) { $0 + Double($1) }
        return Float(sum + start - value)
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  /// Where the integral is known: of a sum that stops at 1 every piece has its share of 1, and of a
  /// product everything adds up.
  func testTheKeyIsTheIntegral() throws {
    var generator = SeededGenerator(seed: 9)
    let (weights, embeddings) = GradientsSheet.saturatedTokens(using: &generator)
    let formula = Formula(kind: .saturating, weights: weights)
    let number = try NumberSource.formula(formula, embeddings: embeddings).number()
    let scores = try PathWork(number, from: .zeros(embeddings.shape), steps: 1000).expected
    for (score, projection) in zip(scores, (weights * embeddings).sum(axis: 1).values) {
      XCTAssertEqual(score, projection / 2.5, accuracy: 2e-3)
    }
    let product = try NumberSource.formula(
      Formula(kind: .product, weights: .randomNormal([3, 2], using: &generator)),
      embeddings: .randomNormal([3, 2], using: &generator)
    ).number()
    let work = try PathWork(product, from: .randomNormal([3, 2], using: &generator), steps: 400)
    XCTAssertEqual(work.expected.reduce(0, +), try work.difference(), accuracy: 1e-3)
  }

  func testNonsenseEarnsNothing() throws {
    for list in [[], [.nan], [0, 0, 0], [Float](repeating: 1e38, count: 4), [-.infinity]] {
      XCTAssertEqual(try exercise.casesPassed(by: list, in: GradientsAsks.integratedGradients), [])
      XCTAssertEqual(
        try exercise.casesPassed(by: list.first ?? .infinity, in: GradientsAsks.completenessGap), []
      )
    }
  }
}
