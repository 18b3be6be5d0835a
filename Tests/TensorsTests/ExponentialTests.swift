import Foundation
import Tensors
import XCTest

final class ExponentialTests: XCTestCase {
  func testWithinTwoUnitsInTheLastPlace() {
    // Every 97th of the Float32 values in the range, both signs: some 23 million of them.
    var worst = (error: 0.0, at: Float(0))
    for (limit, sign) in [(Float(87.33), Float(-1)), (88.72, 1)] {
      var bits = UInt32(0)
      var batch: [Float] = []
      while bits <= limit.bitPattern {
        batch.append(sign * Float(bitPattern: bits))
        bits += 97
        guard batch.count == 4096 || bits > limit.bitPattern else { continue }
        for (x, y) in zip(batch, Tensor(batch).exponential().values) {
          let exact = exp(Double(x))
          let error = abs(Double(y) - exact) / Double(Float(exact).ulp)
          if error > worst.error { worst = (error, x) }
        }
        batch.removeAll(keepingCapacity: true)
      }
    }
    XCTAssertLessThanOrEqual(worst.error, 2, "at \(worst.at)")
  }

  func testTheEndsOfTheRange() {
    let input: [Float] = [
      -.infinity, -1e30, -104, -90, -87.34, 88.73, 1e30, .infinity, .greatestFiniteMagnitude,
    ]
    XCTAssertEqual(
      Tensor(input).exponential().values,
      [0, 0, 0, 0, 0, .infinity, .infinity, .infinity, .infinity])
    XCTAssertTrue(Tensor([.nan]).exponential().scalar.isNaN)
    XCTAssertTrue(Tensor([-.nan]).exponential().scalar.isNaN)
  }

  func testExactAtZero() {
    XCTAssertEqual(Tensor([0, -0.0]).exponential().values, [1, 1])
    XCTAssertEqual(
      Tensor([.leastNonzeroMagnitude, -.leastNormalMagnitude]).exponential().values, [1, 1])
  }

  func testWhatWouldBeSubnormalIsZero() {
    // The results lie below the least normal number, 1.18e-38: nothing a sum of weights would feel.
    let input = (0...160).map { -87.34 - Float($0) / 10 }
    XCTAssertEqual(Tensor(input).exponential().values, Array(repeating: 0, count: 161))
  }
}
