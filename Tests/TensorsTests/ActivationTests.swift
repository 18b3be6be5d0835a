import Foundation
import Tensors
import XCTest

final class ActivationTests: XCTestCase {
  private typealias Activation = (
    name: String, tensor: @Sendable (Tensor) -> Tensor, number: @Sendable (Double) -> Double
  )
  private let activations: [Activation] = [
    ("exponential", { $0.exponential() }, { exp($0) }),
    ("relu", { $0.relu() }, { max($0, 0) }),
    ("logistic", { $0.logistic() }, { 1 / (1 + exp(-$0)) }),
    ("hyperbolicTangent", { $0.hyperbolicTangent() }, { tanh($0) }),
    ("silu", { $0.silu() }, { $0 / (1 + exp(-$0)) }),
    (
      "geluTanh", { $0.geluTanh() },
      { 0.5 * $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }
    ),
    ("gelu", { $0.gelu() }, { 0.5 * $0 * (1 + erf($0 / 2.squareRoot())) }),
  ]
  private let positive: [Activation] = [
    ("logarithm", { $0.logarithm() }, { log($0) }),
    ("squareRoot", { $0.squareRoot() }, { $0.squareRoot() }),
  ]

  func testValuesFollowTheFormulas() {
    for length in awkwardLengths + [0] {
      let input = random([length], seed: UInt64(length)) * 3
      for activation in activations {
        assertEqual(
          activation.tensor(input), shape: [length], input.doubles.map(activation.number),
          tolerance: 1e-6, activation.name)
      }
      let squares = input * input + 0.01
      for activation in positive {
        assertEqual(
          activation.tensor(squares), shape: [length], squares.doubles.map(activation.number),
          tolerance: 1e-6, activation.name)
      }
    }
  }

  func testGradientsFollowFiniteDifferences() {
    for length in awkwardLengths {
      // Away from 0, where relu has a corner and differences across it mean nothing.
      var input = random([length], seed: UInt64(length))
      input.withUnsafeMutableValues { for i in $0.indices { $0[i] += $0[i] < 0 ? -0.1 : 0.1 } }
      for activation in activations {
        assertGradient(of: [input], activation.name) { activation.tensor($0[0]) }
      }
      for activation in positive {
        assertGradient(of: [input * input + 1], activation.name) { activation.tensor($0[0]) }
      }
    }
  }

  func testValuesOnSizesThatAreSharedAmongThreads() {
    let input = random([401, 533]) * 4
    for activation in activations {
      let result = activation.tensor(input).values
      var worst = 0.0
      for (x, y) in zip(input.values, result) {
        let wanted = activation.number(Double(x))
        worst = max(worst, abs(Double(y) - wanted) / max(1, abs(wanted)))
      }
      XCTAssertLessThan(worst, 1e-6, activation.name)
    }
  }

  func testTheCornerOfReluHasNoSlope() {
    let input = Tensor([-1, 0, 2]).requiringGradient()
    XCTAssertEqual(gradient(of: input.relu().sum(), withRespectTo: [input])[0].values, [0, 0, 1])
  }

  func testNotANumberIsNeverHidden() {
    for activation in activations + positive {
      XCTAssertTrue(activation.tensor(Tensor([1, .nan, 1])).values[1].isNaN, activation.name)
    }
  }

  func testFarFromZeroTheUnitsAreZeroOrTheIdentity() {
    for activation in activations where ["silu", "geluTanh", "gelu"].contains(activation.name) {
      let input = Tensor([-1e4, -200, 200, 1e4]).requiringGradient()
      let output = activation.tensor(input)
      assertEqual(output, shape: [4], [0, 0, 200, 1e4], activation.name)
      assertEqual(
        gradient(of: output.sum(), withRespectTo: [input])[0], shape: [4], [0, 0, 1, 1],
        activation.name)
    }
    XCTAssertEqual(Tensor([-.infinity, .infinity, -200, 200]).logistic().values, [0, 1, 0, 1])
  }
}
