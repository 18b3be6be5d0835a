import Tensors
import XCTest

final class AttentionMaskTests: XCTestCase {
  private let keys = [[true, true, true, true, false], [true, false, true, true, true]]

  /// Masks of every kind with the rule each stands for, written out.
  private var masks: [(AttentionMask, @Sendable (_ row: Int, _ query: Int, _ key: Int) -> Bool)] {
    [
      (AttentionMask(isCausal: false), { _, _, _ in true }),
      (AttentionMask(keys: keys, isCausal: false), { [keys] row, _, key in keys[row][key] }),
      (AttentionMask(isCausal: true), { _, query, key in key <= query }),
      (AttentionMask(isCausal: true, queryOffset: 2), { _, query, key in key <= query + 2 }),
      (
        AttentionMask(keys: keys, isCausal: true, queryOffset: 1),
        { [keys] row, query, key in key <= query + 1 && keys[row][key] }
      ),
    ]
  }

  func testHiddenScoresBecomeMinusInfinityAndOthersStay() {
    let scores = random([2, 3, 3, 5])
    for (mask, sees) in masks {
      let masked = scores.masked(by: mask)
      XCTAssertEqual(masked.shape, scores.shape)
      XCTAssertTrue(scores.values.allSatisfy(\.isFinite), "a mask changed scores that are shared")
      for i in indices(of: scores.shape) {
        let expected = sees(i[0], i[2], i[3]) ? scores[i[0], i[1], i[2], i[3]] : -.infinity
        XCTAssertEqual(masked[i[0], i[1], i[2], i[3]], expected)
        XCTAssertEqual(mask.allows(row: i[0], query: i[2], key: i[3]), sees(i[0], i[2], i[3]))
      }
    }
  }

  func testGradientsThroughMaskAndSoftmax() {
    for (mask, _) in masks {
      assertGradient(of: [random([2, 2, 3, 5])]) { $0[0].masked(by: mask).softmax() }
    }
  }

  func testPaddingDoesNotChangeWhatIsSeen() {
    let scores = random([1, 2, 3, 4])
    let padded = Tensor.concatenation([scores, random([1, 2, 3, 5], seed: 2) * 100], axis: 3)
    let mask = AttentionMask(
      keys: [Array(repeating: true, count: 4) + Array(repeating: false, count: 5)],
      isCausal: false)
    let pattern = padded.masked(by: mask).softmax()
    assertEqual(
      pattern.slice(axis: 3, 0..<4), shape: [1, 2, 3, 4], scores.softmax().doubles,
      tolerance: 1e-6)
    XCTAssertEqual(pattern.slice(axis: 3, 4..<9), .zeros([1, 2, 3, 5]))
  }

  func testAQueryThatSeesNothingGivesZeros() {
    let mask = AttentionMask(keys: [[false, false]], isCausal: true)
    let scores = random([1, 1, 2, 2]).requiringGradient()
    let pattern = scores.masked(by: mask).softmax()
    XCTAssertEqual(pattern.values, [0, 0, 0, 0])
    XCTAssertEqual(
      gradient(of: pattern.sum(), withRespectTo: [scores])[0], .zeros([1, 1, 2, 2]))
  }
}
