import Coursework
import Foundation
import Tensors
import XCTest

@testable import SortingExercises
@testable import SortingVocabulary

/// Exercise 4.3: what is rejected, what is accepted.
final class PaddedLossTests: XCTestCase {
  private typealias Question = PaddedLogits
  private let exercise = SortingSheet.paddedLoss

  /// The losses of a text's positions that count, for each text.
  private static func losses(
    _ q: Question, shift: Int = 1, where counts: ([Bool], Int) -> Bool
  ) -> [[Float]] {
    let logs = q.logits.logSoftmax()
    return q.batch.tokens.enumerated().map { text, tokens in
      (0..<(tokens.count - shift)).filter { counts(q.batch.mask[text], $0) }.map {
        -logs[text, $0, tokens[$0 + shift]]
      }
    }
  }

  /// What a table of one's own holds at the positions that count.
  private static func table(_ q: Question, _ entry: (Int, Int) -> Float) -> [Float] {
    q.batch.mask.enumerated().flatMap { text, mask in
      (0..<(mask.count - 1)).filter { mask[$0] && mask[$0 + 1] }.map { entry(text, $0) }
    }
  }

  private static func mean(_ values: [Float]) -> Float {
    values.reduce(0, +) / Float(values.count)
  }

  private static func right(_ q: Question) -> [[Float]] { losses(q) { $0[$1] && $0[$1 + 1] } }

  /// A mistake that some batches do not show is right on those.
  private func wrong(
    _ name: String, says: String, _ answer: @escaping @Sendable (Question) -> Float
  ) -> Misconception { Misconception(of: exercise, name, says: says, answer: answer) }

  func testWrongAnswersHaveTheirSentenceAndRightOnesPass() {
    SortingProof.check(
      exercise,
      rejects: [
        wrong("padding counted", says: "padding is counted") { q in
          Self.mean(Self.losses(q) { _, _ in true }.flatMap(\.self))
        },
        wrong("divided by all", says: "divided by all positions") { q in
          Self.right(q).flatMap(\.self).reduce(0, +)
            / Float(q.batch.tokens.count * (q.batch.tokens[0].count - 1))
        },
        wrong("a mean of means", says: "the mean of the texts' means") { q in
          Self.mean(Self.right(q).map(Self.mean))
        },
        wrong("a sum", says: "this is a sum") { Self.right($0).flatMap(\.self).reduce(0, +) },
        wrong("a text", says: "by the number of texts") {
          Self.right($0).flatMap(\.self).reduce(0, +) / Float($0.batch.tokens.count)
        },
        wrong("the mask of what is read", says: "would be asked for padding") { q in
          Self.mean(Self.losses(q) { $0[$1] }.flatMap(\.self))
        },
        wrong("the mask of what is asked", says: "stands behind padding") { q in
          Self.mean(Self.losses(q) { $0[$1 + 1] }.flatMap(\.self))
        },
        wrong("no shift", says: "shift, as in 4.1") { q in
          Self.mean(Self.losses(q, shift: 0) { $0[$1] }.flatMap(\.self))
        },
        wrong("a table of logits", says: "as of 4.1 that is wrong: it holds logits") { q in
          -Self.mean(Self.table(q) { q.logits[$0, $1, q.batch.tokens[$0][$1 + 1]] })
        },
        wrong("a table of last tokens", says: "asked there for the last token. Mend 4.1 first") {
          q in
          let logs = q.logits.logSoftmax()
          return -Self.mean(Self.table(q) { logs[$0, $1, q.batch.tokens[$0].last!] })
        },
        wrong("the mean itself", says: "minus the mean") {
          -Self.mean(Self.right($0).flatMap(\.self))
        },
        wrong("bits", says: "in bits") {
          Self.mean(Self.right($0).flatMap(\.self)) / Float(M_LN2)
        },
      ],
      accepts: [
        Variant(of: exercise, "by cross-entropy with rows that do not count") { (q: Question) in
          let targets = q.batch.tokens.enumerated().flatMap { text, tokens in
            tokens.indices.map { p -> Int? in
              let mask = q.batch.mask[text]
              return p + 1 < tokens.count && mask[p] && mask[p + 1] ? tokens[p + 1] : nil
            }
          }
          return q.logits.crossEntropy(targets: targets).scalar
        },
        Variant(of: exercise, "text by text, the padding cut off, in Double") { (q: Question) in
          var (sum, count) = (0.0, 0)
          for (text, mask) in q.batch.mask.enumerated() {
            let here = mask.indices.filter { mask[$0] }
            for p in here.dropLast() {
              let row = q.logits[at: text][at: p].values.map(Double.init)
              sum += log(row.reduce(0) { $0 + exp($1) }) - row[q.batch.tokens[text][p + 1]]
              count += 1
            }
          }
          return Float(sum / Double(count))
        },
      ])
  }

  func testNonsenseIsNeverWorthFullMarks() throws {
    try SortingProof.checkNonsense(exercise, [Float.nan, .infinity, -.infinity, 0, 1e38, -1])
  }
}
