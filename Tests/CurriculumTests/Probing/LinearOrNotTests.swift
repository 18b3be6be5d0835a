import Coursework
import Foundation
import Interpretability
import Tensors
import XCTest

@testable import ProbingExercises
@testable import ProbingVocabulary

/// Exercise 2.6: what is rejected, what is accepted.
final class LinearOrNotTests: XCTestCase {
  private typealias Question = ProbesToCompare
  private let exercise = ProbingSheet.linearOrNot

  private static func probe(
    _ question: Question, _ kind: Probe.Kind, _ labels: [Int], on places: [Int]? = nil
  ) throws -> Probe {
    let data = question.data
    var settings = ProbeSettings()
    settings.kind = kind
    settings.batchSize = 64
    settings.seed = question.seed
    let places = places ?? data.training
    return try Probe.training(
      on: data.vectors.gathering(places), labels: places.map { labels[$0] }, classes: data.classes,
      settings: settings
    ).probe
  }

  /// A probe's answers on some words, and their classes.
  private static func outcome(
    _ question: Question, _ probe: Probe, _ labels: [Int], on places: [Int]? = nil
  ) -> ProbeOutcome {
    let places = places ?? question.data.test
    return ProbeOutcome(
      predictions: probe.predictions(question.data.vectors.gathering(places)),
      labels: question.data.test.map { labels[$0] })
  }

  /// The answers, with choices that a student may get wrong.
  private static func findings(
    _ question: Question, kinds: [Probe.Kind]? = nil, trainingOn training: [Int]? = nil,
    controlLabels: [Int]? = nil
  ) throws -> [ProbeAndTwin] {
    let data = question.data
    return try (kinds ?? [.linear, .mlp(hidden: question.hidden)]).map { kind in
      func measured(_ labels: [Int]) throws -> ProbeOutcome {
        outcome(question, try probe(question, kind, labels, on: training), labels)
      }
      return ProbeAndTwin(
        task: try measured(data.labels), control: try measured(controlLabels ?? data.controlLabels))
    }
  }

  private func misconception(
    _ name: String, says: String?,
    _ answer: @escaping @Sendable (Question) throws -> [ProbeAndTwin]
  ) -> Misconception {
    Misconception(of: exercise, in: ProbingAsks.compareProbes, name, says: says, answer: answer)
  }

  func testWrongFindingsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("the hidden layer first", says: "have changed places") {
        Array(try Self.findings($0).reversed())
      },
      misconception("two linear layers", says: "non-linear function") {
        try Self.findings($0, kinds: [.linear, .linear])
      },
      misconception("answers for training words", says: "test words; give one for each") {
        question in
        try Self.findings(question).map { finding in
          ProbeAndTwin(
            task: ProbeOutcome(
              predictions: question.data.training.map { question.data.labels[$0] },
              labels: question.data.training.map { question.data.labels[$0] }),
            control: finding.control)
        }
      },
      misconception("trained on the test words too", says: "it was trained on") {
        try Self.findings($0, trainingOn: $0.data.training + $0.data.test)
      },
      misconception("the task's classes for the twin", says: "its own are `controlLabels`") {
        try Self.findings($0, controlLabels: $0.data.labels)
      },
      misconception("no twin", says: "it needs a twin") { question in
        try Self.findings(question).map { finding in
          ProbeAndTwin(
            task: finding.task,
            control: ProbeOutcome(
              predictions: finding.task.predictions, labels: finding.control.labels))
        }
      },
      misconception("a twin that guesses", says: "it needs a twin") { question in
        try Self.findings(question).map { finding in
          ProbeAndTwin(
            task: finding.task,
            control: ProbeOutcome(
              predictions: finding.control.labels.indices.map { $0 % 2 },
              labels: finding.control.labels))
        }
      },
      misconception("one finding", says: "two are asked for") {
        Array(try Self.findings($0).prefix(1))
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, in: ProbingAsks.compareProbes, "another seed, loops") {
        (question: Question) in
        var other = question
        other.seed ^= 0xFFFF
        return try Self.findings(other)
      },
      Variant(of: exercise, in: ProbingAsks.compareProbes, "more epochs") {
        (question: Question) in
        try [Probe.Kind.linear, .mlp(hidden: question.hidden)].map { kind in
          var settings = ProbeSettings()
          settings.kind = kind
          settings.batchSize = 100
          settings.maximumEpochs = 80
          let data = question.data
          func measured(_ labels: [Int]) throws -> ProbeOutcome {
            let probe = try Probe.training(
              on: data.vectors.gathering(data.training),
              labels: data.training.map { labels[$0] }, classes: 2, settings: settings
            ).probe
            return Self.outcome(question, probe, labels)
          }
          return ProbeAndTwin(
            task: try measured(data.labels), control: try measured(data.controlLabels))
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  private func misconception(
    _ name: String, says: String?,
    vectors: @escaping @Sendable (Question, inout SeededGenerator) -> LabelledVectors
  ) -> Misconception {
    Misconception(of: exercise, in: ProbingAsks.notOnALine, name, says: says) { question in
      var generator = SeededGenerator(seed: question.seed)
      return vectors(question, &generator)
    }
  }

  func testVectorsThatALineReadsOrNobodyDoesAreRejected() {
    let misconceptions = [
      misconception("one column decides", says: "a line finds the class") { question, generator in
        let vectors = Tensor.randomUniform([question.count, 2], in: -1..<1, using: &generator)
        return LabelledVectors(
          vectors: vectors, labels: (0..<question.count).map { vectors[$0, 0] > 0 ? 1 : 0 },
          classes: 2)
      },
      misconception("three of the four clouds", says: "a line finds the class") {
        question, generator in
        var vectors = Tensor.randomNormal(
          [question.count, 2], standardDeviation: 0.3, using: &generator)
        let labels = (0..<question.count).map { row in
          vectors[row, 0] += row % 3 == 1 ? 1 : -1
          vectors[row, 1] += row % 3 == 2 ? 1 : -1
          return row % 3 == 0 ? 0 : 1
        }
        return LabelledVectors(vectors: vectors, labels: labels, classes: 2)
      },
      misconception("classes by a coin", says: "does not find the class") { question, generator in
        let vectors = Tensor.randomUniform([question.count, 2], in: -1..<1, using: &generator)
        return LabelledVectors(
          vectors: vectors,
          labels: (0..<question.count).map { _ in Int.random(in: 0...1, using: &generator) },
          classes: 2)
      },
      misconception("parity of many signs", says: "does not find the class") {
        question, generator in
        let vectors = Tensor.randomUniform([question.count, 12], in: -1..<1, using: &generator)
        return LabelledVectors(
          vectors: vectors,
          labels: (0..<question.count).map { row in
            (0..<12).count { vectors[row, $0] > 0 } % 2
          }, classes: 2)
      },
      misconception("a small disc", says: "far more frequent") { question, generator in
        let vectors = Tensor.randomUniform([question.count, 2], in: -1..<1, using: &generator)
        return LabelledVectors(
          vectors: vectors,
          labels: (0..<question.count).map {
            vectors[$0, 0] * vectors[$0, 0] + vectors[$0, 1] * vectors[$0, 1] < 0.1 ? 1 : 0
          }, classes: 2)
      },
      misconception("as many as one likes", says: "is asked for") { _, generator in
        let vectors = Tensor.randomUniform([20, 2], in: -1..<1, using: &generator)
        return LabelledVectors(
          vectors: vectors, labels: (0..<20).map { vectors[$0, 0] * vectors[$0, 1] > 0 ? 1 : 0 },
          classes: 2)
      },
      misconception("classes 1 and 2", says: "0 or 1") { question, generator in
        let vectors = Tensor.randomUniform([question.count, 2], in: -1..<1, using: &generator)
        return LabelledVectors(
          vectors: vectors,
          labels: (0..<question.count).map { vectors[$0, 0] * vectors[$0, 1] > 0 ? 1 : 2 },
          classes: 2)
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherVectorsThatNoLineReadsAreAccepted() {
    let variants = [
      Variant(of: exercise, in: ProbingAsks.notOnALine, "a ring around a disc") { question in
        var generator = SeededGenerator(seed: question.seed)
        let labels = (0..<question.count).map { $0 % 2 }
        let rows = labels.map { label in
          let angle = Float.random(in: 0..<(2 * .pi), using: &generator)
          let radius = Float.random(in: 0..<0.8, using: &generator) + Float(label)
          return Tensor([radius * cos(angle), radius * sin(angle)])
        }
        return LabelledVectors(vectors: .stack(rows), labels: labels, classes: 2)
      },
      Variant(of: exercise, in: ProbingAsks.notOnALine, "four clouds and columns of noise") {
        question in
        var generator = SeededGenerator(seed: question.seed)
        var vectors = Tensor.randomNormal(
          [question.count, 4], standardDeviation: 0.3, using: &generator)
        let labels = (0..<question.count).map { row in
          let (a, b) = (row % 2, row / 2 % 2)
          vectors[row, 1] += Float(2 * a - 1)
          vectors[row, 3] += Float(2 * b - 1)
          return a == b ? 0 : 1
        }
        return LabelledVectors(vectors: vectors, labels: labels, classes: 2)
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    let outcomes = [
      ProbeOutcome(predictions: [], labels: []), ProbeOutcome(predictions: [.max], labels: [-1]),
    ]
    for outcome in outcomes {
      XCTAssertNil(
        misconception("nonsense", says: nil) { _ in
          [ProbeAndTwin](repeating: .init(task: outcome, control: outcome), count: 2)
        }.fault())
    }
    XCTAssertNil(misconception("none", says: nil) { _ in [] }.fault())
    for value: Float in [.nan, .infinity, 1e38, 0] {
      for shape in [[0], [400], [400, 2], [600, 2]] {
        XCTAssertNil(
          misconception("nonsense", says: nil) { question, _ in
            LabelledVectors(
              vectors: Tensor(repeating: value, shape: shape),
              labels: (0..<question.count).map { $0 % 2 }, classes: 2)
          }.fault(seeds: [1]))
      }
    }
  }
}
