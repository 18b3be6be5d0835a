import Foundation
import Tensors
import XCTest

/// Lengths below, at and above the eight lanes of a vector.
let awkwardLengths = [1, 2, 7, 8, 9, 17]

/// Values drawn from a standard normal distribution.
func random(_ shape: [Int], seed: UInt64 = 1) -> Tensor {
  var generator = SeededGenerator(seed: seed)
  return Tensor.randomNormal(shape, using: &generator)
}

/// Every index of a shape in row-major order.
func indices(of shape: [Int]) -> [[Int]] {
  shape.reduce([[]]) { prefixes, length in
    prefixes.flatMap { prefix in (0..<length).map { prefix + [$0] } }
  }
}

/// The value at an index, by the definition of row-major order.
func value(_ tensor: Tensor, _ index: [Int]) -> Double {
  var offset = 0
  for (i, length) in zip(index, tensor.shape) { offset = offset * length + i }
  return Double(tensor.values[offset])
}

/// Fails when shapes differ or a value is off by more than `tolerance` of the greater of it and 1.
func assertEqual(
  _ tensor: Tensor, shape: [Int], _ expected: [Double], tolerance: Double = 1e-5,
  _ message: String = "", file: StaticString = #filePath, line: UInt = #line
) {
  guard tensor.shape == shape, tensor.count == expected.count else {
    return XCTFail(
      "shape \(tensor.shape), expected \(shape) with \(expected.count) values. \(message)",
      file: file, line: line)
  }
  for (index, (found, wanted)) in zip(tensor.values, expected).enumerated() {
    let found = Double(found)
    let agree =
      wanted.isNaN
      ? found.isNaN
      : found == wanted || abs(found - wanted) <= tolerance * max(1, abs(wanted))
    if !agree {
      return XCTFail(
        "value \(index) is \(found), expected \(wanted). \(message)", file: file, line: line)
    }
  }
}

/// Holds the gradients of `function` against central differences.
///
/// The output is weighted with a random cotangent, so that no direction goes unseen. The differences
/// are the five-point ones with a step h of 2⁻⁵: their error is h⁴/30 ≈ 3e-8 of the fifth derivative
/// plus the outputs' Float32 rounding, 6e-8 each, divided by h: together a few 1e-6 times the root
/// of the number of outputs. The tolerance, relative to the input's greatest gradient, leaves that
/// some room, and is far below what a wrong term would cost.
///
/// Each gradient is asked once together with the others and once alone.
func assertGradient(
  of inputs: [Tensor], tolerance: Double = 1e-4, _ message: String = "",
  file: StaticString = #filePath, line: UInt = #line, _ function: ([Tensor]) -> Tensor
) {
  let watched = inputs.map { $0.requiringGradient() }
  let output = function(watched)
  let cotangent = random(output.shape, seed: 99)
  let found = gradient(of: output, withRespectTo: watched, seed: cotangent)

  func weighted(_ input: Int, _ place: Int, _ step: Float) -> Double {
    var moved = inputs
    moved[input].withUnsafeMutableValues { $0[place] += step }
    return zip(function(moved).values, cotangent.values)
      .reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }
  for (index, input) in inputs.enumerated() {
    let step: Float = 0.03125
    let numeric = (0..<input.count).map { place in
      let near = weighted(index, place, step) - weighted(index, place, -step)
      let far = weighted(index, place, 2 * step) - weighted(index, place, -2 * step)
      return (8 * near - far) / (12 * Double(step))
    }
    let scale = max(1, numeric.map(abs).max() ?? 1)
    assertEqual(
      found[index], shape: input.shape, numeric, tolerance: tolerance * scale,
      "gradient of input \(index). \(message)", file: file, line: line)

    var alone = inputs
    alone[index] = watched[index]
    XCTAssertEqual(
      gradient(of: function(alone), withRespectTo: [watched[index]], seed: cotangent)[0],
      found[index], "gradient of input \(index) alone. \(message)", file: file, line: line)
  }
}

/// A naive product of two row-major matrices `[m, k]` and `[k, n]`.
func product(_ a: [Double], _ b: [Double], m: Int, k: Int, n: Int) -> [Double] {
  var result = Array(repeating: 0.0, count: m * n)
  for i in 0..<m {
    for l in 0..<k { for j in 0..<n { result[i * n + j] += a[i * k + l] * b[l * n + j] } }
  }
  return result
}

/// A row-major matrix `[m, n]` with its axes exchanged.
func transposed(_ a: [Double], m: Int, n: Int) -> [Double] {
  (0..<n).flatMap { j in (0..<m).map { i in a[i * n + j] } }
}

extension Tensor {
  /// The values in Double, for references.
  var doubles: [Double] { values.map(Double.init) }
}
