import Figures
import Tensors
import XCTest

final class FigureRowTests: XCTestCase {
  private func map(_ rows: Int, _ columns: Int) -> HeatMap {
    HeatMap(Tensor(repeating: 0.5, shape: [rows, columns]))
  }

  func testARowIsAsWideAsItsFiguresAndAsHighAsTheHighest() throws {
    let (low, high) = (map(2, 30), map(30, 2))
    let row = try FigureRow([low, high]).size
    XCTAssertEqual(row.width, try low.size.width + high.size.width)
    XCTAssertEqual(row.height, try max(low.size.height, high.size.height))
  }

  func testAnEmptyRowIsAnError() {
    XCTAssertThrowsError(try FigureRow([]).size) {
      XCTAssertEqual("\($0)", "A row of figures needs at least one figure to draw.")
    }
  }
}
