import Foundation
import Tensors
import XCTest

final class CrossEntropyTests: XCTestCase {
  private func reference(_ logits: Tensor, _ targets: [Int?]) -> Double {
    let width = logits.shape.last!
    var losses: [Double] = []
    for (row, target) in targets.enumerated() {
      guard let target else { continue }
      let x = logits.doubles[(row * width)..<((row + 1) * width)]
      let greatest = x.max()!
      let logSum = greatest + log(x.reduce(0) { $0 + exp($1 - greatest) })
      losses.append(logSum - x[x.startIndex + target])
    }
    return losses.isEmpty ? 0 : losses.reduce(0, +) / Double(losses.count)
  }

  func testTheMeanOverRowsThatCount() {
    for width in awkwardLengths {
      let logits = random([2, 3, width], seed: UInt64(width)) * 2
      for targets: [Int?] in [
        [0, width - 1, width / 2, 0, 0, width - 1], [nil, 0, nil, nil, width - 1, nil],
      ] {
        assertEqual(
          logits.crossEntropy(targets: targets), shape: [], [reference(logits, targets)],
          tolerance: 1e-6)
        assertGradient(of: [logits]) { $0[0].crossEntropy(targets: targets) }
      }
    }
  }

  func testEqualsTheNegativeLogSoftmax() {
    let logits = random([5, 17])
    let targets = [3, 0, 16, 9, 9]
    XCTAssertEqual(
      logits.crossEntropy(targets: targets).scalar,
      -logits.logSoftmax().gatheringColumns(targets).mean().scalar, accuracy: 1e-6)
    assertGradient(of: [logits]) { -$0[0].logSoftmax().gatheringColumns(targets).mean() }
  }

  func testIgnoredRowsFeelNothing() {
    let logits = random([3, 9]).requiringGradient()
    let found = gradient(
      of: logits.crossEntropy(targets: [4, nil, 2]), withRespectTo: [logits])[0]
    XCTAssertEqual(found[at: 1].values, Array(repeating: 0, count: 9))
    XCTAssertNotEqual(found[at: 0].values, Array(repeating: 0, count: 9))
  }

  func testNothingCountedIsZero() {
    let logits = random([2, 9]).requiringGradient()
    let loss = logits.crossEntropy(targets: [nil, nil])
    XCTAssertEqual(loss.scalar, 0)
    XCTAssertEqual(gradient(of: loss, withRespectTo: [logits])[0], .zeros([2, 9]))
    XCTAssertEqual(Tensor.zeros([0, 9]).crossEntropy(targets: []).scalar, 0)
  }

  func testAnImpossibleTargetIsInfinitelyUnlikely() {
    let hidden = Tensor([-.infinity, 0, 1], shape: [1, 3])
    XCTAssertEqual(hidden.crossEntropy(targets: [0]).scalar, .infinity)
    let all = Tensor(repeating: -.infinity, shape: [1, 3]).requiringGradient()
    let loss = all.crossEntropy(targets: [0])
    XCTAssertEqual(loss.scalar, .infinity)
    XCTAssertTrue(
      gradient(of: loss, withRespectTo: [all])[0].values.allSatisfy { !$0.isNaN })
  }

  func testSizesThatAreSharedAmongThreads() {
    let logits = random([300, 401])
    let targets: [Int?] = (0..<300).map { $0 % 7 == 0 ? nil : $0 * 31 % 401 }
    XCTAssertEqual(
      Double(logits.crossEntropy(targets: targets).scalar), reference(logits, targets),
      accuracy: 1e-5)
    let watched = logits.requiringGradient()
    let found = gradient(
      of: watched.crossEntropy(targets: targets), withRespectTo: [watched])[0]
    // Softmax minus one at the target, over the number of rows that count.
    let pattern = logits.softmax()
    var worst: Float = 0
    for (row, target) in targets.enumerated() {
      for column in 0..<401 {
        let expected =
          target == nil ? 0 : (pattern[row, column] - (column == target ? 1 : 0)) / 257
        worst = max(worst, abs(found[row, column] - expected))
      }
    }
    XCTAssertLessThan(worst, 1e-8)
  }
}
