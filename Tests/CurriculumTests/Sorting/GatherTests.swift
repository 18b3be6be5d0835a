import Coursework
import Foundation
import Tensors
import XCTest

@testable import SortingExercises
@testable import SortingVocabulary

/// Exercise 4.1: what is rejected, what is accepted.
final class GatherTests: XCTestCase {
  private typealias Question = TextLogits
  private let exercise = SortingSheet.gather

  /// A table of so many columns, entry by entry.
  private static func table(
    _ question: Question, columns: Int? = nil,
    _ entry: (_ logs: Tensor, _ text: Int, _ place: Int) -> Float
  ) -> Tensor {
    let logs = question.logits.logSoftmax()
    let columns = columns ?? question.tokens[0].count - 1
    return Tensor(
      question.tokens.indices.flatMap { text in (0..<columns).map { entry(logs, text, $0) } },
      shape: [question.tokens.count, columns])
  }

  private static func right(_ question: Question) -> Tensor {
    table(question) { $0[$1, $2, question.tokens[$1][$2 + 1]] }
  }

  private func wrong(
    _ name: String, says: String, _ answer: @escaping @Sendable (Question) -> Tensor
  ) -> Misconception { Misconception(of: exercise, name, says: says, answer: answer) }

  func testWrongAnswersHaveTheirSentenceAndRightOnesPass() {
    SortingProof.check(
      exercise,
      rejects: [
        wrong("no shift", says: "the token that it reads itself") { q in
          Self.table(q) { $0[$1, $2, q.tokens[$1][$2]] }
        },
        wrong("shifted back", says: "the shift goes the wrong way") { q in
          Self.table(q) { $0[$1, $2 + 1, q.tokens[$1][$2]] }
        },
        wrong("the last token everywhere", says: "the last token of its text") { q in
          Self.table(q) { $0[$1, $2, q.tokens[$1].last!] }
        },
        wrong("raw logits", says: "these are the logits themselves") { q in
          Self.table(q) { q.logits[$1, $2, q.tokens[$1][$2 + 1]] }
        },
        wrong("probabilities", says: "take logarithms") { Self.right($0).exponential() },
        wrong("a loss", says: "the sign is turned") { -Self.right($0) },
        wrong("bits", says: "nats are asked for") { Self.right($0) / Float(M_LN2) },
        wrong("a softmax over positions", says: "not the rows") { q in
          let logs = q.logits.permuted([0, 2, 1]).logSoftmax().permuted([0, 2, 1])
          return Self.table(q) { logs[$1, $2, q.tokens[$1][$2 + 1]] }
        },
        wrong("the logarithm of a softmax", says: "too small for a Float") { q in
          let logs = q.logits.logSoftmax().softmax().logarithm()
          return Self.table(q) { logs[$1, $2, q.tokens[$1][$2 + 1]] }
        },
        wrong("an exponential that overflows", says: "the table holds") { q in
          Self.table(q) { _, text, place in
            let row = q.logits[at: text][at: place].values
            // Large enough, for every case, that an exponential is infinite.
            let sum = row.reduce(0) { $0 + exp($1 + 200) }
            return log(exp(row[q.tokens[text][place + 1]] + 200) / sum)
          }
        },
        wrong("the last row too", says: "the table has the shape") { q in
          Self.table(q, columns: q.tokens[0].count) {
            $0[$1, $2, q.tokens[$1][min($2 + 1, q.tokens[0].count - 1)]]
          }
        },
      ],
      accepts: [
        Variant(of: exercise, "in loops of Double") { (q: Question) in
          Self.table(q) { _, text, place in
            let row = q.logits[at: text][at: place].values.map(Double.init)
            let greatest = row.max()!
            let sum = row.reduce(0) { $0 + exp($1 - greatest) }
            return Float(row[q.tokens[text][place + 1]] - greatest - log(sum))
          }
        },
        Variant(of: exercise, "gathered from flat rows") { (q: Question) in
          let count = q.tokens[0].count
          let logs = q.logits.slice(axis: 1, 0..<(count - 1)).logSoftmax()
          let flat = logs.reshaped(to: [logs.count / logs.shape[2], logs.shape[2]])
          let targets = q.tokens.flatMap { $0.dropFirst() }
          return Tensor(
            targets.enumerated().map { flat[$0.offset, $0.element] },
            shape: [q.tokens.count, count - 1])
        },
      ])
  }

  func testNonsenseIsNeverWorthFullMarks() throws {
    try SortingProof.checkNonsense(exercise, SortingProof.tensors)
  }
}
