import Interpretability
import Tensors
import XCTest

final class RolloutTests: XCTestCase {
  /// Â¹ = [[1, 0], [¼, ¾]] and Â² = ½ everywhere: Â² Â¹ is [[⅝, ⅜], [⅝, ⅜]], Â¹ Â² would be ½.
  func testTwoLayersByHand() {
    let first = Tensor([1, 0, 0.5, 0.5], shape: [1, 2, 2])
    let second = Tensor([0, 1, 1, 0], shape: [1, 2, 2])
    XCTAssertEqual(attentionRollout([first, second]).values, [0.625, 0.375, 0.625, 0.375])
  }

  func testRowsSumToOne() {
    var generator = SeededGenerator(seed: 4)
    let layers = (0..<4).map { _ in
      Tensor.randomNormal([3, 6, 6], standardDeviation: 2, using: &generator).softmax()
    }
    for sum in attentionRollout(layers).sum(axis: 1).values {
      XCTAssertEqual(sum, 1, accuracy: 1e-5)
    }
  }

  func testHeadsAreAveraged() {
    let heads = Tensor([1, 0, 0, 1, 0, 1, 0, 1], shape: [2, 2, 2])
    XCTAssertEqual(attentionRollout([heads]).values, [0.75, 0.25, 0, 1])
  }

  func testEntropyIsInBitsAndZeroWhereOneKeyHasAll() {
    let pattern = Tensor(
      [1, 0, 0, 0, 0.5, 0.5, 0, 0, 0.25, 0.25, 0.25, 0.25, 0.5, 0.25, 0.125, 0.125],
      shape: [2, 2, 4])
    XCTAssertEqual(attentionEntropy(pattern).shape, [2, 2])
    XCTAssertEqual(attentionEntropy(pattern).values, [0, 1, 2, 1.75])
  }
}
