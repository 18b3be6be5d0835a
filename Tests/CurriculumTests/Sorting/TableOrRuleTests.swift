import Coursework
import Laboratory
import Tensors
import Transformers
import XCTest

@testable import SortingExercises
@testable import SortingVocabulary
@testable import Solution4

/// Exercise 4.9: what is rejected, what is accepted.
final class TableOrRuleTests: XCTestCase {
  private typealias Question = MetAndUnmet
  private let exercise = SortingSheet.tableOrRule

  private static func right(_ q: Question) throws -> Generalisation {
    try Solution4.Answers().generalisation(
      of: q.sorter, trainedOn: q.training, measuredOn: q.lists)
  }

  private static func unseen(_ q: Question) -> [[Int]] {
    let known = Set(q.training.map { $0.sorted() })
    return q.lists.filter { !known.contains($0.sorted()) }
  }

  private static func stepsByTwo(_ list: [Int]) -> Bool {
    zip(list, list.dropFirst()).allSatisfy { $1 - $0 == 2 }
  }

  private func wrong(
    _ name: String, says: String,
    _ change: @escaping @Sendable (Question, inout Generalisation) throws -> Void
  ) -> Misconception {
    Misconception(of: exercise, name, says: says) { (q: Question) in
      var answer = try Self.right(q)
      try change(q, &answer)
      return answer
    }
  }

  func testWrongAnswersHaveTheirSentenceAndRightOnesPass() {
    SortingProof.check(
      exercise,
      rejects: [
        wrong("another order is another list", says: "in another order are counted") { q, answer in
          let known = Set(q.training)
          answer.seen = try q.sorter.accuracy(on: q.lists.filter { known.contains($0) })
          answer.unseen = try q.sorter.accuracy(on: q.lists.filter { !known.contains($0) })
          answer.isRule = answer.unseen >= 0.9
        },
        wrong("numbers, not lists", says: "a list is right when") { q, answer in
          let unseen = Self.unseen(q)
          let pairs = zip(
            try q.sorter.predictions(of: unseen).flatMap(\.self), unseen.flatMap { $0.sorted() })
          answer.unseen = Double(pairs.count { $0 == $1 }) / Double(unseen.count * 4)
        },
        wrong("met and unmet exchanged", says: "have changed places") { _, answer in
          swap(&answer.seen, &answer.unseen)
        },
        wrong("seen for unseen", says: "`unseen` is the share of the lists that were met") {
          _, answer in answer.unseen = answer.seen
        },
        wrong("unseen for seen", says: "`seen` is the share of the lists that were not met") {
          _, answer in answer.seen = answer.unseen
        },
        wrong("everything measured", says: "is counted among what was not") { q, answer in
          answer.unseen = try q.sorter.accuracy(on: q.lists)
        },
        wrong("steps of the list as it came", says: "sort a list before you look") { q, answer in
          let steps = Self.unseen(q).filter(Self.stepsByTwo)
          answer.stepsOfTwo = steps.isEmpty ? 0.123 : try q.sorter.accuracy(on: steps) * 0.999
        },
        wrong("steps of two left out", says: "belong to the unmet as well") { q, answer in
          answer.unseen = try q.sorter.accuracy(
            on: Self.unseen(q).filter { !Self.stepsByTwo($0.sorted()) })
        },
        wrong("judged by what was met", says: "a table is called a rule") { q, answer in
          answer.isRule = try q.sorter.accuracy(on: q.training) >= 0.9
        },
        wrong("nothing is a rule", says: "a rule is called a table") { _, answer in
          answer.isRule = false
        },
      ],
      accepts: [
        Variant(of: exercise, "list by list from predictions") { (q: Question) in
          var counts: [String: (right: Int, all: Int)] = [:]
          let known = q.training.map { Set($0) }
          for (list, written) in zip(q.lists, try q.sorter.predictions(of: q.lists)) {
            let isKnown = known.contains(Set(list))
            var groups = [isKnown ? "seen" : "unseen"]
            if !isKnown, list.max()! - list.min()! == 6, Set(list.map { $0 % 2 }).count == 1 {
              groups.append("steps")
            }
            for group in groups {
              counts[group, default: (0, 0)].all += 1
              counts[group]!.right += written == list.sorted() ? 1 : 0
            }
          }
          func share(_ group: String) -> Double {
            counts[group].map { Double($0.right) / Double($0.all) } ?? 0
          }
          return Generalisation(
            seen: share("seen"), unseen: share("unseen"), stepsOfTwo: share("steps"),
            isRule: share("unseen") > 0.899)
        },
        Variant(of: exercise, "the naive forward pass") { (q: Question) in
          let naive = NaiveSorter(q.sorter)
          func share(_ lists: [[Int]]) -> Double {
            Double(lists.count { naive.written(sorting: $0) == $0.sorted() }) / Double(lists.count)
          }
          let unseen = Self.unseen(q)
          let seen = q.lists.filter { !unseen.contains($0) }
          return Generalisation(
            seen: share(seen), unseen: share(unseen),
            stepsOfTwo: share(unseen.filter { Self.stepsByTwo($0.sorted()) }),
            isRule: share(unseen) >= 0.9)
        },
      ])
  }

  func testNonsenseIsNeverWorthFullMarks() throws {
    try SortingProof.checkNonsense(
      exercise,
      [Double.nan, .infinity, -1, 2, 1e308, 0, 1].map {
        Generalisation(seen: $0, unseen: $0, stepsOfTwo: -$0, isRule: true)
      })
  }
}
