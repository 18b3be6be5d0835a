import XCTest

@testable import Figures

final class ColourBarTests: XCTestCase {
  /// One number alone does not say how far the colours reach; a reach of 48 used to get only 0.
  func testEveryBarHasAtLeastTwoNumbersInsideIt() {
    for scale in [ColourScale.sequential, .diverging] {
      for length in [60.0, 84, 140] {
        for step in 1...400 {
          let reach = Float(step) * 0.37
          let values = ValueScale(scale, range: nil, values: [reach])
          for isUpright in [true, false] {
            let bar = ColourBar(values, title: "", length: length, isUpright: isUpright)
            XCTAssertGreaterThanOrEqual(bar.ticks.count, 2, "\(scale), \(reach), \(length)")
            XCTAssertLessThanOrEqual(bar.ticks.count, max(2, Int(length / 14)), "\(reach)")
            XCTAssertTrue(
              bar.ticks.allSatisfy { values.lower - 1e-6 <= $0 && $0 <= values.upper + 1e-6 })
          }
        }
      }
    }
  }
}
