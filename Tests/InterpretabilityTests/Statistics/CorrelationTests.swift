import Interpretability
import XCTest

/// Correlations by hand, and where there is none.
final class CorrelationTests: XCTestCase {
  func testPearsonByHand() throws {
    XCTAssertEqual(try XCTUnwrap(pearson([1, 2, 4], [3, 5, 9])), 1, accuracy: 1e-12)
    XCTAssertEqual(try XCTUnwrap(pearson([1, 2, 3], [6, 4, 2])), -1, accuracy: 1e-12)
    // Sums of products of deviations: 1.5 / √(2 · 1.5).
    XCTAssertEqual(
      try XCTUnwrap(pearson([1, 2, 3], [1, 1, 2.5])), 1.5 / 3.0.squareRoot(), accuracy: 1e-9)
    XCTAssertNil(pearson([1, 2, 3], [5, 5, 5]))
    XCTAssertNil(pearson([1], [2]))
  }

  func testWhatIsNoNumberHasNoCorrelation() throws {
    XCTAssertTrue(try XCTUnwrap(pearson([1, .nan, 3], [1, 2, 3])).isNaN)
    XCTAssertTrue(try XCTUnwrap(spearman([1, 2, 3], [.nan, 2, 3])).isNaN)
  }
}
