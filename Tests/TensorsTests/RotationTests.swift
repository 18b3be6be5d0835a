import Foundation
import Tensors
import XCTest

/// Rotary positions by their definition.
final class RotationTests: XCTestCase {
  private let angles: [Float] = [0.3, -1.1, 2.5, 0.7, 1.9, -0.4]

  private func rotation(rows: Int, pairs: Int, isInterleaved: Bool) -> Rotation {
    let count = rows * 3 * pairs
    let values = (0..<count).map { angles[$0 % 6] * Float(1 + $0 / 6) }
    let shape = [rows, 3, pairs]
    return Rotation(
      cosines: Tensor(values.map { cos($0) }, shape: shape),
      sines: Tensor(values.map { sin($0) }, shape: shape), isInterleaved: isInterleaved)
  }

  func testPairsTurnLikeComplexNumbers() {
    for isInterleaved in [true, false] {
      for rows in [1, 2] {
        let x = random([2, 3, 2, 7])
        let rotation = rotation(rows: rows, pairs: 2, isInterleaved: isInterleaved)
        let found = x.rotated(by: rotation)
        for b in 0..<2 {
          for t in 0..<3 {
            for h in 0..<2 {
              for pair in 0..<2 {
                let (i, j) = isInterleaved ? (2 * pair, 2 * pair + 1) : (pair, pair + 2)
                let c = rotation.cosines[rows == 1 ? 0 : b, t, pair]
                let s = rotation.sines[rows == 1 ? 0 : b, t, pair]
                let (re, im) = (x[b, t, h, i], x[b, t, h, j])
                XCTAssertEqual(found[b, t, h, i], re * c - im * s, accuracy: 1e-6)
                XCTAssertEqual(found[b, t, h, j], im * c + re * s, accuracy: 1e-6)
              }
              // Behind the last pair nothing is turned.
              for i in 4..<7 { XCTAssertEqual(found[b, t, h, i], x[b, t, h, i]) }
            }
          }
        }
      }
    }
  }

  func testGradientEqualsCentralDifferences() {
    for isInterleaved in [true, false] {
      let rotation = rotation(rows: 1, pairs: 2, isInterleaved: isInterleaved)
      assertGradient(of: [random([1, 3, 1, 5])]) { $0[0].rotated(by: rotation) }
    }
  }

  func testAWindowHidesWhatLiesTooFarBack() {
    let scores = random([1, 1, 3, 6])
    for (offset, window) in [(3, 1), (3, 3), (0, 2), (3, 100)] {
      let mask = AttentionMask(isCausal: true, queryOffset: offset, window: window)
      let found = scores.masked(by: mask)
      for query in 0..<3 {
        for key in 0..<6 {
          let place = query + offset
          let isSeen = key <= place && key > place - window
          XCTAssertEqual(mask.allows(row: 0, query: query, key: key), isSeen)
          XCTAssertEqual(found[0, 0, query, key], isSeen ? scores[0, 0, query, key] : -.infinity)
        }
      }
    }
  }
}
