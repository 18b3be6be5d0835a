import Tensors
import XCTest

final class GradientTests: XCTestCase {
  func testWorkedByHand() {
    // f = Σ (x y + x²) with x = (1, 2), y = (3, −1): ∂f/∂x = y + 2x, ∂f/∂y = x.
    let x = Tensor([1, 2]).requiringGradient()
    let y = Tensor([3, -1]).requiringGradient()
    let found = gradient(of: (x * y + x * x).sum(), withRespectTo: [x, y])
    XCTAssertEqual(found[0].values, [5, 3])
    XCTAssertEqual(found[1].values, [1, 2])
  }

  func testAVariableUsedTwiceAccumulates() {
    let x = Tensor([3]).requiringGradient()
    let a = x * 2
    XCTAssertEqual(
      gradient(of: a * a + a + x, withRespectTo: [x])[0].values, [2 * 2 * 6 + 2 + 1])
  }

  func testAccumulationDoesNotWriteIntoAnothersGradient() {
    // Both operands of a sum get the same gradient; adding to one must not be seen by the other.
    let x = random([9], seed: 1).requiringGradient()
    let y = random([9], seed: 2).requiringGradient()
    let found = gradient(of: (x + y + x + x).sum(), withRespectTo: [x, y])
    XCTAssertEqual(found[0].values, Array(repeating: 3, count: 9))
    XCTAssertEqual(found[1].values, Array(repeating: 1, count: 9))
  }

  func testAskedTwiceIsTheSame() {
    let x = random([4, 4]).requiringGradient()
    let loss = (x.matmul(x).softmax() * x).sum()
    let first = gradient(of: loss, withRespectTo: [x])
    let second = gradient(of: loss, withRespectTo: [x, x])
    XCTAssertEqual(first[0], second[0])
    XCTAssertEqual(first[0], second[1])
  }

  func testIndependentVariablesHaveZeroGradients() {
    let x = random([3]).requiringGradient()
    let y = random([2, 5]).requiringGradient()
    let found = gradient(of: x.sum(), withRespectTo: [y, x])
    XCTAssertEqual(found[0], .zeros([2, 5]))
    XCTAssertEqual(found[1].values, [1, 1, 1])
    XCTAssertEqual(gradient(of: Tensor(scalar: 1), withRespectTo: [y])[0], .zeros([2, 5]))
  }

  func testWithRespectToAnIntermediateTensor() {
    // d = 2c², c = 3x: ∂d/∂c = 4c, and the variable before it gets 3 times that.
    let x = Tensor([2]).requiringGradient()
    let c = x * 3
    let d = c * c * 2
    let found = gradient(of: d, withRespectTo: [x, c, d])
    XCTAssertEqual(found.map(\.scalar), [72, 24, 1])
    XCTAssertEqual(gradient(of: d, withRespectTo: [c])[0].scalar, 24)
  }

  func testDetachedTensorsAreConstants() {
    let x = Tensor([2, 3]).requiringGradient()
    XCTAssertFalse(x.detached().requiresGradient)
    XCTAssertEqual(
      gradient(of: (x * x.detached()).sum(), withRespectTo: [x])[0].values, [2, 3])
  }

  func testRequiringAgainStartsANewHistory() {
    let x = Tensor([2]).requiringGradient()
    let restarted = (x * x).requiringGradient()
    let found = gradient(of: restarted * 5, withRespectTo: [restarted, x])
    XCTAssertEqual(found.map(\.scalar), [5, 0])
  }

  func testTensorsThatAskForNothingRecordNothing() {
    let x = random([3, 3])
    let result = (x.matmul(x) + x).softmax().geluTanh().sum(axis: 0).permuted([0])
    XCTAssertFalse(result.requiresGradient)
    XCTAssertNil(result.node)
  }

  func testGradientsCarryNoHistory() {
    let x = random([3]).requiringGradient()
    let y = random([3], seed: 2).requiringGradient()
    for found in gradient(of: (x * y).sum(), withRespectTo: [x, y]) {
      XCTAssertFalse(found.requiresGradient)
    }
  }

  func testASeedWeighsTheOutputs() {
    let x = Tensor([1, 2, 3]).requiringGradient()
    let seed = Tensor([10, 0, -1])
    XCTAssertEqual(
      gradient(of: x * x, withRespectTo: [x], seed: seed)[0].values, [20, 0, -6])
  }

  func testAVeryLongHistoryNeitherOverflowsNorLeaks() {
    weak var oldest: GradientNode?
    weak var middle: GradientNode?
    do {
      let x = Tensor([1, 2]).requiringGradient()
      oldest = x.node
      var y = x
      for step in 0..<200_000 {
        y = y + 1
        if step == 100_000 { middle = y.node }
      }
      XCTAssertEqual(gradient(of: y.sum(), withRespectTo: [x])[0].values, [1, 1])
      XCTAssertNotNil(oldest)
      XCTAssertNotNil(middle)
    }
    XCTAssertNil(oldest)
    XCTAssertNil(middle)
  }

  func testAHistoryOfManyBranchesIsFreed() {
    weak var oldest: GradientNode?
    weak var kept: GradientNode?
    var survivor: Tensor?
    do {
      let x = Tensor([1]).requiringGradient()
      oldest = x.node
      var (a, b) = (x, x * 0.5)
      for step in 0..<20_000 {
        (a, b) = ((a + b) * 0.5, (a * 0.5 + b * 0.5))
        if step == 10 {
          survivor = a
          kept = a.node
        }
      }
      XCTAssertEqual(gradient(of: a + b, withRespectTo: [x])[0].scalar, 1.5, accuracy: 1e-3)
    }
    // What is still held keeps its own part of the history, and gradients can be asked of it.
    XCTAssertNotNil(kept)
    XCTAssertNotNil(oldest)
    XCTAssertEqual(survivor?.requiresGradient, true)
    survivor = nil
    XCTAssertNil(kept)
    XCTAssertNil(oldest)
  }
}
