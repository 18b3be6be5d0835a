import Coursework
import Foundation
import Tensors
import XCTest

@testable import AttentionExercises
@testable import AttentionVocabulary

/// Exercise 1.2: what is rejected, what is accepted.
final class WriteAttentionTests: XCTestCase {
  private let exercise = AttentionSheet.writeAttention

  /// Attention in naive loops, with a mistake where `change` makes one in a score.
  private static func pattern(
    _ head: AttentionHead, hiding isHidden: ((Int, Int) -> Bool)? = nil,
    score change: (Double, _ bias: Double) -> Double = { $0 + $1 }
  ) -> [[Double]] {
    let width = head.queries.shape[1]
    return (0..<head.queries.shape[0]).map { i in
      let scores = (0..<head.keys.shape[0]).map { j -> Double in
        if isHidden?(i, j) ?? hides(head, i, j) { return -.infinity }
        let dot = (0..<width).reduce(0.0) {
          $0 + Double(head.queries[i, $1]) * Double(head.keys[j, $1])
        }
        return change(dot * Double(head.scale), Double(head.bias?[i, j] ?? 0))
      }
      return softmax(scores)
    }
  }

  private static func hides(_ head: AttentionHead, _ i: Int, _ j: Int) -> Bool {
    head.isCausal && j > i || head.keyMask?[j] == false
  }

  private static func softmax(_ scores: [Double]) -> [Double] {
    let greatest = scores.max() ?? 0
    let exponentials = scores.map { exp($0 - (greatest.isFinite ? greatest : 0)) }
    let total = exponentials.reduce(0, +)
    return exponentials.map { $0 / total }
  }

  private static func tensor(_ rows: [[Double]]) -> Tensor {
    Tensor(rows: rows.map { $0.map(Float.init) })
  }

  private static func scores(_ head: AttentionHead) -> Tensor {
    let scores = head.queries.matmul(transposing: head.keys) * head.scale
    return head.bias.map { scores + $0 } ?? scores
  }

  private func misconception(
    _ name: String, says: String, _ answer: @escaping @Sendable (AttentionHead) throws -> Tensor
  ) -> Misconception {
    Misconception(of: exercise, name, says: says, answer: answer)
  }

  func testMisconceptionsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("divides by √d although the model does not", says: "divided by √d once more") {
        let root = Double($0.queries.shape[1]).squareRoot()
        return Self.tensor(Self.pattern($0, score: { $0 / root + $1 }))
      },
      misconception("forgets the bias", says: "the bias is missing") {
        Self.tensor(Self.pattern($0, score: { score, _ in score }))
      },
      misconception("forgets the scale", says: "not multiplied by `scale`") { head in
        Self.tensor(Self.pattern(head, score: { $0 / Double(head.scale) + $1 }))
      },
      misconception("scales the bias too", says: "the bias is scaled too") { head in
        Self.tensor(Self.pattern(head, score: { $0 + $1 * Double(head.scale) }))
      },
      misconception("takes the softmax over queries", says: "take the softmax over keys") {
        Self.scores($0).transposed().softmax().transposed()
      },
      misconception("looks ahead", says: "may not see") { head in
        Self.tensor(Self.pattern(head, hiding: { head.keyMask?[$1] == false }))
      },
      misconception("sees padding", says: "may not see") { head in
        Self.tensor(Self.pattern(head, hiding: { head.isCausal && $1 > $0 }))
      },
      misconception("hides a query's own position", says: "its own position too") { head in
        Self.tensor(
          Self.pattern(
            head, hiding: { Self.hides(head, $0, $1) || head.isCausal && $1 == $0 && $0 > 0 }))
      },
      misconception("gives masked pairs the score 0", says: "with −∞") { head in
        var scores = Self.scores(head)
        for i in 0..<scores.shape[0] {
          for j in 0..<scores.shape[1] where Self.hides(head, i, j) { scores[i, j] = 0 }
        }
        return scores.softmax()
      },
      misconception("masks after the softmax", says: "not a 0 after it") { head in
        var pattern = Self.scores(head).softmax()
        for i in 0..<pattern.shape[0] {
          for j in 0..<pattern.shape[1] where Self.hides(head, i, j) { pattern[i, j] = 0 }
        }
        return pattern
      },
      misconception("masks after the softmax and divides again", says: "NaN") { head in
        var pattern = Self.scores(head).softmax()
        for i in 0..<pattern.shape[0] {
          for j in 0..<pattern.shape[1] where Self.hides(head, i, j) { pattern[i, j] = 0 }
        }
        return pattern / pattern.sum(axis: 1, keepingAxis: true)
      },
      misconception("lets exponentials overflow", says: "NaN") { head in
        let rows = Self.scores(head)
        return Tensor(
          rows: (0..<rows.shape[0]).map { i in
            let row = (0..<rows.shape[1]).map { Self.hides(head, i, $0) ? 0 : exp(rows[i, $0]) }
            let total = row.reduce(0, +)
            return row.map { $0 / total }
          })
      },
      misconception("adds the bias after the softmax", says: "added after the softmax") { head in
        let pattern = Self.tensor(Self.pattern(head, score: { score, _ in score }))
        return head.bias.map { pattern + $0 } ?? pattern
      },
      misconception("computes in half precision", says: "rounded to half precision") { head in
        let width = head.queries.shape[1]
        let rows = (0..<head.queries.shape[0]).map { i in
          let scores = (0..<head.keys.shape[0]).map { j -> Float16 in
            if Self.hides(head, i, j) { return -.infinity }
            let dot = (0..<width).reduce(Float16(0)) {
              $0 + Float16(head.queries[i, $1]) * Float16(head.keys[j, $1])
            }
            return dot * Float16(head.scale) + Float16(head.bias?[i, j] ?? 0)
          }
          let greatest = scores.max() ?? 0
          let exponentials = scores.map { Float16(exp(Double($0 - greatest))) }
          let total = exponentials.reduce(0, +)
          return exponentials.map { Double($0 / total) }
        }
        return Self.tensor(rows)
      },
      misconception("returns keys by queries", says: "transposed") {
        Self.tensor(Self.pattern($0)).transposed()
      },
      misconception("returns the scores", says: "do not sum to 1") { Self.scores($0) },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, "loops in Double") { Self.tensor(Self.pattern($0)) },
      Variant(of: exercise, "a large negative number for −∞, scaled queries") {
        (head: AttentionHead) in
        var scores = (head.queries * head.scale).matmul(head.keys.transposed())
        if let bias = head.bias { scores = bias + scores }
        for i in 0..<scores.shape[0] {
          for j in 0..<scores.shape[1] where Self.hides(head, i, j) { scores[i, j] = -1e9 }
        }
        return scores.softmax()
      },
      Variant(of: exercise, "logarithms first, exponentials last") { (head: AttentionHead) in
        var mask = Tensor.zeros([head.queries.shape[0], head.keys.shape[0]])
        for i in 0..<mask.shape[0] {
          for j in 0..<mask.shape[1] where Self.hides(head, i, j) { mask[i, j] = -.infinity }
        }
        let logarithms = (Self.scores(head) + mask).logSoftmax()
        return Tensor(logarithms.values.map { exp($0) }, shape: logarithms.shape)
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    let nonsense: [(String, @Sendable (AttentionHead) -> Tensor)] = [
      ("nothing", { _ in Tensor.zeros([0, 0]) }),
      ("a number", { _ in Tensor(scalar: 1) }),
      ("NaN", { Tensor(repeating: .nan, shape: [$0.queries.shape[0], $0.keys.shape[0]]) }),
      ("1e38", { Tensor(repeating: 1e38, shape: [$0.queries.shape[0], $0.keys.shape[0]]) }),
      ("zeros", { Tensor.zeros([$0.queries.shape[0], $0.keys.shape[0]]) }),
      ("a flat list", { Tensor.zeros([$0.queries.shape[0] * $0.keys.shape[0]]) }),
      ("three axes", { Tensor.zeros([1, $0.queries.shape[0], $0.keys.shape[0]]) }),
    ]
    for (name, answer) in nonsense {
      let wrong = misconception(name, says: "(0 of ", answer)
      XCTAssertNil(wrong.fault())
      XCTAssertNotNil(Variant(of: exercise, name, answer: answer).fault())
    }
  }
}
