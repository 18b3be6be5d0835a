import Coursework
import Foundation
import Interpretability
import Tensors
import XCTest

@testable import AttentionExercises
@testable import AttentionVocabulary

/// Exercise 1.8: what is rejected, what is accepted.
final class RolloutAndEntropyTests: XCTestCase {
  private typealias Question = LayerPatterns

  private let exercise = AttentionSheet.rolloutAndEntropy

  private static func identity(_ length: Int) -> Tensor {
    var identity = Tensor.zeros([length, length])
    for place in 0..<length { identity[place, place] = 1 }
    return identity
  }

  private static func rollout(
    _ question: Question, from start: Tensor? = nil,
    _ step: (_ layer: Tensor, _ rollout: Tensor, _ identity: Tensor) -> Tensor
  ) -> Tensor {
    let identity = identity(question.layers[0].shape[1])
    return question.layers.reduce(start ?? identity) { step($1, $0, identity) }
  }

  private static func maximum(_ layer: Tensor) -> Tensor {
    var greatest = layer[at: 0]
    for row in 0..<layer.shape[1] {
      for column in 0..<layer.shape[2] {
        for head in 0..<layer.shape[0] {
          greatest[row, column] = max(greatest[row, column], layer[head, row, column])
        }
      }
    }
    return greatest
  }

  /// Entropy by a term for every place, summed along an axis.
  private static func entropy(
    _ question: Question, axis: Int = 2, _ term: (Float) -> Float = { $0 > 0 ? -$0 * log2($0) : 0 }
  ) -> Tensor {
    Tensor(question.pattern.values.map(term), shape: question.pattern.shape).sum(axis: axis)
  }

  private func misconception(
    _ name: String, says: String?, rollout: @escaping @Sendable (Question) -> Tensor
  ) -> Misconception {
    Misconception(of: exercise, in: AttentionAsks.rollout, name, says: says, answer: rollout)
  }

  private func misconception(
    _ name: String, says: String?, entropy: @escaping @Sendable (Question) -> Tensor
  ) -> Misconception {
    Misconception(of: exercise, in: AttentionAsks.entropy, name, says: says, answer: entropy)
  }

  func testWrongRolloutsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception(
        "no residual", says: "residual connection is missing",
        rollout: {
          Self.rollout($0) { layer, rollout, _ in layer.mean(axis: 0).matmul(rollout) }
        }),
      misconception(
        "residual without halving", says: "so halve it",
        rollout: {
          Self.rollout($0) { ($0.mean(axis: 0) + $2).matmul($1) }
        }),
      misconception(
        "layers in the wrong order", says: "multiplied in the wrong order",
        rollout: {
          Self.rollout($0) { $1.matmul(($0.mean(axis: 0) + $2) * 0.5) }
        }),
      misconception(
        "maximum of heads", says: "takes their maximum",
        rollout: {
          Self.rollout($0) { ((Self.maximum($0) + $2) * 0.5).matmul($1) }
        }),
      misconception(
        "sum of heads", says: "takes their sum",
        rollout: {
          Self.rollout($0) { (($0.sum(axis: 0) + $2) * 0.5).matmul($1) }
        }),
      misconception(
        "adds the layers", says: "this adds them",
        rollout: { question in
          let zero = Tensor.zeros(Array(question.layers[0].shape.dropFirst()))
          return Self.rollout(question, from: zero) { $1 + ($0.mean(axis: 0) + $2) * 0.5 }
        }),
      misconception(
        "the last layer alone", says: "the last layer alone",
        rollout: {
          Self.rollout($0) { layer, _, identity in (layer.mean(axis: 0) + identity) * 0.5 }
        }),
      misconception(
        "transposes", says: "is transposed",
        rollout: {
          attentionRollout($0.layers).transposed()
        }),
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testWrongEntropiesAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception(
        "nats", says: "is in nats",
        entropy: {
          Self.entropy($0) { $0 > 0 ? -$0 * log($0) : 0 }
        }),
      misconception(
        "zero times infinity", says: "0 · log 0 counts as 0",
        entropy: {
          Self.entropy($0) { -$0 * log2($0) }
        }),
      misconception("columns", says: "entropy of columns", entropy: { Self.entropy($0, axis: 1) }),
      misconception(
        "one number a head", says: "one entropy a head",
        entropy: {
          Self.entropy($0).mean(axis: 1)
        }),
      misconception(
        "one number a query", says: "keep the heads apart",
        entropy: {
          Self.entropy($0).mean(axis: 0)
        }),
      misconception(
        "no minus", says: "the sum takes a minus",
        entropy: {
          Self.entropy($0) * -1
        }),
      misconception(
        "unweighted", says: "each logarithm counts",
        entropy: {
          Self.entropy($0) { $0 > 0 ? -log2($0) : 0 }
        }),
      misconception(
        "divides by the greatest", says: "divided by its greatest value",
        entropy: {
          Self.entropy($0) / Float(log2(Double($0.pattern.shape[2])))
        }),
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, in: AttentionAsks.rollout, "rows divided by their sum") {
        Self.rollout($0) { layer, rollout, identity in
          let both = layer.mean(axis: 0) + identity
          return (both / both.sum(axis: 1, keepingAxis: true)).matmul(rollout)
        }
      },
      Variant(of: exercise, in: AttentionAsks.rollout, "from the last layer down") { question in
        let identity = Self.identity(question.layers[0].shape[1])
        let factors = question.layers.map { ($0.mean(axis: 0) + identity) / 2 }
        return factors.reversed().dropFirst().reduce(factors.last!) { $0.matmul($1) }
      },
      Variant(of: exercise, in: AttentionAsks.entropy, "logarithms kept off zero") {
        Self.entropy($0) { -$0 * log2($0 + 1e-9) }
      },
      Variant(of: exercise, in: AttentionAsks.entropy, "base changed by division") {
        Self.entropy($0) { $0 == 0 ? 0 : -$0 * log($0) / log(2) }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testHalfAnAnswerEarnsHalf() {
    struct Half: AttentionAnswersStub {
      func entropy(of pattern: Tensor) throws -> Tensor { attentionEntropy(pattern) }
    }
    let result = Checker.check(exercise, Half())
    XCTAssertEqual(result.points, 2)
    XCTAssertEqual(result.status, .partial)
    XCTAssertTrue(result.message.contains("`rollout` is not answered yet"), result.message)
  }

  /// The rows made by hand have 0, 1, 2 and 3 bits, and 0 bits.
  func testPlantedRowsHaveTheEntropyTheyWereGiven() throws {
    var generator = SeededGenerator(seed: 5)
    let entropy = attentionEntropy(AttentionSheet.plantedMixing(using: &generator).pattern)
    for query in 0..<4 {
      XCTAssertEqual(entropy[0, query], Float(query), accuracy: 1e-5)
      XCTAssertEqual(entropy[1, query], 0)
    }
  }

  func testNonsenseEarnsNothing() {
    let tensors: [@Sendable (Question) -> Tensor] = [
      { _ in Tensor([]) }, { _ in Tensor(scalar: .nan) },
      { Tensor(repeating: .nan, shape: $0.layers[0].shape) },
      { Tensor(repeating: 1e38, shape: Array($0.layers[0].shape.dropFirst())) },
      { Tensor(repeating: .infinity, shape: Array($0.pattern.shape.dropLast())) },
      { Tensor(repeating: -1e38, shape: Array($0.pattern.shape.dropLast())) },
      { Tensor.zeros(Array($0.layers[0].shape.dropFirst())) },
      { Tensor.zeros(Array($0.pattern.shape.dropLast())) },
    ]
    for tensor in tensors {
      let nonsense = [
        misconception("nonsense", says: nil, rollout: tensor),
        misconception("nonsense", says: nil, entropy: tensor),
      ]
      XCTAssertEqual(nonsense.faults(), [])
    }
  }
}
