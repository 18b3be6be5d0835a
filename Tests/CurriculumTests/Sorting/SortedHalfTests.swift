import Coursework
import Laboratory
import Tensors
import Transformers
import XCTest

@testable import SortingExercises
@testable import SortingVocabulary

/// Exercise 4.2: what is rejected, what is accepted.
final class SortedHalfTests: XCTestCase {
  private typealias Question = ListLogits
  private let exercise = SortingSheet.sortedHalf

  private static func half(_ q: Question, from offset: Int = 0, to end: Int = 0) -> Tensor {
    let n = q.lists.length
    return q.logits.slice(axis: 1, (n + 1 + offset)..<(2 * n + 1 + end))
  }

  private static func table(
    _ q: Question, columns: Int? = nil, _ entry: (Tensor, Int, Int) -> Float
  ) -> Tensor {
    let logs = q.half.logSoftmax()
    let columns = columns ?? q.lists.length
    return Tensor(
      q.tokens.indices.flatMap { list in (0..<columns).map { entry(logs, list, $0) } },
      shape: [q.tokens.count, columns])
  }

  private static func logs(_ q: Question) -> Tensor {
    table(q) { $0[$1, $2, q.tokens[$1][q.lists.length + 2 + $2]] }
  }

  private func wrongHalf(
    _ name: String, says: String, _ half: @escaping @Sendable (Question) -> Tensor
  ) -> Misconception {
    Misconception(of: exercise, in: SortingAsks.sortedHalf, name, says: says, answer: half)
  }

  private func wrongLogs(
    _ name: String, says: String, _ logs: @escaping @Sendable (Question) -> Tensor
  ) -> Misconception {
    Misconception(
      of: exercise, in: SortingAsks.sortedLogProbabilities, name, says: says, answer: logs)
  }

  func testWrongAnswersHaveTheirSentenceAndRightOnesPass() {
    SortingProof.check(
      exercise,
      rejects: [
        wrongHalf("rows that read the numbers", says: "the rows that read the sorted numbers") {
          Self.half($0, from: 1, to: 1)
        },
        wrongHalf("the last row too", says: "the last row is among them") { Self.half($0, to: 1) },
        wrongHalf("without MID", says: "the row of MID is missing") { Self.half($0, from: 1) },
        wrongHalf("cut twice", says: "the cut ends one too early") { Self.half($0, to: -1) },
        wrongHalf("cut and shifted", says: "the cut is all the shift there is") {
          Self.half($0, from: -1, to: -2)
        },
        wrongHalf("the front half", says: "rows of the list as it came") {
          $0.logits.slice(axis: 1, 1..<($0.lists.length + 1))
        },
        wrongHalf("one too early", says: "begin one too early") {
          Self.half($0, from: -1, to: -1)
        },
        wrongHalf("normalised", says: "leave the logits as they are") {
          Self.half($0).logSoftmax()
        },
        wrongLogs("shifted twice", says: "the cut has shifted already") { q in
          Self.table(q, columns: q.lists.length - 1) {
            $0[$1, $2, q.tokens[$1][q.lists.length + 3 + $2]]
          }
        },
        wrongLogs("shifted twice, round the end", says: "asks each row for the number after next") {
          q in
          Self.table(q) {
            $0[$1, $2, q.tokens[$1][q.lists.length + 2 + ($2 + 1) % q.lists.length]]
          }
        },
        wrongLogs("shifted back", says: "the wrong way on top of the cut") { q in
          Self.table(q, columns: q.lists.length - 1) {
            $0[$1, $2 + 1, q.tokens[$1][q.lists.length + 2 + $2]]
          }
        },
        wrongLogs("no shift at all", says: "the cut began one row before") { q in
          Self.table(q) { $0[$1, $2, q.tokens[$1][q.lists.length + 1 + $2]] }
        },
        wrongLogs("the list as it came", says: "not of the sorted half") { q in
          Self.table(q) { $0[$1, $2, q.tokens[$1][1 + $2]] }
        },
        wrongLogs("the last token everywhere", says: "asked for the last number") { q in
          Self.table(q) { $0[$1, $2, q.tokens[$1].last!] }
        },
        wrongLogs("raw logits", says: "normalise each row") { q in
          Self.table(q) { q.half[$1, $2, q.tokens[$1][q.lists.length + 2 + $2]] }
        },
      ],
      accepts: [
        Variant(of: exercise, in: SortingAsks.sortedHalf, "rows stacked one by one") { q in
          let n = q.lists.length
          return .stack(
            q.tokens.indices.map { list in
              .stack((0..<n).map { q.logits[at: list][at: n + 1 + $0] })
            })
        },
        Variant(of: exercise, in: SortingAsks.sortedLogProbabilities, "by cross-entropy of rows") {
          q in
          let logs = q.tokens.indices.flatMap { list in
            q.tokens[list].sorted().prefix(q.lists.length * 2).enumerated().filter {
              $0.offset % 2 == 0
            }.map { place, number in
              -q.half[at: list].slice((place / 2)..<(place / 2 + 1))
                .crossEntropy(targets: [number]).scalar
            }
          }
          return Tensor(logs, shape: [q.tokens.count, q.lists.length])
        },
      ])
  }

  func testNonsenseIsNeverWorthFullMarks() throws {
    for part in [SortingAsks.sortedHalf, SortingAsks.sortedLogProbabilities] {
      try SortingProof.checkNonsense(exercise.only(part), SortingProof.tensors)
    }
  }
}
