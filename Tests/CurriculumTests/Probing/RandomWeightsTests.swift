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

  /// The accuracy of a probe trained on some vectors and measured on others.
  private static func accuracy(
    _ question: Question, training: Tensor, test: Tensor, places: [Int]? = nil
  ) throws -> Double {
    let words = question.words
    let probe = try Probe.training(
      on: training.gathering(words.training), labels: words.training.map { words.labels[$0] },
      classes: words.classes
    ).probe
    let places = places ?? words.test
    let found = probe.predictions(test.gathering(places))
    return Double(zip(found, places).count { $0 == words.labels[$1] }) / Double(places.count)
  }

  private static func share(_ label: Int, _ question: Question, _ places: [Int]) -> Double {
    Double(places.count { question.words.labels[$0] == label }) / Double(places.count)
  }

  private static func frequent(_ question: Question, _ places: [Int]) -> Int {
    (0..<question.words.classes).max { share($0, question, places) < share($1, question, places) }!
  }

  private static func right(_ question: Question) throws -> Baselines {
    let (trained, untrained) = (
      try vectors(question, untrained: false), try vectors(question, untrained: true)
    )
    return Baselines(
      majority: share(frequent(question, question.words.training), question, question.words.test),
      untrained: try accuracy(question, training: untrained, test: untrained),
      trained: try accuracy(question, training: trained, test: trained))
  }

  private func misconception(
    _ name: String, says: String?,
    _ change: @escaping @Sendable (inout Baselines, Question) throws -> Void
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
        $0.majority = Self.share(
          Self.frequent($1, $1.words.test), $1, $1.words.test)
      },
      misconception("majority on the training words", says: "measured on the training words") {
        $0.majority = Self.share(
          Self.frequent($1, $1.words.training), $1, $1.words.training)
      },
      misconception("chance", says: "the majority class does better") {
        $0.majority = 1 / Double($1.words.classes)
      },
      misconception("the same weights", says: "weights of its own") { answer, _ in
        answer.untrained = answer.trained
      },
      misconception("the trained model's probe", says: "trained on its own vectors") {
        $0.untrained = try Self.accuracy(
          $1, training: Self.vectors($1, untrained: false),
          test: Self.vectors($1, untrained: true))
      },
      misconception("changed places", says: "changed places") { answer, _ in
        (answer.trained, answer.untrained) = (answer.untrained, answer.trained)
      },
      misconception("another layer", says: "at another layer") {
        let vectors = try Self.vectors($1, untrained: false, layer: 0)
        $0.trained = try Self.accuracy($1, training: vectors, test: vectors)
      },
      misconception("per cent", says: "between 0 and 1") { answer, _ in
        answer.trained *= 100
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, "weights from another seed") { (question: Question) in
        var answer = try Self.right(question)
        var other = question
        other.seed ^= 0xABCD
        let vectors = try Self.vectors(other, untrained: true)
        answer.untrained = try Self.accuracy(question, training: vectors, test: vectors)
        return answer
      },
      Variant(of: exercise, "softmax regression in Double on vectors of a common size") {
        (question: Question) in
        var answer = try Self.right(question)
        func accuracy(_ vectors: Tensor) -> Double {
          let size = (vectors * vectors).mean().scalar.squareRoot()
          let rows = (vectors / size).doubleRows
          let words = question.words
          let probe = SoftmaxRegression(l2: 0.001).fit(
            words.training.map { rows[$0] }, words.training.map { words.labels[$0] },
            classes: words.classes, steps: 100)
          let found = SoftmaxRegression.probabilities(probe, words.test.map { rows[$0] })
          return Double(
            zip(found, words.test).count { $0.firstIndex(of: $0.max()!) == words.labels[$1] })
            / Double(words.test.count)
        }
        answer.trained = accuracy(try Self.vectors(question, untrained: false))
        answer.untrained = accuracy(try Self.vectors(question, untrained: true))
        return answer
      },
      Variant(of: exercise, "a stronger penalty and smaller steps") { (question: Question) in
        var answer = try Self.right(question)
        let words = question.words
        let vectors = try Self.vectors(question, untrained: false)
        var settings = ProbeSettings()
        settings.l2 = 0.01
        settings.batchSize = 50
        let probe = try Probe.training(
          on: vectors.gathering(words.training), labels: words.training.map { words.labels[$0] },
          classes: words.classes, settings: settings
        ).probe
        let found = probe.predictions(vectors.gathering(words.test))
        answer.trained =
          Double(zip(found, words.test).count { $0 == words.labels[$1] })
          / Double(words.test.count)
        return answer
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  /// Who probes the layer before or after, or always says a number that is often right, is told so
  /// by a case at least, under every secret.
  func testOtherLayersAndConstantsAreRejected() throws {
    for (number, cases) in try Secrets.cases(of: exercise).enumerated() {
      var rejected: Set<String> = []
      for aCase in cases {
        let question = try JSONDecoder().decode(Question.self, from: aCase.question)
        let right = try Self.right(question)
        let layers = try SheetTranslator.translator().model.representations(
          of: question.words.sentences
        ).layers
        var shares = [("0.6", 0.6), ("0.95", 0.95)]
        for (name, step) in [("before", -1), ("after", 1)] {
          let layer = min(max(question.words.layer + step, 0), layers.count - 1)
          shares.append(
            (name, try Self.accuracy(question, training: layers[layer], test: layers[layer])))
        }
        for (name, share) in shares {
          var answer = right
          answer.trained = share
          if aCase.verdict(on: [.answered(try Coding.encode(answer))]).status != .passed {
            rejected.insert(name)
          }
        }
      }
      XCTAssertEqual(rejected, ["0.6", "0.95", "before", "after"], "secret \(number)")
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
    for number in [Double.nan, .infinity, -1, 1e308] {
      let nonsense = misconception("nonsense", says: nil) { answer, _ in
        answer = Baselines(majority: number, untrained: number, trained: number)
      }
      XCTAssertNil(nonsense.fault())
    }
  }
}
