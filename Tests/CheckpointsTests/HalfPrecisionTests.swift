import Checkpoints
import XCTest

/// The conversion without branches, held against Swift's own `Float16`.
final class HalfPrecisionTests: XCTestCase {
  func testEveryPatternHasItsValue() {
    for bits in UInt16.min...UInt16.max {
      let (ours, expected) = (float(half: bits), Float(Float16(bitPattern: bits)))
      XCTAssertTrue(
        ours.bitPattern == expected.bitPattern || ours.isNaN && expected.isNaN,
        "\(bits): \(ours), not \(expected)")
    }
  }

  func testSpecialValuesByHand() {
    XCTAssertEqual(float(half: 0x0001), 0x1p-24)
    XCTAssertEqual(float(half: 0x03FF), 1023 * 0x1p-24)
    XCTAssertEqual(float(half: 0x0400), 0x1p-14)
    XCTAssertEqual(float(half: 0x3C00), 1)
    XCTAssertEqual(float(half: 0xFBFF), -65504)
    XCTAssertEqual(float(half: 0xFC00), -.infinity)
    XCTAssertEqual(float(half: 0x8000).bitPattern, 0x8000_0000)
    XCTAssertTrue(float(half: 0x7C01).isNaN)
  }
}
