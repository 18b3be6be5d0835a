import Answering
import Foundation
import Interpretability
import SheetTools
import Tensors
import Transformers
import XCTest

@testable import Coursework
@testable import ProbingExercises
@testable import ProbingVocabulary

/// Exercise 2.4: what is rejected, what is accepted.
final class RandomWeightsTests: XCTestCase {
  private typealias Question = SeededWords
  private let exercise = ProbingSheet.randomWeights

  private static func vectors(
    _ question: Question, untrained: Bool, layer: Int? = nil
  ) throws -> Tensor {
    var model = try SheetTranslator.translator().model
    if untrained {
      var generator = SeededGenerator(seed: question.seed)
      model = Transformer(configuration: model.configuration, using: &generator)
    }
    return try model.representations(
      of: question.words.sentences, layers: [layer ?? question.words.layer]
    ).layers[0]
  }

  /// The classes that a probe trained on some vectors gives to the test words, by others.
  private static func answers(
    _ question: Question, training: Tensor, test: Tensor, on places: [Int]? = nil,
    settings: ProbeSettings = .init()
  ) throws -> [Int] {
    let words = question.words
    let places = places ?? words.training
    let probe = try Probe.training(
      on: training.gathering(places), labels: places.map { words.labels[$0] },
      classes: words.classes, settings: settings
    ).probe
    return probe.predictions(test.gathering(words.test))
  }

  private static func share(_ label: Int, _ question: Question, _ places: [Int]) -> Double {
    Double(places.count { question.words.labels[$0] == label }) / Double(places.count)
  }

  private static func frequent(_ question: Question, _ places: [Int]) -> Int {
    (0..<question.words.classes).max { share($0, question, places) < share($1, question, places) }!
  }

  private static func right(_ question: Question) throws -> BaselineAnswers {
    let (trained, untrained) = (
      try vectors(question, untrained: false), try vectors(question, untrained: true)
    )
    return BaselineAnswers(
      majority: frequent(question, question.words.training),
      untrained: try answers(question, training: untrained, test: untrained),
      trained: try answers(question, training: trained, test: trained))
  }

  private func misconception(
    _ name: String, says: String?,
    _ change: @escaping @Sendable (inout BaselineAnswers, Question) throws -> Void
  ) -> Misconception {
    Misconception(of: exercise, name, says: says) { (question: Question) in
      var answer = try Self.right(question)
      try change(&answer, question)
      return answer
    }
  }

  func testWrongBaselinesAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("majority of the test words", says: "taken from the test words") {
        $0.majority = Self.frequent($1, $1.words.test)
      },
      misconception("the rarest class", says: "another class is most frequent") {
        let question = $1
        $0.majority = (0..<$1.words.classes).min {
          Self.share($0, question, question.words.training + question.words.test)
            < Self.share($1, question, question.words.training + question.words.test)
        }!
      },
      misconception("the same weights", says: "weights of its own") { answer, _ in
        answer.untrained = answer.trained
      },
      misconception("the trained model's probe", says: "trained on its own vectors") {
        $0.untrained = try Self.answers(
          $1, training: Self.vectors($1, untrained: false),
          test: Self.vectors($1, untrained: true))
      },
      misconception("changed places", says: "changed places") { answer, _ in
        (answer.trained, answer.untrained) = (answer.untrained, answer.trained)
      },
      misconception("another layer", says: "at another layer") {
        let vectors = try Self.vectors($1, untrained: false, layer: $1.words.layer == 0 ? 1 : 0)
        $0.trained = try Self.answers($1, training: vectors, test: vectors)
      },
      misconception("a probe that was not trained", says: "it has not been trained") {
        $0.trained = Array(repeating: $0.majority, count: $1.words.test.count)
      },
      misconception("the test words trained on too", says: "too well") {
        let vectors = try Self.vectors($1, untrained: true)
        $0.untrained = try Self.answers(
          $1, training: vectors, test: vectors, on: $1.words.training + $1.words.test)
      },
      misconception("answers for training words", says: "give one for each") {
        let words = $1.words
        $0.trained = words.training.map { words.labels[$0] }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, "weights from another seed") { (question: Question) in
        var answer = try Self.right(question)
        var other = question
        other.seed ^= 0xABCD
        let vectors = try Self.vectors(other, untrained: true)
        answer.untrained = try Self.answers(question, training: vectors, test: vectors)
        return answer
      },
      Variant(of: exercise, "softmax regression in Double on vectors of a common size") {
        (question: Question) in
        var answer = try Self.right(question)
        func answers(_ vectors: Tensor) -> [Int] {
          let size = (vectors * vectors).mean().scalar.squareRoot()
          let rows = (vectors / size).doubleRows
          let words = question.words
          let probe = SoftmaxRegression(l2: 0.001).fit(
            words.training.map { rows[$0] }, words.training.map { words.labels[$0] },
            classes: words.classes, steps: 100)
          return SoftmaxRegression.probabilities(probe, words.test.map { rows[$0] })
            .map { $0.firstIndex(of: $0.max()!)! }
        }
        answer.trained = answers(try Self.vectors(question, untrained: false))
        answer.untrained = answers(try Self.vectors(question, untrained: true))
        return answer
      },
      Variant(of: exercise, "a stronger penalty and smaller steps") { (question: Question) in
        var answer = try Self.right(question)
        var settings = ProbeSettings()
        settings.l2 = 0.01
        settings.batchSize = 50
        let vectors = try Self.vectors(question, untrained: false)
        answer.trained = try Self.answers(
          question, training: vectors, test: vectors, settings: settings)
        return answer
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  /// Who probes the layer before or after, answers by a coin or always the same, is told so by a case
  /// at least, under every secret.
  func testOtherLayersAndConstantsAreRejected() throws {
    for (number, cases) in try Secrets.cases(of: exercise).enumerated() {
      var rejected: Set<String> = []
      for aCase in cases {
        let question = try JSONDecoder().decode(Question.self, from: aCase.question)
        let right = try Self.right(question)
        let layers = try SheetTranslator.translator().model.representations(
          of: question.words.sentences
        ).layers
        var generator = SeededGenerator(seed: 3)
        let classes = question.words.test.map { question.words.labels[$0] }
        var wrong = [
          ("a coin", classes.map { Double.random(in: 0..<1, using: &generator) < 0.6 ? $0 : 0 }),
          ("nearly all", classes.enumerated().map { $0.offset % 20 == 0 ? 0 : $0.element }),
        ]
        for (name, step) in [("before", -1), ("after", 1)] {
          let layer = min(max(question.words.layer + step, 0), layers.count - 1)
          wrong.append(
            (name, try Self.answers(question, training: layers[layer], test: layers[layer])))
        }
        for (name, classes) in wrong {
          var answer = right
          answer.trained = classes
          if aCase.verdict(on: [.answered(try Coding.encode(answer))]).status != .passed {
            rejected.insert(name)
          }
        }
      }
      XCTAssertEqual(rejected, ["a coin", "nearly all", "before", "after"], "secret \(number)")
    }
  }

  /// Of 100 words half of which are right, a standard deviation is five words; of 25 with one wrong,
  /// one word.
  func testRoomIsThatOfABinomialShare() {
    typealias Sheet = ProbingSheet
    XCTAssertEqual(Sheet.room(0.01, around: 0.5, of: 100, deviations: 2), 0.1, accuracy: 1e-9)
    XCTAssertEqual(
      Sheet.room(0, around: 1, of: 25, deviations: 1), (0.96 * 0.04 / 25).squareRoot(),
      accuracy: 1e-9)
    XCTAssertEqual(Sheet.room(0.2, around: 0.5, of: 100, deviations: 2), 0.2)
  }

  func testEveryCaseHasWordsEnoughToDecide() throws {
    for seed in UInt64(1)...5 {
      for aCase in try exercise.cases(seed: seed) {
        let words = try JSONDecoder().decode(Question.self, from: aCase.question).words
        XCTAssertGreaterThanOrEqual(words.test.count, 30, aCase.name)
      }
    }
  }

  func testNonsenseEarnsNothing() {
    let lists: [@Sendable (Int) -> [Int]] = [
      { _ in [] }, { Array(repeating: -1, count: $0) }, { Array(repeating: .max, count: $0) },
      { Array(repeating: 0, count: $0) }, { Array(repeating: 1, count: $0 + 1) },
    ]
    for list in lists {
      let nonsense = misconception("nonsense", says: nil) { answer, question in
        let classes = list(question.words.test.count)
        answer = BaselineAnswers(majority: 0, untrained: classes, trained: classes)
      }
      XCTAssertNil(nonsense.fault())
    }
  }
}
