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
    _ name: String, says: String?, answer: @escaping @Sendable (LensOverTexts) throws -> [Spread]
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

  private static func hits(_ question: LensOverTexts) throws -> [Spread] {
    try Solution5.Answers().precision(of: question.logits, next: question.next)
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
      precision("ties are choices", says: "a tie was taken for a choice") { question in
        Self.careless(question.logits) { _ in question.logits.shape[0] - 1 }
      },
      precision("near ties", says: "only what is equal ties") { question in
        let final = question.logits[at: question.logits.shape[0] - 1].argmax()
        return Self.byLayer(question.logits) { layer, position in
          let row = question.logits[at: layer][at: position].values
          let sorted = row.indices.sorted { row[$0] > row[$1] }
          let isClear = row[sorted[0]] - row[sorted[1]] > 0.01
          return isClear && sorted[0] == final[position] ? 1 : 0
        }
      },
      precision("against gold", says: "comes next in the text") { question in
        let choices = (0..<question.logits.shape[0]).map { question.logits[at: $0].argmax() }
        return Self.byLayer(question.logits) { choices[$0][$1] == question.next[$1] ? 1 : 0 }
      },
      precision("neighbours", says: "not against the last") { question in
        let last = question.logits.shape[0] - 1
        return Self.careless(question.logits) { min($0 + 1, last) }
      },
      precision("per cent", says: "these are per cent") { question in
        try Self.hits(question).map { Spread(mean: 100 * $0.mean, deviation: 100 * $0.deviation) }
      },
      precision("a sample's deviation", says: "divided by one position less") { question in
        Self.sample(try Self.hits(question), count: question.next.count)
      },
      precision("the standard error", says: "standard error of the mean") { question in
        Self.standardError(try Self.hits(question), count: question.next.count)
      },
      precision("probability", says: "how probable the model's choice is") { question in
        let choice = question.logits[at: question.logits.shape[0] - 1].argmax()
        let p = question.logits.softmax()
        return Self.byLayer(question.logits) { Double(p[$0, $1, choice[$1]]) }
      },
      precision("disagreement", says: "share of disagreement") { question in
        try Self.hits(question).map { Spread(mean: 1 - $0.mean, deviation: $0.deviation) }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightPrecisionsAreAccepted() {
    let variants = [
      Variant(of: LensSheet.precisionAtOne, "by the library") { (question: LensOverTexts) in
        LensReading(logits: question.logits).precision.map(Spread.init)
      },
      Variant(of: LensSheet.precisionAtOne, "from p alone") { (question: LensOverTexts) in
        try Self.hits(question).map {
          Spread(mean: $0.mean, deviation: ($0.mean * (1 - $0.mean)).squareRoot())
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
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
    XCTAssertEqual(misconceptions.faults(), [])
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
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    let odd: [[Spread]] = [
      [], [Spread(mean: .nan, deviation: 0)],
      Array(repeating: Spread(mean: 1e300, deviation: -1), count: 4),
      Array(repeating: Spread(mean: .infinity, deviation: .nan), count: 3),
    ]
    for answer in odd {
      XCTAssertNil(precision("nonsense", says: nil) { _ in answer }.fault())
    }
    for answer in odd {
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
