import Coursework
import Foundation
import Tensors
import XCTest

@testable import SortingExercises
@testable import SortingVocabulary

/// Exercise 4.12: what is rejected, what is accepted.
final class PerplexityTests: XCTestCase {
  private typealias Question = TextLogits
  private let exercise = SortingSheet.perplexity

  /// The probabilities of the tokens that rows predict, a list a text.
  private static func probabilities(_ q: Question, shift: Int = 1) -> [[Float]] {
    let rows = q.logits.softmax()
    return q.tokens.enumerated().map { text, tokens in
      (0..<(tokens.count - shift)).map { rows[text, $0, tokens[$0 + shift]] }
    }
  }

  /// One over the geometric mean.
  private static func inverse(_ probabilities: [Float]) -> Float {
    pow(probabilities.reduce(1, *), -1 / Float(probabilities.count))
  }

  private static func right(_ q: Question) -> Float { inverse(probabilities(q).flatMap(\.self)) }

  private func wrong(
    _ name: String, says: String, _ answer: @escaping @Sendable (Question) -> Float
  ) -> Misconception { Misconception(of: exercise, name, says: says, answer: answer) }

  func testWrongAnswersHaveTheirSentenceAndRightOnesPass() {
    SortingProof.check(
      exercise,
      rejects: [
        wrong("the loss", says: "its exponential is asked for") { log(Self.right($0)) },
        wrong("the probability", says: "never below 1") { 1 / Self.right($0) },
        wrong("no shift", says: "shift, as in 4.1") {
          Self.inverse(Self.probabilities($0, shift: 0).flatMap(\.self))
        },
        wrong("a mean of inverses", says: "before the mean") { q in
          let all = Self.probabilities(q).flatMap(\.self)
          return all.reduce(0) { $0 + 1 / $1 } / Float(all.count)
        },
        wrong("text by text", says: "the mean of the texts' perplexities") { q in
          let texts = Self.probabilities(q).map(Self.inverse)
          return texts.reduce(0, +) / Float(texts.count)
        },
        wrong("the whole text's", says: "the exponential of the sum") {
          1 / Self.probabilities($0).flatMap(\.self).reduce(1, *)
        },
        wrong("two to the nats", says: "not of 2") { exp2(log(Self.right($0))) },
      ],
      accepts: [
        Variant(of: exercise, "one over the geometric mean") { Self.right($0) },
        Variant(of: exercise, "two to the mean of bits") { (q: Question) in
          let all = Self.probabilities(q).flatMap(\.self)
          return exp2(-all.reduce(0) { $0 + log2($1) } / Float(all.count))
        },
      ])
  }

  func testNonsenseIsNeverWorthFullMarks() throws {
    try SortingProof.checkNonsense(exercise, [Float.nan, .infinity, 0, 1, -1, 1e30])
  }
}
