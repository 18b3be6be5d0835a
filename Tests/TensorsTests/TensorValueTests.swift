import Tensors
import XCTest

final class TensorValueTests: XCTestCase {
  func testWritingToACopyLeavesTheOriginal() {
    let original = Tensor([1, 2, 3, 4], shape: [2, 2])
    var copy = original
    copy[1, 0] = 9
    XCTAssertEqual(original.values, [1, 2, 3, 4])
    XCTAssertEqual(copy.values, [1, 2, 9, 4])
  }

  func testAReshapedTensorIsAValueToo() {
    let original = Tensor([1, 2, 3, 4])
    var matrix = original.reshaped(to: [2, 2])
    matrix[0, 1] = 7
    XCTAssertEqual(original.values, [1, 2, 3, 4])
    XCTAssertEqual(matrix.values, [1, 7, 3, 4])
  }

  func testWritingToAnUnsharedTensorKeepsItsMemory() {
    var tensor = Tensor.zeros([4])
    let before = tensor.withUnsafeValues { $0.baseAddress }
    tensor.withUnsafeMutableValues { $0[2] = 1 }
    XCTAssertEqual(tensor.withUnsafeValues { $0.baseAddress }, before)
    XCTAssertEqual(tensor.values, [0, 0, 1, 0])
  }

  func testWritingForgetsTheHistoryOfTheCopyAlone() {
    let variable = Tensor([1, 2]).requiringGradient()
    var copy = variable * 3
    let kept = copy
    XCTAssertTrue(copy.requiresGradient)
    copy[0] = 0
    XCTAssertFalse(copy.requiresGradient)
    XCTAssertTrue(kept.requiresGradient)
    XCTAssertEqual(kept.values, [3, 6])
  }

  func testIndexingIsRowMajor() {
    let tensor = Tensor((0..<24).map { Float($0) }, shape: [2, 3, 4])
    for index in indices(of: [2, 3, 4]) {
      XCTAssertEqual(
        tensor[index[0], index[1], index[2]], Float(index[0] * 12 + index[1] * 4 + index[2]))
    }
  }

  func testConstructors() {
    XCTAssertEqual(Tensor(rows: [[1, 2], [3, 4], [5, 6]]).shape, [3, 2])
    XCTAssertEqual(Tensor(rows: [[1, 2], [3, 4], [5, 6]])[2, 1], 6)
    XCTAssertEqual(Tensor(rows: []).shape, [0, 0])
    XCTAssertEqual(Tensor(scalar: 5).shape, [])
    XCTAssertEqual(Tensor(scalar: 5).scalar, 5)
    XCTAssertEqual(Tensor(repeating: 2, shape: [9]).values, Array(repeating: 2, count: 9))
    XCTAssertEqual(Tensor.zeros([3, 0, 2]).count, 0)
    XCTAssertEqual(Tensor.zeros([3, 0, 2]).values, [])
  }

  func testMemoryIsAlignedToACacheLine() {
    for length in [0, 1, 7, 1000] {
      Tensor.zeros([length]).withUnsafeValues {
        XCTAssertEqual(UInt(bitPattern: $0.baseAddress) % 64, 0)
      }
    }
  }

  func testEqualityComparesShapesAndFollowsIEEE754() {
    XCTAssertNotEqual(Tensor.zeros([2, 3]), Tensor.zeros([3, 2]))
    XCTAssertEqual(Tensor([0]), Tensor([-0.0]))
    XCTAssertNotEqual(Tensor([.nan]), Tensor([.nan]))
  }

  func testDescriptionShowsShapeAndFirstValues() {
    XCTAssertEqual(Tensor([1, 2.5]).description, "Tensor [2] [1, 2.5]")
    XCTAssertEqual(
      Tensor.zeros([3, 3]).description, "Tensor [3, 3] [0, 0, 0, 0, 0, 0, 0, 0, …]")
  }
}
