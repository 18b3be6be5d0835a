import Foundation
import Tensors
import XCTest

final class SoftmaxTests: XCTestCase {
  private func reference(_ row: [Double]) -> [Double] {
    let greatest = row.max()!
    let sum = row.reduce(0) { $0 + exp($1 - greatest) }
    return row.map { exp($0 - greatest) / sum }
  }

  private func rows(_ tensor: Tensor) -> [[Double]] {
    let width = tensor.shape.last!
    return stride(from: 0, to: tensor.count, by: width).map {
      Array(tensor.doubles[$0..<($0 + width)])
    }
  }

  func testEveryWidthFollowsTheDefinition() {
    for width in awkwardLengths + [24, 33] {
      let tensor = random([2, 3, width], seed: UInt64(width)) * 3
      let expected = rows(tensor).flatMap(reference)
      assertEqual(tensor.softmax(), shape: [2, 3, width], expected, tolerance: 1e-6)
      assertEqual(tensor.logSoftmax(), shape: [2, 3, width], expected.map { log($0) })
      assertGradient(of: [tensor]) { $0[0].softmax() }
      assertGradient(of: [tensor]) { $0[0].logSoftmax() }
    }
    assertGradient(of: [random([9])]) { $0[0].softmax() }
    assertGradient(of: [random([9])]) { $0[0].logSoftmax() }
  }

  func testRowsSumToOneOnSizesThatAreSharedAmongThreads() {
    let tensor = random([2500, 37]) * 5
    let result = tensor.softmax()
    for (row, expected) in zip(rows(result), rows(tensor).map(reference)) {
      XCTAssertEqual(row.reduce(0, +), 1, accuracy: 1e-6)
      XCTAssertLessThan(zip(row, expected).map { abs($0 - $1) }.max()!, 1e-6)
    }
  }

  func testHiddenPlacesGetExactlyNothing() {
    let row: [Float] = [-.infinity, 1, -.infinity, 2, 3, -.infinity, 0, 1, -.infinity]
    let tensor = Tensor(row, shape: [1, 9])
    assertEqual(tensor.softmax(), shape: [1, 9], reference(row.map(Double.init)), tolerance: 1e-6)
    for (x, y, logarithm) in zip3(row, tensor.softmax().values, tensor.logSoftmax().values)
    where x == -.infinity {
      XCTAssertEqual(y, 0)
      XCTAssertEqual(logarithm, -.infinity)
    }
    let watched = tensor.requiringGradient()
    let found = gradient(
      of: (watched.softmax() * random([1, 9])).sum(), withRespectTo: [watched])[0].values
    for (x, slope) in zip(row, found) where x == -.infinity { XCTAssertEqual(slope, 0) }
    XCTAssertTrue(found.allSatisfy(\.isFinite))
  }

  private func zip3(_ a: [Float], _ b: [Float], _ c: [Float]) -> [(Float, Float, Float)] {
    zip(a, zip(b, c)).map { ($0, $1.0, $1.1) }
  }

  func testARowThatSeesNothingIsZero() {
    for width in awkwardLengths {
      let row = Tensor(repeating: -.infinity, shape: [1, width])
      let tensor = Tensor.concatenation([row, .zeros([1, width]), row], axis: 0)
      let watched = tensor.requiringGradient()
      let result = watched.softmax()
      let even = Array(repeating: 1 / Float(width), count: width)
      let nothing = Array(repeating: Float(0), count: width)
      assertEqual(
        result, shape: [3, width], (nothing + even + nothing).map(Double.init), tolerance: 1e-6)
      let found = gradient(of: (result * random([3, width])).sum(), withRespectTo: [watched])[0]
      XCTAssertTrue(found.values.allSatisfy(\.isFinite))
      XCTAssertEqual(tensor.logSoftmax()[at: 0].values, row.values)
    }
  }

  func testLargeValuesNeitherOverflowNorLoseDigits() {
    // Exact in Float32: 16384 and 16385 are one apart, and so are the logarithms.
    let tensor = Tensor([16384, 16385, -16384, 16383.5], shape: [1, 4])
    let expected = reference(tensor.doubles)
    assertEqual(tensor.softmax(), shape: [1, 4], expected, tolerance: 1e-6)
    let sum = log(exp(-1.0) + 1 + exp(-1.5))
    assertEqual(
      tensor.logSoftmax(), shape: [1, 4], [-1 - sum, -sum, -32769 - sum, -1.5 - sum],
      tolerance: 1e-6)
    assertEqual(
      tensor.crossEntropy(targets: [0]), shape: [], [1 + sum], tolerance: 1e-6)
  }

  func testAddingANumberToARowChangesNothing() {
    let tensor = random([4, 9])
    assertEqual((tensor + 3).softmax(), shape: [4, 9], tensor.softmax().doubles, tolerance: 2e-6)
  }

  func testNotANumberIsSeenInItsRowAlone() {
    let tensor = Tensor(rows: [[1, .nan, 2], [1, 2, 3]])
    let result = tensor.softmax()
    XCTAssertTrue(result[at: 0].values.allSatisfy(\.isNaN))
    XCTAssertTrue(result[at: 1].values.allSatisfy(\.isFinite))
    for place in 0..<17 {
      var row = random([17])
      row[place] = .nan
      XCTAssertTrue(row.softmax().values.allSatisfy(\.isNaN), "at \(place)")
    }
  }

  func testRowsWithoutValues() {
    let empty = Tensor.zeros([3, 0]).requiringGradient()
    XCTAssertEqual(empty.softmax().shape, [3, 0])
    let found = gradient(of: empty.softmax(), withRespectTo: [empty], seed: .zeros([3, 0]))
    XCTAssertEqual(found[0].shape, [3, 0])
    XCTAssertEqual(Tensor.zeros([0, 3]).logSoftmax().shape, [0, 3])
  }
}
