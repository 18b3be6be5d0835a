import Interpretability
import Tensors
import XCTest

final class HeadDetectorTests: XCTestCase {
  private let tokens = [5, 7, 5]
  private let pattern = Tensor([1, 0, 0, 0.25, 0.75, 0, 0.5, 0.3, 0.2], shape: [1, 3, 3])

  private func score(_ kind: HeadKind, by measure: HeadMeasure = .multiplied) -> Float {
    headScores(pattern, against: kind.detectionPattern(for: tokens), by: measure)[0]
  }

  /// Σ A⊙D / Σ A by hand; the rows of three tokens sum to 3.
  func testMultipliedScoresByHand() {
    XCTAssertEqual(score(.previousToken), (0.25 + 0.3) / 3, accuracy: 1e-6)
    XCTAssertEqual(score(.duplicateToken), 0.5 / 3, accuracy: 1e-6)
    XCTAssertEqual(score(.firstToken), (1 + 0.25 + 0.5) / 3, accuracy: 1e-6)
    XCTAssertEqual(score(.induction), 0.3 / 3, accuracy: 1e-6)
  }

  /// 1 − mean |A − D| by hand: the rows differ by 1, 1.5 and 1.4.
  func testAbsoluteScoreByHand() {
    XCTAssertEqual(score(.previousToken, by: .absolute), 1 - 3.9 / 9, accuracy: 1e-6)
  }

  /// Two copies of a span: after the second “a” an induction head reads what followed the first.
  func testDetectionPatternsOfARepeatedSpan() {
    let tokens = [1, 2, 3, 1, 2]
    let induction = HeadKind.induction.detectionPattern(for: tokens)
    let duplicate = HeadKind.duplicateToken.detectionPattern(for: tokens)
    for query in tokens.indices {
      for key in tokens.indices {
        XCTAssertEqual(induction[query, key], [[3, 1], [4, 2]].contains([query, key]) ? 1 : 0)
        XCTAssertEqual(duplicate[query, key], [[3, 0], [4, 1]].contains([query, key]) ? 1 : 0)
      }
    }
  }

  func testAHeadThatIsItsDetectionPatternScoresOne() {
    let first = HeadKind.firstToken.detectionPattern(for: tokens)
    for measure in [HeadMeasure.multiplied, .absolute] {
      XCTAssertEqual(headScores(.stack([first]), against: first, by: measure), [1])
    }
  }
}
