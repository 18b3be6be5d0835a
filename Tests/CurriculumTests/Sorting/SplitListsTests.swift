import Foundation
import Tensors
import XCTest

@testable import Coursework
@testable import SortingExercises
@testable import SortingVocabulary
@testable import Solution4

/// Exercise 4.4: what is rejected, what is accepted.
final class SplitListsTests: XCTestCase {
  private typealias Question = ListsToSplit
  private let exercise = SortingSheet.splitLists

  private static func answer(
    _ q: Question, _ split: (_ lists: [[Int]], _ seed: UInt64) throws -> ListSplit
  ) rethrows -> [ListSplit] {
    [
      try split(q.lists, q.seed), try split(q.lists, q.seed), try split(q.lists, q.otherSeed),
    ]
  }

  /// Groups of places, shuffled by a seed and cut into eight, one and one in ten.
  private static func cut(_ groups: [[Int]], seed: UInt64, tenths: Int = 1) -> ListSplit {
    var generator = SeededGenerator(seed: seed)
    let shuffled = groups.shuffled(using: &generator)
    let part = tenths * groups.count / 10
    return ListSplit(
      training: shuffled[(2 * part)...].flatMap(\.self),
      development: shuffled[part..<(2 * part)].flatMap(\.self),
      test: shuffled[..<part].flatMap(\.self))
  }

  private static func groups(
    _ lists: [[Int]], by key: ([Int]) -> [Int] = { $0.sorted() }
  ) -> [[Int]] {
    Dictionary(grouping: lists.indices) { key(lists[$0]) }.values.sorted { $0[0] < $1[0] }
  }

  private func wrong(
    _ name: String, says: String,
    _ split: @escaping @Sendable (_ lists: [[Int]], _ seed: UInt64) -> ListSplit
  ) -> Misconception {
    Misconception(of: exercise, name, says: says) { (q: Question) in Self.answer(q, split) }
  }

  func testWrongAnswersHaveTheirSentenceAndRightOnesPass() {
    SortingProof.check(
      exercise,
      rejects: [
        wrong("lists one by one", says: "in another order: the answer is the same") {
          // Doubles kept together, so that only other orders are on both sides.
          Self.cut(Self.groups($0) { $0 }, seed: $1)
        },
        wrong("places one by one", says: "the very same list stands at two places") {
          Self.cut($0.indices.map { [$0] }, seed: $1)
        },
        wrong("in the order given", says: "nothing is drawn by chance") { lists, _ in
          let groups = Self.groups(lists)
          let tenth = groups.count / 10
          return ListSplit(
            training: groups[(2 * tenth)...].flatMap(\.self),
            development: groups[tenth..<(2 * tenth)].flatMap(\.self),
            test: groups[..<tenth].flatMap(\.self))
        },
        wrong("each list once", says: "some lists are in no part") {
          Self.cut(Self.groups($0).map { [$0[0]] }, seed: $1)
        },
        wrong("too much for test", says: "are not about eight, one and one") {
          Self.cut(Self.groups($0), seed: $1, tenths: 3)
        },
        wrong("parts exchanged", says: "seem to have changed places") {
          let split = Self.cut(Self.groups($0), seed: $1)
          return ListSplit(
            training: split.test, development: split.development, test: split.training)
        },
        wrong("training on everything", says: "a list is in two parts") { lists, seed in
          var split = Self.cut(Self.groups(lists), seed: seed)
          split.training = Array(lists.indices)
          return split
        },
        Misconception(of: exercise, "another generator", says: "the same seed gave another split") {
          (q: Question) in
          // What a generator without a seed does, in a way that a test can repeat.
          (1...3).map { Self.cut(Self.groups(q.lists), seed: $0) }
        },
      ],
      accepts: [
        Variant(of: exercise, "by a hash of the numbers") { (q: Question) in
          Self.answer(q) { lists, seed in
            var split = ListSplit(training: [], development: [], test: [])
            for (place, list) in lists.enumerated() {
              var hash = seed
              for number in list.sorted() {
                var mixer = SeededGenerator(seed: hash ^ UInt64(number))
                hash = mixer.next()
              }
              switch hash % 10 {
              case 0: split.development.append(place)
              case 1: split.test.append(place)
              default: split.training.append(place)
              }
            }
            return split
          }
        },
        Variant(of: exercise, "group by group until a part is full") { (q: Question) in
          Self.answer(q) { lists, seed in
            var generator = SeededGenerator(seed: seed)
            var split = ListSplit(training: [], development: [], test: [])
            for group in Self.groups(lists).shuffled(using: &generator) {
              if split.test.count < lists.count / 10 {
                split.test += group
              } else if split.development.count < lists.count / 10 {
                split.development += group
              } else {
                split.training += group
              }
            }
            return split
          }
        },
      ])
  }

  /// Where no two lists share their numbers, there is nothing to keep together.
  func testListsThatOccurOnceMayBeShuffledOneByOne() throws {
    let cases = try exercise.cases(seed: 5)
    let once = try XCTUnwrap(cases.first { $0.name == "lists that occur once" })
    let question = try JSONDecoder().decode(Question.self, from: once.question)
    XCTAssertEqual(Set(question.lists.map { $0.sorted() }).count, question.lists.count)
    let answer = Self.answer(question) { lists, seed in
      Self.cut(lists.indices.map { [$0] }, seed: seed)
    }
    XCTAssertEqual(
      once.verdict(on: [.answered(try JSONEncoder().encode(answer))]).status, .passed)
  }

  func testNonsenseIsNeverWorthFullMarks() throws {
    let splits = [
      ListSplit(training: [], development: [], test: []),
      ListSplit(training: [0, 0], development: [], test: []),
      ListSplit(training: [-1], development: [.max], test: [.min]),
    ]
    try SortingProof.checkNonsense(
      exercise, splits.map { [$0, $0, $0] } + [[], [splits[0]]])
  }
}
