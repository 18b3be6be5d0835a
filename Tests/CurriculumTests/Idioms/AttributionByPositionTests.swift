import Coursework
import Foundation
import IdiomsVocabulary
import Tensors
import XCTest

@testable import IdiomsExercises
@testable import Solution7

/// Exercise 7.5: what is rejected, what is accepted.
final class AttributionByPositionTests: XCTestCase {
  private func attribution(
    _ name: String, says: String?, answer: @escaping @Sendable (LogitParts) throws -> Tensor
  ) -> Misconception {
    Misconception(of: IdiomsSheet.attribution, name, says: says, answer: answer)
  }

  /// Means of a value at each part and position, by a rule that says which side it is on.
  private static func means(
    _ key: LogitParts, to end: Int? = nil, isIn: (Int) -> Bool,
    _ value: (_ part: Int, _ position: Int) -> Float
  ) -> Tensor {
    let positions = 0..<(end ?? key.tokens.count - 1)
    return Tensor(
      rows: (0..<key.parts.shape[0]).map { part in
        [true, false].map { side in
          let own = positions.filter { isIn($0) == side }
          return own.reduce(0) { $0 + value(part, $1) } / Float(own.count)
        }
      })
  }

  private static func added(
    _ key: LogitParts, _ part: Int, _ position: Int, token: Int, centred: Bool = true,
    scaled: Bool = true
  ) -> Float {
    var row = key.parts[at: part][at: position]
    if centred { row = row - row.mean() }
    return (row * key.unembedding[at: token]).sum().scalar / (scaled ? key.scales[position] : 1)
  }

  func testWrongAttributionsAreRejectedWithTheirSentence() {
    @Sendable func follows(_ key: LogitParts) -> (Int) -> Bool { { key.span.contains($0 + 1) } }
    let misconceptions = [
      attribution("token i", says: "stands there already") { key in
        Self.means(key, to: key.tokens.count, isIn: { key.span.contains($0) }) {
          Self.added(key, $0, $1, token: key.tokens[$1])
        }
      },
      attribution("positions in the span", says: "whether the token that follows does") { key in
        Self.means(key, isIn: { key.span.contains($0) }) {
          Self.added(key, $0, $1, token: key.tokens[$1 + 1])
        }
      },
      attribution("not centred", says: "takes off the mean") { key in
        Self.means(key, isIn: follows(key)) {
          Self.added(key, $0, $1, token: key.tokens[$1 + 1], centred: false)
        }
      },
      attribution("no scale", says: "the scale was left out") { key in
        Self.means(key, isIn: follows(key)) {
          Self.added(key, $0, $1, token: key.tokens[$1 + 1], scaled: false)
        }
      },
      attribution("a norm for each part", says: "by its own spread") { key in
        Self.means(key, isIn: follows(key)) { part, position in
          let row = key.parts[at: part][at: position]
          let centred = row - row.mean()
          let own = (centred * centred).mean().scalar.squareRoot()
          return (centred * key.unembedding[at: key.tokens[position + 1]]).sum().scalar / own
        }
      },
      attribution("around the end", says: "the last position was counted") { key in
        let count = key.tokens.count
        return Self.means(key, to: count, isIn: { key.span.contains(($0 + 1) % count) }) {
          Self.added(key, $0, $1, token: key.tokens[($1 + 1) % count])
        }
      },
      attribution("exchanged", says: "exchanged") { key in
        Self.means(key, isIn: { !key.span.contains($0 + 1) }) {
          Self.added(key, $0, $1, token: key.tokens[$1 + 1])
        }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightAttributionsAreAccepted() {
    let variants = [
      Variant(of: IdiomsSheet.attribution, "a direction that is centred instead") {
        (key: LogitParts) in
        Self.means(key, isIn: { key.span.contains($0 + 1) }) { part, position in
          let row = key.unembedding[at: key.tokens[position + 1]]
          return ((row - row.mean()) * key.parts[at: part][at: position]).sum().scalar
            / key.scales[position]
        }
      },
      Variant(of: IdiomsSheet.attribution, "one product for all tokens") { (key: LogitParts) in
        let scaled =
          (key.parts - key.parts.mean(axis: 2, keepingAxis: true))
          / key.scales.reshaped(to: [key.tokens.count, 1])
        let logits = scaled.matmul(transposing: key.unembedding)
        return Self.means(key, isIn: { key.span.contains($0 + 1) }) {
          logits[$0, $1, key.tokens[$1 + 1]]
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    XCTAssertEqual(
      oddTensors.map { tensor in attribution("nonsense", says: nil) { _ in tensor } }.faults(), [])
  }
}
