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

  /// The model forward, and back by matrices; each closure may go wrong.
  private static func gradient(
    _ question: Question,
    logits: (_ p: [Float], _ target: Int) -> [Float] = { p, target in
      p.indices.map { ($0 == target ? 1 : 0) - p[$0] }
    },
    gate: (Float) -> Float = { $0 > 0 ? 1 : 0 }
  ) -> Tensor {
    let model = question.model
    let x = question.input.reshaped(to: [1, question.input.count])
    let before = x.matmul(model.inputWeight.transposed()) + model.inputBias
    let p = before.relu().matmul(model.outputWeight.transposed()).softmax().values
    let upstream = Tensor(logits(p, question.target), shape: [1, p.count])
    let gated =
      upstream.matmul(model.outputWeight) * Tensor(before.values.map(gate), shape: before.shape)
    return gated.matmul(model.inputWeight).reshaped(to: [question.input.count])
  }

  private func misconception(
    _ name: String, says: String?, _ answer: @escaping @Sendable (Question) -> Tensor
  ) -> Misconception {
    Misconception(of: exercise, name, says: says, answer: answer)
  }

  func testMisconceptionsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("of the loss", says: "has the wrong sign") { Self.gradient($0) * -1 },
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
        Tensor.zeros([question.model.inputBias.count])
      },
      misconception("leaves an axis", says: "flatten it") {
        Self.gradient($0).reshaped(to: [$0.input.count, 1])
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, "by machine") { (question: Question) in
        let x = question.input.reshaped(to: [1, question.input.count]).requiringGradient()
        let hidden = (x.matmul(transposing: question.model.inputWeight) + question.model.inputBias)
          .relu()
        let loss = hidden.matmul(transposing: question.model.outputWeight)
          .crossEntropy(targets: [question.target])
        return (Tensors.gradient(of: loss, withRespectTo: [x])[0] * -1)
          .reshaped(to: [question.input.count])
      },
      Variant(of: exercise, "row vectors and matrices") { Self.gradient($0) },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  /// What answers are held against, held against small steps in double precision itself.
  func testTheKeyEqualsFiniteDifferences() throws {
    for encoded in try exercise.cases(seed: 3) {
      let question = try JSONDecoder().decode(Question.self, from: encoded.question)
      let gradient = HandWork(question).gradient()
      for input in gradient.indices {
        func logProbability(_ step: Float) -> Double {
          var moved = question
          moved.input[input] += step
          return log(HandWork(moved).probability)
        }
        let slope = (logProbability(0.004) - logProbability(-0.004)) / 0.008
        XCTAssertEqual(gradient[input], slope, accuracy: 0.02 * max(1, abs(slope)), encoded.name)
      }
    }
  }

  func testNonsenseEarnsNothing() {
    let answers: [@Sendable (Question) -> Tensor] = [
      { _ in Tensor([]) }, { _ in Tensor(scalar: .nan) }, { _ in Tensor.zeros([2, 3, 4]) },
      { Tensor(repeating: .nan, shape: $0.input.shape) },
      { Tensor(repeating: 1e38, shape: $0.input.shape) },
      { Tensor(repeating: -.infinity, shape: $0.input.shape) },
    ]
    for answer in answers {
      XCTAssertNil(misconception("nonsense", says: nil, answer).fault())
    }
  }
}
