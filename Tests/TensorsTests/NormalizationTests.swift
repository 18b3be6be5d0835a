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

  func testANormInOneIsItsStepsToTheBit() {
    for width in awkwardLengths + [128, 200] {
      let (x, w, b) = (random([2, 70, width]), random([width], seed: 2), random([width], seed: 3))
      let scale = x.rootMeanSquare(epsilon: 1e-5, centring: true)
      XCTAssertEqual(
        x.normalised(weight: w, bias: b, epsilon: 1e-5),
        x.standardised(by: scale, centring: true).scaled(by: w, adding: b))
      XCTAssertEqual(
        x.normalised(weight: w, bias: nil, epsilon: 1e-5),
        x.standardised(by: x.rootMeanSquare(epsilon: 1e-5)) * w)
    }
  }

  func testTheGradientsOfANormInOne() {
    for width in awkwardLengths {
      let inputs = [random([3, width]) * 2, random([width], seed: 2), random([width], seed: 3)]
      assertGradient(of: inputs) { $0[0].normalised(weight: $0[1], bias: $0[2], epsilon: 0.1) }
      assertGradient(of: Array(inputs.prefix(2))) {
        $0[0].normalised(weight: $0[1], bias: nil, epsilon: 0.1)
      }
    }
  }

  /// Rows are added up in blocks; the gradients of the steps are summed row by row.
  func testGradientsOfWeightsOverManyRows() {
    let (x, w, b) = (random([700, 33]), random([33], seed: 2), random([33], seed: 3))
    let seed = random([700, 33], seed: 4)
    let watched = [x, w, b].map { $0.requiringGradient() }
    let scale = watched[0].rootMeanSquare(epsilon: 1e-5, centring: true)
    let expected = gradient(
      of: watched[0].standardised(by: scale, centring: true)
        .scaled(by: watched[1], adding: watched[2]),
      withRespectTo: watched, seed: seed)
    let found = gradient(
      of: watched[0].normalised(weight: watched[1], bias: watched[2], epsilon: 1e-5),
      withRespectTo: watched, seed: seed)
    for (a, b) in zip(found, expected) {
      assertEqual(a, shape: b.shape, b.doubles, tolerance: 3e-5)
    }
  }
}
