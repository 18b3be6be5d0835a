import Coursework
import Foundation
import Interpretability
import Tensors
import Transformers
import XCTest

@testable import LensesExercises
@testable import LensesVocabulary
@testable import Solution5

/// Exercises 5.3 and 5.4: what is rejected, what is accepted.
final class LensMeasureTests: XCTestCase {
  private func precision(
    _ name: String, says: String?, answer: @escaping @Sendable (Tensor) throws -> [Spread]
  ) -> Misconception {
    Misconception(of: LensSheet.precisionAtOne, name, says: says, answer: answer)
  }

  private func surprisal(
    _ name: String, says: String?, answer: @escaping @Sendable (Tensor) throws -> [Spread]
  ) -> Misconception {
    Misconception(of: LensSheet.whoseSurprise, name, says: says, answer: answer)
  }

  private static func byLayer(
    _ logits: Tensor, _ value: (_ layer: Int, _ position: Int) -> Double
  ) -> [Spread] {
    (0..<logits.shape[0]).map { layer in
      Spread(LensReading.Spread((0..<logits.shape[1]).map { value(layer, $0) }))
    }
  }

  /// 1 where two layers have the same greatest token, ties counting for the first.
  private static func careless(
    _ logits: Tensor, against other: (Int) -> Int
  ) -> [Spread] {
    let choices = (0..<logits.shape[0]).map { logits[at: $0].argmax() }
    return byLayer(logits) { choices[$0][$1] == choices[other($0)][$1] ? 1 : 0 }
  }

  private static func hits(_ logits: Tensor) throws -> [Spread] {
    try Solution5.Answers().precision(of: logits)
  }

  /// The deviation a sample's is, from the population's.
  private static func sample(_ spreads: [Spread], count: Int) -> [Spread] {
    let factor = (Double(count) / Double(count - 1)).squareRoot()
    return spreads.map { Spread(mean: $0.mean, deviation: $0.deviation * factor) }
  }

  private static func standardError(_ spreads: [Spread], count: Int) -> [Spread] {
    spreads.map { Spread(mean: $0.mean, deviation: $0.deviation / Double(count).squareRoot()) }
  }

  func testWrongPrecisionsAreRejectedWithTheirSentence() {
    let misconceptions = [
      precision("ties are choices", says: "a tie was taken for a choice") { logits in
        Self.careless(logits) { _ in logits.shape[0] - 1 }
      },
      precision("neighbours", says: "not against the last") { logits in
        Self.careless(logits) { min($0 + 1, logits.shape[0] - 1) }
      },
      precision("per cent", says: "these are per cent") { logits in
        try Self.hits(logits).map { Spread(mean: 100 * $0.mean, deviation: 100 * $0.deviation) }
      },
      precision("a sample's deviation", says: "divided by one position less") { logits in
        Self.sample(try Self.hits(logits), count: logits.shape[1])
      },
      precision("the standard error", says: "standard error of the mean") { logits in
        Self.standardError(try Self.hits(logits), count: logits.shape[1])
      },
      precision("probability", says: "how probable the model's choice is") { logits in
        let choice = logits[at: logits.shape[0] - 1].argmax()
        let p = logits.softmax()
        return Self.byLayer(logits) { Double(p[$0, $1, choice[$1]]) }
      },
      precision("disagreement", says: "share of disagreement") { logits in
        try Self.hits(logits).map { Spread(mean: 1 - $0.mean, deviation: $0.deviation) }
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightPrecisionsAreAccepted() {
    let variants = [
      Variant(of: LensSheet.precisionAtOne, "by the library") { (logits: Tensor) in
        LensReading(logits: logits).precision.map(Spread.init)
      },
      Variant(of: LensSheet.precisionAtOne, "from p alone") { (logits: Tensor) in
        try Self.hits(logits).map {
          Spread(mean: $0.mean, deviation: ($0.mean * (1 - $0.mean)).squareRoot())
        }
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  func testWrongSurprisalsAreRejectedWithTheirSentence() {
    let misconceptions = [
      surprisal("the lens's own", says: "the lens's surprise at its own choice") { logits in
        let p = logits.logSoftmax()
        let choice = (0..<logits.shape[0]).map { logits[at: $0].argmax() }
        return Self.byLayer(logits) { -Double(p[$0, $1, choice[$0][$1]]) }
      },
      surprisal("at the model's choice", says: "surprise at the model's choice") { logits in
        let p = logits.logSoftmax()
        let choice = logits[at: logits.shape[0] - 1].argmax()
        return Self.byLayer(logits) { -Double(p[$0, $1, choice[$1]]) }
      },
      surprisal("bits", says: "these are bits") { logits in
        try Solution5.Answers().surprisal(of: logits).map {
          Spread(mean: $0.mean / log(2), deviation: $0.deviation / log(2))
        }
      },
      surprisal("the sign", says: "the sign is wrong") { logits in
        try Solution5.Answers().surprisal(of: logits).map {
          Spread(mean: -$0.mean, deviation: $0.deviation)
        }
      },
      surprisal("entropy", says: "this is the entropy of each layer") { logits in
        LensReading(logits: logits).entropy.map(Spread.init)
      },
      surprisal("a sample's deviation", says: "divided by one position less") { logits in
        Self.sample(
          try Solution5.Answers().surprisal(of: logits), count: logits.shape[1])
      },
      surprisal("no softmax", says: "take the logarithm of the softmax") { logits in
        let last = logits.shape[0] - 1
        let choice = (0...last).map { logits[at: $0].argmax() }
        return Self.byLayer(logits) { -Double(logits[last, $1, choice[$0][$1]]) }
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightSurprisalsAreAccepted() {
    let variants = [
      Variant(of: LensSheet.whoseSurprise, "by the library") { (logits: Tensor) in
        LensReading(logits: logits).surprisal.map(Spread.init)
      },
      Variant(of: LensSheet.whoseSurprise, "the logarithm of probabilities") { (logits: Tensor) in
        let last = logits.shape[0] - 1
        return Self.byLayer(logits) { layer, position in
          let row = logits[at: last][at: position].values.map { Double($0) }
          let choice = logits[at: layer][at: position].argmax()[0]
          let top = row.max()!
          return log(row.reduce(0) { $0 + exp($1 - top) }) + top - row[choice]
        }
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  func testNonsenseEarnsNothing() {
    let odd: [[Spread]] = [
      [], [Spread(mean: .nan, deviation: 0)],
      Array(repeating: Spread(mean: 1e300, deviation: -1), count: 4),
      Array(repeating: Spread(mean: .infinity, deviation: .nan), count: 3),
    ]
    for answer in odd {
      XCTAssertNil(precision("nonsense", says: nil) { _ in answer }.fault())
      XCTAssertNil(surprisal("nonsense", says: nil) { _ in answer }.fault())
    }
  }
}

extension Spread {
  /// What the library measured, as an answer.
  fileprivate init(_ spread: LensReading.Spread) {
    self.init(mean: spread.mean, deviation: spread.deviation)
  }
}
