import Coursework
import Interpretability
import Tensors
import Transformers
import XCTest

@testable import LensesExercises
@testable import LensesVocabulary
@testable import Solution5

/// Exercise 5.10: what is rejected, what is accepted.
final class FutureLensExerciseTests: XCTestCase {
  private typealias Question = StatesToLookAhead

  private func misconception(
    _ name: String, says: String?, answer: @escaping @Sendable (Question) throws -> [AffineMap]
  ) -> Misconception {
    Misconception(of: LensSheet.futureLens, name, says: says, answer: answer)
  }

  /// Maps from a layer at t to a layer at t + n, found text by text.
  private static func maps(
    _ question: Question, distance: Int? = nil, from: (Int) -> Int = { $0 },
    to: ((Int) -> Int)? = nil
  ) -> [AffineMap] {
    let n = distance ?? question.distance
    let last = question.texts[0].layerCount - 1
    let (back, ahead) = (max(-n, 0), max(n, 0))
    return (0...last).map { layer in
      func rows(_ layer: Int, _ range: (Int) -> Range<Int>) -> Tensor {
        .concatenation(
          question.texts.map { $0.values[at: layer].slice(range($0.positionCount)) }, axis: 0)
      }
      return AffineMap.leastSquares(
        from: rows(from(layer)) { back..<($0 - ahead) },
        to: rows(to?(layer) ?? last) { ahead..<($0 - back) })
    }
  }

  func testWrongMapsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("joined first", says: "cut each text before joining") { question in
        let last = question.texts[0].layerCount - 1
        func all(_ layer: Int) -> Tensor {
          .concatenation(question.texts.map { $0.values[at: layer] }, axis: 0)
        }
        let count = all(0).shape[0]
        return (0...last).map { layer in
          AffineMap.leastSquares(
            from: all(layer).slice(0..<(count - question.distance)),
            to: all(last).slice(question.distance..<count))
        }
      },
      misconception("too near", says: "one token too near") {
        Self.maps($0, distance: $0.distance - 1)
      },
      misconception("too far", says: "one token too far") {
        Self.maps($0, distance: $0.distance + 1)
      },
      misconception("backwards", says: "the maps look back") {
        Self.maps($0, distance: -$0.distance)
      },
      misconception("the same layer", says: "the last layer is what can be unembedded") {
        Self.maps($0, to: { $0 })
      },
      misconception("from the last layer", says: "each layer has its own") { question in
        Self.maps(question, from: { _ in question.texts[0].layerCount - 1 })
      },
      misconception("none for the last", says: "the last one too") { question in
        Array(Self.maps(question).dropLast())
      },
      misconception("no bias", says: "a larger error than it must") { question in
        Self.maps(question).map { AffineMap(weight: $0.weight, bias: $0.bias * 0) }
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightMapsAreAccepted() {
    let variants = [
      Variant(of: LensSheet.futureLens, "by the library") { (question: Question) in
        FutureLens(fitting: question.texts, distance: question.distance).maps
      },
      Variant(of: LensSheet.futureLens, "by many steps down the slope") { (question: Question) in
        let last = question.texts[0].layerCount - 1
        let n = question.distance
        let later = Tensor.concatenation(
          question.texts.map { $0.values[at: last].slice(n..<$0.positionCount) }, axis: 0)
        return (0...last).map { layer in
          let now = Tensor.concatenation(
            question.texts.map { $0.values[at: layer].slice(0..<($0.positionCount - n)) }, axis: 0)
          var weight = Tensor.zeros([later.shape[1], now.shape[1]])
          var bias = later.mean(axis: 0)
          var (oldWeight, oldBias) = (weight, bias)
          // Gradient descent with Nesterov's momentum; the step is below one over the curvature.
          let curvature = (now * now).sum().scalar + Float(now.shape[0])
          for step in 0..<3_000 {
            let push = Float(step) / Float(step + 3)
            let (w, b) = (
              weight + (weight - oldWeight) * push, bias + (bias - oldBias) * push
            )
            (oldWeight, oldBias) = (weight, bias)
            let rest = now.matmul(transposing: w, adding: b) - later
            weight = w - rest.transposed().matmul(now) / curvature
            bias = b - rest.sum(axis: 0) / curvature
          }
          return AffineMap(weight: weight, bias: bias)
        }
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  func testNonsenseEarnsNothing() {
    let width = LensModel.width
    let odd = [
      AffineMap(weight: .zeros([1, 1]), bias: Tensor([0])),
      AffineMap(
        weight: Tensor(repeating: .nan, shape: [width, width]), bias: .zeros([width])),
      AffineMap(
        weight: Tensor(repeating: 1e38, shape: [width, width]), bias: .zeros([width])),
    ]
    for map in odd {
      let nonsense = misconception("nonsense", says: nil) { _ in
        Array(repeating: map, count: LensModel.layers + 1)
      }
      XCTAssertNil(nonsense.fault())
    }
    XCTAssertNil(misconception("nothing", says: nil) { _ in [] }.fault())
  }
}
