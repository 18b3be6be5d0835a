import Coursework
import Foundation
import Interpretability
import Tensors
import XCTest

@testable import GradientsExercises
@testable import GradientsVocabulary

/// Exercise 3.2: what is rejected, what is accepted.
final class SaliencyTests: XCTestCase {
  private typealias Question = NumberCoordinates

  private let exercise = GradientsSheet.saliency

  private static func gradients(_ number: PredictedNumber) throws -> Tensor {
    let x = number.embeddings.requiringGradient()
    return gradient(of: try number(x), withRespectTo: [x])[0]
  }

  /// Slopes by small steps; `step` moves an embedding.
  private static func slopes(
    _ question: Question, over distance: Float = 0.02,
    moving: (inout Tensor, EmbeddingCoordinate, Float) -> Void = { x, place, sign in
      x[place.position, place.column] += sign * 0.01
    }
  ) throws -> [Float] {
    let number = try question.number.number()
    return try question.places.map { place in
      func value(_ sign: Float) throws -> Float {
        var x = number.embeddings
        moving(&x, place, sign)
        return try number(x).scalar
      }
      return (try value(1) - value(-1)) / distance
    }
  }

  /// Lengths of the gradient's rows; `reduce` makes one number of a row.
  private static func saliency(
    _ question: Question,
    _ reduce: ([Float]) -> Float = { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }
  ) throws -> [Float] {
    let gradients = try gradients(try question.number.number())
    return (0..<gradients.shape[0]).map { reduce(gradients[at: $0].values) }
  }

  private func misconception(
    _ name: String, says: String?, slopes: @escaping @Sendable (Question) throws -> [Float]
  ) -> Misconception {
    Misconception(of: exercise, in: GradientsAsks.slope, name, says: says, answer: slopes)
  }

  private func misconception(
    _ name: String, says: String?, saliency: @escaping @Sendable (Question) throws -> [Float]
  ) -> Misconception {
    Misconception(of: exercise, in: GradientsAsks.saliency, name, says: says, answer: saliency)
  }

  func testWrongSlopesAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception(
        "divides by h", says: "twice too steep", slopes: { try Self.slopes($0, over: 0.01) }),
      misconception(
        "one side, divided by 2h", says: "half of what it should be",
        slopes: { question in try Self.slopes(question, over: 0.04) }),
      misconception(
        "behind minus ahead", says: "wrong sign", slopes: { try Self.slopes($0, over: -0.02) }),
      misconception(
        "a step too small for a Float", says: "Float cannot hold it",
        slopes: {
          try Self.slopes($0) { x, place, sign in x[place.position, place.column] += sign * 1e-9 }
        }),
      misconception("no division", says: "far too small", slopes: { try Self.slopes($0, over: 1) }),
      misconception(
        "moves the whole embedding", says: "the whole embedding was moved",
        slopes: {
          try Self.slopes($0) { x, place, sign in
            for column in 0..<x.shape[1] { x[place.position, column] += sign * 0.01 }
          }
        }),
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testWrongSaliencyIsRejectedWithItsSentence() {
    let misconceptions = [
      misconception(
        "no root", says: "the root is not taken",
        saliency: { try Self.saliency($0) { $0.reduce(0) { $0 + $1 * $1 } } }),
      misconception(
        "sum", says: "and cancel", saliency: { try Self.saliency($0) { $0.reduce(0, +) } }),
      misconception(
        "absolute values", says: "absolute values are added",
        saliency: { try Self.saliency($0) { $0.reduce(0) { $0 + abs($1) } } }),
      misconception(
        "greatest", says: "greatest coordinate",
        saliency: { try Self.saliency($0) { $0.map(abs).max()! } }),
      misconception(
        "root mean square", says: "root of the mean square",
        saliency: { question in
          try Self.saliency(question) { row in
            (row.reduce(0) { $0 + $1 * $1 } / Float(row.count)).squareRoot()
          }
        }),
      misconception(
        "normalised", says: "made to sum to 1",
        saliency: { question in
          let scores = try Self.saliency(question)
          return scores.map { $0 / scores.reduce(0, +) }
        }),
      misconception(
        "every coordinate", says: "a number for every coordinate",
        saliency: { try Self.gradients(try $0.number.number()).values }),
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, in: GradientsAsks.slope, "one side, a smaller step") { question in
        let number = try question.number.number()
        let here = try number(number.embeddings).scalar
        return try question.places.map { place in
          var x = number.embeddings
          x[place.position, place.column] += 0.005
          return (try number(x).scalar - here) / 0.005
        }
      },
      Variant(of: exercise, in: GradientsAsks.saliency, "lengths in loops") { question in
        let gradients = try Self.gradients(try question.number.number())
        var lengths: [Float] = []
        for position in 0..<gradients.shape[0] {
          var sum = 0.0
          for column in 0..<gradients.shape[1] {
            sum += Double(gradients[position, column]) * Double(gradients[position, column])
          }
          lengths.append(Float(sum.squareRoot()))
        }
        return lengths
      },
      Variant(of: exercise, in: GradientsAsks.slope, "slopes by machine") { question in
        let gradients = try Self.gradients(try question.number.number())
        return question.places.map { gradients[$0.position, $0.column] }
      },
      Variant(of: exercise, in: GradientsAsks.saliency, "saliency by the library") { question in
        EmbeddingValues(source: try Self.gradients(try question.number.number())).norms.source
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  /// The library's gradients, which answers are held against, equal small steps of the number.
  func testTheKeyEqualsFiniteDifferences() throws {
    for encoded in try exercise.cases(seed: 11) {
      let question = try JSONDecoder().decode(Question.self, from: encoded.question)
      let gradients = try question.number.knownGradients()
      for (place, slope) in zip(question.places, try Self.slopes(question)) {
        let wanted = gradients[place.position, place.column]
        XCTAssertEqual(slope, wanted, accuracy: 0.04 * abs(wanted), encoded.name)
      }
      XCTAssertLessThan(encoded.question.count, 20_000)
    }
  }

  func testHalfAnAnswerEarnsHalf() {
    struct Half: GradientsAnswersStub {
      func saliency(of number: PredictedNumber) throws -> [Float] {
        EmbeddingValues(source: try SaliencyTests.gradients(number)).norms.source
      }
    }
    let result = Checker.check(exercise, Half())
    XCTAssertEqual(result.points, 2.5)
    XCTAssertTrue(result.message.contains("`slope` is not answered yet"), result.message)
  }

  func testNonsenseEarnsNothing() throws {
    for list in [
      [], [.nan], [0, 0, 0], [1e38, -1e38, 1e38], [Float](repeating: .infinity, count: 3),
    ] {
      XCTAssertEqual(try exercise.casesPassed(by: list, in: GradientsAsks.slope), [])
      XCTAssertEqual(try exercise.casesPassed(by: list, in: GradientsAsks.saliency), [])
    }
  }
}
