import Tensors
import XCTest

final class ShapingTests: XCTestCase {
  func testPermutationMovesEveryValueToItsPlace() {
    let cases: [([Int], [Int])] = [
      ([], []), ([5], [0]), ([3, 7], [1, 0]), ([3, 7], [0, 1]), ([2, 3, 4], [2, 0, 1]),
      ([2, 3, 4], [1, 0, 2]), ([2, 1, 9, 3], [0, 2, 1, 3]), ([2, 1, 9, 3], [3, 1, 2, 0]),
      ([2, 0, 3], [2, 1, 0]),
    ]
    for (shape, order) in cases {
      let tensor = random(shape)
      let newShape = order.map { shape[$0] }
      let expected = indices(of: newShape).map { index -> Double in
        var source = Array(repeating: 0, count: shape.count)
        for (axis, i) in zip(order, index) { source[axis] = i }
        return value(tensor, source)
      }
      assertEqual(tensor.permuted(order), shape: newShape, expected, tolerance: 0)
      assertGradient(of: [tensor]) { $0[0].permuted(order) }
    }
  }

  func testTransposingTwiceGivesTheOriginal() {
    let tensor = random([2, 5, 9])
    XCTAssertEqual(tensor.transposed().shape, [2, 9, 5])
    XCTAssertEqual(tensor.transposed().transposed(), tensor)
    XCTAssertEqual(tensor.transposed()[1, 8, 3], tensor[1, 3, 8])
  }

  func testReshapingKeepsOrderAndGradient() {
    let tensor = random([2, 6])
    XCTAssertEqual(tensor.reshaped(to: [3, 1, 4]).values, tensor.values)
    assertGradient(of: [tensor]) { $0[0].reshaped(to: [3, 4]) * random([3, 4], seed: 8) }
  }

  func testSlicesAlongEveryAxis() {
    let tensor = random([3, 4, 5])
    for axis in 0..<3 {
      for range in [0..<1, 1..<3, 2..<3, 0..<tensor.shape[axis], 1..<1] {
        var shape = tensor.shape
        shape[axis] = range.count
        let expected = indices(of: shape).map { index -> Double in
          var source = index
          source[axis] += range.lowerBound
          return value(tensor, source)
        }
        assertEqual(tensor.slice(axis: axis, range), shape: shape, expected, tolerance: 0)
        assertGradient(of: [tensor]) { $0[0].slice(axis: axis, range) }
      }
    }
  }

  func testOneEntryLosesItsAxis() {
    let tensor = random([3, 2, 4])
    XCTAssertEqual(tensor[at: 2].shape, [2, 4])
    XCTAssertEqual(tensor[at: 2].values, Array(tensor.values[16..<24]))
    XCTAssertEqual(Tensor([4, 5])[at: 1].scalar, 5)
    assertGradient(of: [tensor]) { $0[0][at: 1] }
  }

  func testConcatenationIsUndoneBySlices() {
    for axis in 0..<3 {
      let parts = [1, 3, 0, 2].enumerated().map { index, length in
        var shape = [2, 3, 7]
        shape[axis] = length
        return random(shape, seed: UInt64(index))
      }
      let whole = Tensor.concatenation(parts, axis: axis)
      XCTAssertEqual(whole.shape[axis], 6)
      var start = 0
      for part in parts {
        let end = start + part.shape[axis]
        XCTAssertEqual(whole.slice(axis: axis, start..<end), part)
        start = end
      }
      assertGradient(of: parts) { Tensor.concatenation($0, axis: axis) }
    }
  }

  func testStackAddsAFirstAxis() {
    let stack = Tensor.stack([Tensor([1, 2]), Tensor([3, 4]), Tensor([5, 6])])
    XCTAssertEqual(stack, Tensor(rows: [[1, 2], [3, 4], [5, 6]]))
    XCTAssertEqual(Tensor.stack([Tensor(scalar: 1), Tensor(scalar: 2)]).shape, [2])
    assertGradient(of: [random([3]), random([3], seed: 2)]) { Tensor.stack($0) }
  }

  func testGatheredRowsMayRepeat() {
    let table = random([5, 9])
    let rows = [4, 0, 4, 4, 2]
    let gathered = table.gathering(rows)
    XCTAssertEqual(gathered.shape, [5, 9])
    for (place, row) in rows.enumerated() { XCTAssertEqual(gathered[at: place], table[at: row]) }
    assertGradient(of: [table]) { $0[0].gathering(rows) }
    XCTAssertEqual(table.gathering([]).shape, [0, 9])
    assertGradient(of: [random([4])]) { $0[0].gathering([3, 3, 0]) }
  }

  func testGatheredColumnsPickOneValueARow() {
    let matrix = Tensor(rows: [[1, 2, 3], [4, 5, 6]])
    XCTAssertEqual(matrix.gatheringColumns([2, 0]).values, [3, 4])
    assertGradient(of: [matrix]) { $0[0].gatheringColumns([2, 0]) }
  }
}
