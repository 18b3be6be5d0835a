import Coursework
import Laboratory
import Tensors
import Transformers
import XCTest

@testable import SortingExercises
@testable import SortingVocabulary
@testable import Solution4

/// Exercise 4.7: what is rejected, what is accepted.
final class WhatTheHeadReadsTests: XCTestCase {
  private typealias Question = ReadingHead
  private let exercise = SortingSheet.whatTheHeadReads

  private static func reads(_ q: Question) throws -> [[Int]] {
    try Solution4.Answers().tokensRead(by: q.sorter, sorting: q.lists)
  }

  private static func share(_ q: Question) throws -> Double {
    try Solution4.Answers().shareOfNextNumbers(q.otherReads, sorting: q.otherLists)
  }

  /// What stands where `choose` finds something in the pattern of a list, `[query, key]`.
  private static func tokens(
    _ q: Question, rows: Range<Int>? = nil,
    _ choose: (_ pattern: Tensor, _ row: Int, _ tokens: [Int]) -> Int
  ) throws -> [[Int]] {
    let lists = q.sorter.lists
    return try q.lists.map { list in
      let tokens = lists.tokens(of: list)
      let run = try q.sorter.model.run(ModelInput(tokens), capturing: [.pattern(.blocks, 0)])
      let pattern = try run.trace[.pattern(.blocks, 0)][at: 0][at: 0]
      return (rows ?? lists.sortedRows).map { choose(pattern, $0, tokens) }
    }
  }

  private static func most(_ places: Range<Int>, _ weight: (Int) -> Float) -> Int {
    places.max { weight($0) < weight($1) }!
  }

  private func wrongReads(
    _ name: String, says: String, _ reads: @escaping @Sendable (Question) throws -> [[Int]]
  ) -> Misconception {
    Misconception(of: exercise, in: SortingAsks.tokensRead, name, says: says, answer: reads)
  }

  private func wrongShare(
    _ name: String, says: String, _ share: @escaping @Sendable (Question) throws -> Double
  ) -> Misconception {
    Misconception(
      of: exercise, in: SortingAsks.shareOfNextNumbers, name, says: says, answer: share)
  }

  /// The share of rows, from `first` on, for which something holds of what is read.
  private static func share(
    _ q: Question, from first: Int = 0,
    _ holds: (_ read: Int, _ sorted: [Int], _ place: Int) -> Bool
  ) -> Double {
    let rows = zip(q.otherReads, q.otherLists).flatMap { reads, list in
      reads.indices.filter { $0 >= first }.map { holds(reads[$0], list.sorted(), $0) }
    }
    return Double(rows.count { $0 }) / Double(rows.count)
  }

  func testWrongAnswersHaveTheirSentenceAndRightOnesPass() {
    SortingProof.check(
      exercise,
      rejects: [
        wrongReads("positions", says: "these are positions") { q in
          try Self.tokens(q) { pattern, row, tokens in
            Self.most(0..<tokens.count) { pattern[row, $0] }
          }
        },
        wrongReads("rows that read the numbers", says: "begin one too late") { q in
          let rows = q.sorter.lists.sortedRows
          return try Self.tokens(q, rows: (rows.lowerBound + 1)..<(rows.upperBound + 1)) {
            pattern, row, tokens in
            tokens[Self.most(0..<tokens.count) { pattern[row, $0] }]
          }
        },
        wrongReads("columns", says: "a row of the pattern is a query") { q in
          let rows = q.sorter.lists.sortedRows
          return try Self.tokens(q) { pattern, column, tokens in
            tokens[Self.most(rows) { pattern[$0, column] }]
          }
        },
        wrongReads("the sorted numbers", says: "it need not be a good one") { q in
          q.lists.map { $0.sorted() }
        },
        wrongReads("the list alone", says: "sorted numbers can be read too") { q in
          try Self.tokens(q) { pattern, row, tokens in
            tokens[Self.most(1..<(q.sorter.lists.length + 1)) { pattern[row, $0] }]
          }
        },
        wrongReads("the least", says: "take the greatest weight") { q in
          try Self.tokens(q) { pattern, row, tokens in
            tokens[Self.most(0..<(row + 1)) { -pattern[row, $0] }]
          }
        },
        wrongShare("per cent", says: "in per cent") { try Self.share($0) * 100 },
        wrongShare("the others", says: "the rows that do not") { try 1 - Self.share($0) },
        wrongShare("any greater number", says: "only the least of them") { q in
          Self.share(q) { read, sorted, place in
            place == 0 ? sorted.contains(read) : read > sorted[place - 1]
          }
        },
        wrongShare("its own number", says: "read their own number") { q in
          Self.share(q) { read, sorted, place in place > 0 && read == sorted[place - 1] }
        },
        wrongShare("without MID", says: "the row of MID is left out") { q in
          Self.share(q, from: 1) { $0 == $1[$2] }
        },
        wrongShare("whole lists", says: "whole lists are counted") { q in
          Double(zip(q.otherReads, q.otherLists).count { $0 == $1.sorted() })
            / Double(q.otherLists.count)
        },
      ],
      accepts: [
        Variant(of: exercise, in: SortingAsks.tokensRead, "list by list") { q in
          try Self.tokens(q) { pattern, row, tokens in
            tokens[Self.most(0..<tokens.count) { pattern[row, $0] }]
          }
        },
        Variant(of: exercise, in: SortingAsks.shareOfNextNumbers, "row by row") { q in
          Self.share(q) { $0 == $1[$2] }
        },
        Variant(of: exercise, in: SortingAsks.tokensRead, "from scores") { q in
          let lists = q.sorter.lists
          let point = HookPoint.block(.blocks, 0, .attention(.own, .scores))
          let scores = try q.sorter.model.run(
            ModelInput(tokens: q.lists.map { lists.tokens(of: $0) }), capturing: [point]
          ).trace[point]
          return q.lists.indices.map { list in
            lists.sortedRows.map { row in
              let place = Self.most(0..<(row + 1)) { scores[list, 0, row, $0] }
              return lists.tokens(of: q.lists[list])[place]
            }
          }
        },
        Variant(of: exercise, in: SortingAsks.shareOfNextNumbers, "searching for the next") { q in
          Self.share(q) { read, sorted, place in
            let own = place == 0 ? -1 : sorted[place - 1]
            return read == sorted.filter { $0 > own }.min()
          }
        },
      ])
  }

  /// The sentence that the sheet tells of its sorter, measured in loops of `Double`.
  func testTheTrainedHeadReadsTheNextNumber() throws {
    let sorter = try LiveTraining.result.get().sorter
    var generator = SeededGenerator(seed: 1)
    let naive = NaiveSorter(sorter)
    let rows = sorter.lists.draw(.test, count: 200, using: &generator).flatMap { list in
      let tokens = sorter.lists.tokens(of: list)
      return zip(naive.attention(sorting: list), list.sorted()).map { weights, next in
        tokens[weights.indices.max { weights[$0] < weights[$1] }!] == next
      }
    }
    let share = Double(rows.count { $0 }) / Double(rows.count)
    print("reads the next number at \(share) of rows")
    XCTAssertGreaterThan(share, 0.8)
  }

  func testNonsenseIsNeverWorthFullMarks() throws {
    let reads: [[[Int]]] = [[], [[]], [[1]], Array(repeating: [-1, .max], count: 12)]
    try SortingProof.checkNonsense(exercise.only(SortingAsks.tokensRead), reads)
    try SortingProof.checkNonsense(
      exercise.only(SortingAsks.shareOfNextNumbers), [Double.nan, .infinity, -1, 1e308])
  }
}
