import Foundation
import Tensors
import XCTest

final class ReductionTests: XCTestCase {
  func testSumsAndMeansOfAwkwardLengths() {
    for length in awkwardLengths + [0] {
      let tensor = random([length])
      let sum = tensor.doubles.reduce(0, +)
      assertEqual(tensor.sum(), shape: [], [sum])
      assertEqual(tensor.mean(), shape: [], [length == 0 ? 0 : sum / Double(length)])
      assertGradient(of: [tensor]) { $0[0].sum() }
      assertGradient(of: [tensor]) { $0[0].mean() }
    }
  }

  func testALongSumKeepsItsDigits() {
    // Ten million times 0.1 in Float32, one after the other, gives 1087937.
    let tensor = Tensor(repeating: 0.1, shape: [10_000_000])
    XCTAssertEqual(tensor.sum().scalar, 1_000_000, accuracy: 10)
  }

  func testSumsAndMeansAlongEveryAxis() {
    let tensor = random([3, 9, 2])
    for axis in 0..<3 {
      var shape = tensor.shape
      shape[axis] = 1
      let sums = indices(of: shape).map { index in
        (0..<tensor.shape[axis]).reduce(0.0) { sum, i in
          var place = index
          place[axis] = i
          return sum + value(tensor, place)
        }
      }
      let means = sums.map { $0 / Double(tensor.shape[axis]) }
      assertEqual(tensor.sum(axis: axis, keepingAxis: true), shape: shape, sums)
      assertEqual(tensor.mean(axis: axis, keepingAxis: true), shape: shape, means)
      shape.remove(at: axis)
      assertEqual(tensor.sum(axis: axis), shape: shape, sums)
      assertEqual(tensor.mean(axis: axis), shape: shape, means)
      for keepingAxis in [true, false] {
        assertGradient(of: [tensor]) { $0[0].sum(axis: axis, keepingAxis: keepingAxis) }
        assertGradient(of: [tensor]) { $0[0].mean(axis: axis, keepingAxis: keepingAxis) }
      }
    }
  }

  func testAnEmptyAxisSumsToZero() {
    XCTAssertEqual(Tensor.zeros([2, 0]).sum(axis: 1).values, [0, 0])
    XCTAssertEqual(Tensor.zeros([0, 3]).sum(axis: 0).values, [0, 0, 0])
    XCTAssertEqual(Tensor.zeros([0, 3]).sum(axis: 1).shape, [0])
  }

  func testArgmaxIsTheFirstGreatest() {
    let tensor = Tensor(rows: [
      [1, 3, 2, 3], [-5, -4, -4, -6], [-.infinity, -.infinity, -.infinity, -.infinity],
      [1, .nan, 7, .nan],
    ])
    XCTAssertEqual(tensor.argmax(), [1, 1, 0, 1])
    XCTAssertEqual(Tensor([2, 9, 4]).argmax(), [1])
    XCTAssertEqual(Tensor.zeros([0, 3]).argmax(), [])
  }
}
