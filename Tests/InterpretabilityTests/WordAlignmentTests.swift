import Interpretability
import Tensors
import XCTest

final class WordAlignmentTests: XCTestCase {
  /// Och and Ney's definition by hand: A = {00, 11, 12}, S = {00, 11}, P = S ∪ {12, 22}.
  func testErrorRateCountsSureAndPossibleLinks() {
    let proposed: Set = [
      WordLink(target: 0, source: 0), WordLink(target: 1, source: 1),
      WordLink(target: 1, source: 2),
    ]
    let sure: Set = [WordLink(target: 0, source: 0), WordLink(target: 1, source: 1)]
    let possible: Set = [WordLink(target: 1, source: 2), WordLink(target: 2, source: 2)]
    XCTAssertEqual(alignmentErrorRate(proposed, sure: sure, possible: possible), 0, accuracy: 1e-12)
    XCTAssertEqual(alignmentErrorRate(proposed, sure: sure), 1 - 4.0 / 5, accuracy: 1e-12)
    XCTAssertEqual(alignmentErrorRate([], sure: sure), 1, accuracy: 1e-12)
    XCTAssertEqual(alignmentErrorRate([], sure: []), 0, accuracy: 1e-12)
  }

  /// Two target pieces of one word are averaged, two source pieces of one word are added.
  func testPoolingAveragesTargetPiecesAndAddsSourcePieces() {
    let attention = Tensor([0.1, 0.2, 0.7, 0.3, 0.4, 0.3], shape: [1, 2, 3])
    let pooled = poolingPieces(attention, targetWords: [0, 0], sourceWords: [0, 0, nil])
    XCTAssertEqual(pooled.shape, [1, 1, 1])
    XCTAssertEqual(pooled[0, 0, 0], 0.5, accuracy: 1e-6)
  }
}
