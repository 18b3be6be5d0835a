import Coursework
import Tensors
import XCTest

@testable import ProbingExercises
@testable import ProbingVocabulary

/// Exercise 2.3: what is rejected, what is accepted.
final class ControlTaskTests: XCTestCase {
  private typealias Question = ControlWords
  private let exercise = ProbingSheet.controlTask

  private static func labels(
    _ question: Question, seed: UInt64, type: (String) -> String = { $0.lowercased() }
  ) -> [Int] {
    var generator = SeededGenerator(seed: seed)
    var known: [String: Int] = [:]
    return question.words.map { word in
      let drawn = known[type(word)] ?? Int.random(in: 0..<question.classes, using: &generator)
      known[type(word)] = drawn
      return drawn
    }
  }

  private static func accuracy(_ outcome: ProbeOutcome) -> Double {
    Double(zip(outcome.predictions, outcome.labels).count { $0 == $1 })
      / Double(outcome.labels.count)
  }

  private static func selectivity(_ question: Question) -> Double {
    accuracy(question.task) - accuracy(question.control)
  }

  private func labels(
    _ name: String, says: String?,
    _ labels: @escaping @Sendable (Question, _ seed: UInt64, _ call: UInt64) -> [Int]
  ) -> Misconception {
    Misconception(of: exercise, in: ProbingAsks.controlLabels, name, says: says) { question in
      [
        labels(question, question.seed, 0), labels(question, question.seed, 1),
        labels(question, question.seed &+ 1, 2),
      ]
    }
  }

  private func selectivity(
    _ name: String, says: String?, _ selectivity: @escaping @Sendable (Question) -> Double
  ) -> Misconception {
    Misconception(
      of: exercise, in: ProbingAsks.selectivity, name, says: says, answer: selectivity)
  }

  func testWrongControlTasksAreRejectedWithTheirSentence() {
    let misconceptions = [
      labels("a draw for every occurrence", says: "every type keeps its class") {
        question, seed, _ in
        var generator = SeededGenerator(seed: seed)
        return question.words.map { _ in
          Int.random(in: 0..<question.classes, using: &generator)
        }
      },
      labels("capitals make types", says: "compare words in lower case") { question, seed, _ in
        Self.labels(question, seed: seed) { $0 }
      },
      labels("another seed at every call", says: "the same seed gave other classes") {
        question, seed, call in
        Self.labels(question, seed: seed &+ call &* 99)
      },
      labels("no seed", says: "another seed gave the same classes") { question, _, _ in
        Self.labels(question, seed: 1)
      },
      labels("by length", says: "the length of a word") { question, seed, _ in
        question.words.map { ($0.count + Int(seed % 5)) % question.classes }
      },
      labels("by first letter", says: "a letter of the word") { question, seed, _ in
        Self.labels(question, seed: seed) { String($0.lowercased().prefix(1)) }
      },
      labels("in turn", says: "dealt out in turn") { question, seed, _ in
        var known: [String: Int] = [:]
        return question.words.map { word in
          let type = word.lowercased()
          let label = known[type] ?? (known.count + Int(seed % 97)) % question.classes
          known[type] = label
          return label
        }
      },
      labels("one class", says: "all words have the same class") { question, _, _ in
        question.words.map { _ in 0 }
      },
      labels("not evenly", says: "not drawn evenly") { question, seed, _ in
        Self.labels(question, seed: seed).map { $0 == 0 ? 0 : $0 % max(question.classes - 1, 1) }
      },
      labels("classes from one", says: "is none of 0 to") { question, seed, _ in
        Self.labels(question, seed: seed).map { $0 + 1 }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testWrongSelectivitiesAreRejectedWithTheirSentence() {
    let misconceptions = [
      selectivity("the other way round", says: "the wrong sign") { -Self.selectivity($0) },
      selectivity("accuracy alone", says: "the accuracy alone") { Self.accuracy($0.task) },
      selectivity("a ratio", says: "not their ratio") {
        Self.accuracy($0.task) / Self.accuracy($0.control)
      },
      selectivity("per cent", says: "in per cent") { 100 * Self.selectivity($0) },
      selectivity("counts", says: "a difference of counts") {
        Self.accuracy($0.task) * Double($0.task.labels.count)
          - Self.accuracy($0.control) * Double($0.control.labels.count)
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, in: ProbingAsks.controlLabels, "types sorted first") { question in
        [question.seed, question.seed, question.seed &+ 1].map { seed in
          var generator = SeededGenerator(seed: seed)
          let types = Set(question.words.map { $0.lowercased() }).sorted()
          let classes = Dictionary(
            uniqueKeysWithValues: types.map {
              ($0, Int.random(in: 0..<question.classes, using: &generator))
            })
          return question.words.map { classes[$0.lowercased()]! }
        }
      },
      Variant(of: exercise, in: ProbingAsks.selectivity, "errors counted") { question in
        func errors(_ outcome: ProbeOutcome) -> Double {
          Double(outcome.labels.indices.count { outcome.labels[$0] != outcome.predictions[$0] })
            / Double(outcome.labels.count)
        }
        return errors(question.control) - errors(question.task)
      },
      Variant(of: exercise, in: ProbingAsks.controlLabels, "a hash of the type and the seed") {
        question in
        [question.seed, question.seed, question.seed &+ 1].map { seed in
          question.words.map { word in
            let mark = word.lowercased().utf8.reduce(seed) {
              ($0 ^ UInt64($1)) &* 0x100_0000_01B3
            }
            var generator = SeededGenerator(seed: mark)
            return Int(generator.next() % UInt64(question.classes))
          }
        }
      },
      Variant(of: exercise, in: ProbingAsks.selectivity, "a difference of accuracies") {
        Self.selectivity($0)
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() throws {
    let lists: [[[Int]]] = [[], [Int.max], [-1, 0]].map { [$0, $0, $0] } + [[], [[0]]]
    for nonsense in lists {
      XCTAssertEqual(try exercise.casesPassed(by: nonsense, in: ProbingAsks.controlLabels), [])
    }
    XCTAssertNil(
      labels("huge", says: nil) { question, _, _ in question.words.map { _ in .max } }.fault())
    for number in [Double.nan, .infinity, 1e308] {
      XCTAssertEqual(try exercise.casesPassed(by: number, in: ProbingAsks.selectivity), [])
    }
  }
}
