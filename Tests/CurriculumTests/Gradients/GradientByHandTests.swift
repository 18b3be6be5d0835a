import Coursework
import Foundation
import Tensors
import XCTest

@testable import GradientsExercises
@testable import GradientsVocabulary

/// Exercise 3.1: what is rejected, what is accepted.
final class GradientByHandTests: XCTestCase {
  private typealias Question = ClassifiedInput

  private let exercise = GradientsSheet.gradientByHand

  /// The model forward, and back unit by unit; each closure may go wrong.
  private static func gradient(
    _ question: Question,
    logits: (_ p: [Double], _ target: Int) -> [Double] = { p, target in
      p.indices.map { ($0 == target ? 1 : 0) - p[$0] }
    },
    gate: (Double) -> Double = { $0 > 0 ? 1 : 0 }
  ) -> [Double] {
    let model = question.model
    var before = model.inputBias
    for (unit, row) in model.inputWeight.enumerated() {
      for (input, weight) in row.enumerated() { before[unit] += weight * question.input[input] }
    }
    var p = model.outputWeight.map { row in
      exp(row.indices.reduce(0) { $0 + row[$1] * max(before[$1], 0) })
    }
    let total = p.reduce(0, +)
    p = p.map { $0 / total }
    var result = question.input.map { _ in 0.0 }
    for (upstream, row) in zip(logits(p, question.target), model.outputWeight) {
      for unit in row.indices {
        let back = upstream * row[unit] * gate(before[unit])
        for input in result.indices { result[input] += back * model.inputWeight[unit][input] }
      }
    }
    return result
  }

  /// What moves in the logits when one input moves, and what that does to log p.
  private static func forwards(_ question: Question) -> [Double] {
    let (w, b, u) = (
      question.model.inputWeight, question.model.inputBias, question.model.outputWeight
    )
    let before = b.indices.map { unit in
      question.input.indices.reduce(b[unit]) { $0 + w[unit][$1] * question.input[$1] }
    }
    let logits = u.map { row in before.indices.reduce(0) { $0 + row[$1] * max(before[$1], 0) } }
    let weights = logits.map { exp($0 - logits.max()!) }
    return question.input.indices.map { input in
      let moved = u.map { row in
        before.indices.reduce(0) { $0 + (before[$1] > 0 ? row[$1] * w[$1][input] : 0) }
      }
      let mean = zip(weights, moved).reduce(0) { $0 + $1.0 * $1.1 } / weights.reduce(0, +)
      return moved[question.target] - mean
    }
  }

  /// The gradient as the tensors' own differentiation takes it.
  private static func byMachine(_ question: Question) -> [Double] {
    func tensor(_ rows: [[Double]]) -> Tensor { Tensor(rows: rows.map { $0.map { Float($0) } }) }
    let x = tensor([question.input]).requiringGradient()
    let bias = tensor([question.model.inputBias])
    let hidden = (x.matmul(transposing: tensor(question.model.inputWeight)) + bias).relu()
    let loss = hidden.matmul(transposing: tensor(question.model.outputWeight))
      .crossEntropy(targets: [question.target])
    return Tensors.gradient(of: loss, withRespectTo: [x])[0].values.map { -Double($0) }
  }

  private func misconception(
    _ name: String, says: String?, _ answer: @escaping @Sendable (Question) -> [Double]
  ) -> Misconception {
    Misconception(of: exercise, name, says: says, answer: answer)
  }

  func testMisconceptionsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("of the loss", says: "has the wrong sign") {
        Self.gradient($0).map { -$0 }
      },
      misconception("without the relu", says: "relu is missing on the way back") {
        Self.gradient($0, gate: { _ in 1 })
      },
      misconception("of the logit", says: "gradient of the logit") {
        Self.gradient($0, logits: { p, target in p.indices.map { $0 == target ? 1 : 0 } })
      },
      misconception("of the probability", says: "gradient of the probability") {
        Self.gradient(
          $0,
          logits: { p, target in p.indices.map { p[target] * (($0 == target ? 1 : 0) - p[$0]) } })
      },
      misconception("forgets the one", says: "forgets the 1 at the target") {
        Self.gradient($0, logits: { p, _ in p.map { -$0 } })
      },
      misconception("multiplies the relu's value in", says: "slope is 1 where a unit is on") {
        Self.gradient($0, gate: { max($0, 0) })
      },
      misconception("stops at the hidden layer", says: "one step is left") { question in
        question.model.inputBias.map { _ in 0 }
      },
      misconception("nothing", says: "every entry is 0") { $0.input.map { _ in 0 } },
      misconception("by machine", says: "right to the digits of a Float") { Self.byMachine($0) },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  /// Where a model is nearly sure its gradient is small, and a wrong one is told by its own sentence all
  /// the same.
  func testASmallGradientIsJudgedByItsOwnSize() throws {
    for seed in proofSeeds {
      let aCase = try XCTUnwrap(
        try exercise.cases(seed: seed).first { $0.name.contains("nearly sure") })
      let question = try JSONDecoder().decode(Question.self, from: aCase.question)
      let right = Self.gradient(question)
      for (answer, sentence) in [
        (right.map { -$0 }, "wrong sign"), (right.map { _ in 0 }, "every entry is 0"),
        (Self.gradient(question, gate: { _ in 1 }), "relu is missing"),
      ] {
        let verdict = try XCTUnwrap(
          try exercise.verdicts(on: answer, seed: seed).first { $0.name == aCase.name }?.verdict)
        XCTAssertTrue(verdict.message.contains(sentence), "\(seed): \(verdict.message)")
      }
    }
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, "unit by unit") { Self.gradient($0) },
      Variant(of: exercise, "forwards, one input at a time") { Self.forwards($0) },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  /// What answers are held against, held against small steps in double precision itself.
  func testTheKeyEqualsFiniteDifferences() throws {
    for encoded in try exercise.cases(seed: 3) {
      let question = try JSONDecoder().decode(Question.self, from: encoded.question)
      let gradient = HandWork(question).gradient()
      for input in gradient.indices {
        func logProbability(_ step: Double) -> Double {
          var moved = question
          moved.input[input] += step
          return log(HandWork(moved).probability)
        }
        let slope = (logProbability(1e-5) - logProbability(-1e-5)) / 2e-5
        XCTAssertEqual(gradient[input], slope, accuracy: 1e-6 * max(1, abs(slope)), encoded.name)
      }
    }
  }

  func testNonsenseEarnsNothing() {
    let answers: [@Sendable (Question) -> [Double]] = [
      { _ in [] }, { _ in [.nan] }, { _ in Array(repeating: 0, count: 24) },
      { $0.input.map { _ in .nan } }, { $0.input.map { _ in 1e300 } },
      { $0.input.map { _ in -.infinity } },
    ]
    for answer in answers {
      XCTAssertNil(misconception("nonsense", says: nil, answer).fault())
    }
  }
}
