import Foundation
import Tensors
import XCTest

final class NormalizationTests: XCTestCase {
  func testRootMeanSquare() {
    for width in awkwardLengths {
      let tensor = random([3, width])
      let expected = (0..<3).map { row in
        let squares = (0..<width).reduce(0.0) { $0 + pow(value(tensor, [row, $1]), 2) }
        return (squares / Double(width) + 1e-3).squareRoot()
      }
      assertEqual(tensor.rootMeanSquare(epsilon: 1e-3), shape: [3, 1], expected)
      assertGradient(of: [tensor + 2]) { $0[0].rootMeanSquare(epsilon: 1e-3) }
    }
    assertGradient(of: [random([9]) + 2]) { $0[0].rootMeanSquare(epsilon: 0) }
  }

  func testNormalisedRowsHaveUnitRootMeanSquare() {
    let tensor = random([2, 3, 17]) * 40
    let normalised = tensor.standardised(by: tensor.rootMeanSquare(epsilon: 0))
    assertEqual(
      (normalised * normalised).mean(axis: 2), shape: [2, 3], Array(repeating: 1, count: 6))
    assertGradient(of: [random([2, 9]) + 1]) {
      $0[0].standardised(by: $0[0].rootMeanSquare(epsilon: 1e-6))
    }
  }

  func testCentringTakesTheMeanOffFirst() {
    for width in awkwardLengths.dropFirst() {
      let tensor = random([2, 3, width]) + 5
      let rows = (0..<6).map { row in
        let values = Array(tensor.doubles[(row * width)..<((row + 1) * width)])
        let mean = values.reduce(0, +) / Double(width)
        return values.map { $0 - mean }
      }
      let scales = rows.map { row in
        (row.reduce(0) { $0 + $1 * $1 } / Double(width) + 1e-3).squareRoot()
      }
      let scale = tensor.rootMeanSquare(epsilon: 1e-3, centring: true)
      assertEqual(scale, shape: [2, 3, 1], scales)
      assertEqual(
        tensor.standardised(by: scale, centring: true), shape: [2, 3, width],
        zip(rows, scales).flatMap { row, scale in row.map { $0 / scale } })
      assertGradient(of: [tensor * 3]) { $0[0].rootMeanSquare(epsilon: 0.1, centring: true) }
      let scaled = random([2, 3, 1], seed: 2) + 4
      assertGradient(of: [tensor, scaled]) { $0[0].standardised(by: $0[1], centring: true) }
      assertGradient(of: [tensor, scaled]) { $0[0].standardised(by: $0[1]) }
    }
  }

  /// A trace may ask for the gradient at the scale, and an intervention may put another there.
  func testTheGradientOfALayerNormGoesThroughItsScale() {
    assertGradient(of: [random([3, 9]) * 2]) {
      let scale = $0[0].rootMeanSquare(epsilon: 0.1, centring: true)
      return $0[0].standardised(by: scale, centring: true)
    }
    let x = random([2, 5]).requiringGradient()
    let scale = x.rootMeanSquare(epsilon: 0, centring: true)
    let standard = x.standardised(by: scale, centring: true)
    let output = (standard * standard).sum()
    // Σ n² with n = c / s, and Σ c² = 5 s²: the derivative is −2 Σ n² / s = −10 / s.
    let found = gradient(of: output, withRespectTo: [scale])[0]
    assertEqual(found, shape: [2, 1], scale.doubles.map { -10 / $0 }, tolerance: 1e-4)
  }

  func testScalingByAWeightAndAddingABias() {
    for width in awkwardLengths {
      let (x, w, b) = (random([3, width]), random([width], seed: 2), random([width], seed: 3))
      let expected = indices(of: [3, width]).map {
        value(x, $0) * value(w, [$0[1]]) + value(b, [$0[1]])
      }
      assertEqual(x.scaled(by: w, adding: b), shape: [3, width], expected)
      assertGradient(of: [x, w, b]) { $0[0].scaled(by: $0[1], adding: $0[2]) }
    }
  }
}
