import Checkpoints
import Tensors
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

  /// Every half, what lies just beside it, and what lies half way to the next.
  func testRoundingIsThatOfFloat16() {
    for bits in UInt16.min...UInt16.max {
      let value = Float(Float16(bitPattern: bits))
      let next = Float(Float16(bitPattern: bits &+ 1))
      let middle = (value + next) / 2
      for value in [value, value.nextUp, value.nextDown, middle, middle.nextUp, middle.nextDown] {
        let (ours, expected) = (half(value), Float16(value))
        if ours == expected.bitPattern || float(half: ours).isNaN && expected.isNaN { continue }
        XCTFail("\(value): \(ours), not \(expected.bitPattern)")
      }
    }
    XCTAssertEqual(half(65_519), 0x7BFF)
    XCTAssertEqual(half(65_520), 0x7C00)
    XCTAssertEqual(half(-.greatestFiniteMagnitude), 0xFC00)
    XCTAssertEqual(half(.leastNonzeroMagnitude), 0)
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
