import Coursework
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

  private static func accuracy(
    _ question: Question, _ probe: Probe, _ labels: [Int], on places: [Int]? = nil
  ) -> Double {
    let places = places ?? question.data.test
    let found = probe.predictions(question.data.vectors.gathering(places))
    return Double(zip(found, places).count { $0 == labels[$1] }) / Double(places.count)
  }

  /// The findings, with choices that a student may get wrong.
  private static func findings(
    _ question: Question, kinds: [Probe.Kind]? = nil, trainingOn training: [Int]? = nil,
    testingOn test: [Int]? = nil,
    selectivity: (_ accuracy: Double, _ control: Double) -> Double = { $0 - $1 }
  ) throws -> [ProbeFinding] {
    let data = question.data
    return try (kinds ?? [.linear, .mlp(hidden: question.hidden)]).map { kind in
      func measured(_ labels: [Int]) throws -> Double {
        try accuracy(
          question, probe(question, kind, labels, on: training), labels, on: test)
      }
      let own = try measured(data.labels)
      return ProbeFinding(
        accuracy: own, selectivity: selectivity(own, try measured(data.controlLabels)))
    }
  }

  private func misconception(
    _ name: String, says: String?,
    _ answer: @escaping @Sendable (Question) throws -> [ProbeFinding]
  ) -> Misconception {
    Misconception(of: exercise, name, says: says, answer: answer)
  }

  func testWrongFindingsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("the hidden layer first", says: "have changed places") {
        Array(try Self.findings($0).reversed())
      },
      misconception("two linear layers", says: "non-linear function") {
        try Self.findings($0, kinds: [.linear, .linear])
      },
      misconception("measured on training words", says: "it was trained on") {
        try Self.findings($0, testingOn: $0.data.training)
      },
      misconception("trained on the test words too", says: "it was trained on") {
        try Self.findings($0, trainingOn: $0.data.training + $0.data.test)
      },
      misconception("the control accuracy", says: "is its control accuracy") {
        try Self.findings($0) { $1 }
      },
      misconception("no twin", says: "it needs a twin") { question in
        try [Probe.Kind.linear, .mlp(hidden: question.hidden)].map { kind in
          let probe = try Self.probe(question, kind, question.data.labels)
          let own = Self.accuracy(question, probe, question.data.labels)
          let accidental = Self.accuracy(question, probe, question.data.controlLabels)
          return ProbeFinding(accuracy: own, selectivity: own - accidental)
        }
      },
      misconception("one finding", says: "two are asked for") {
        Array(try Self.findings($0).prefix(1))
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, "another seed, loops") { (question: Question) in
        var other = question
        other.seed ^= 0xFFFF
        return try Self.findings(other)
      },
      Variant(of: exercise, "more epochs") { (question: Question) in
        try [Probe.Kind.linear, .mlp(hidden: question.hidden)].map { kind in
          var settings = ProbeSettings()
          settings.kind = kind
          settings.batchSize = 100
          settings.maximumEpochs = 80
          let data = question.data
          func measured(_ labels: [Int]) throws -> Double {
            let probe = try Probe.training(
              on: data.vectors.gathering(data.training),
              labels: data.training.map { labels[$0] }, classes: 2, settings: settings
            ).probe
            return Self.accuracy(question, probe, labels)
          }
          let own = try measured(data.labels)
          return ProbeFinding(accuracy: own, selectivity: own - (try measured(data.controlLabels)))
        }
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  func testNonsenseEarnsNothing() {
    for number in [Double.nan, .infinity, -1, 1e308] {
      XCTAssertNil(
        misconception("nonsense", says: nil) { _ in
          [ProbeFinding](repeating: .init(accuracy: number, selectivity: number), count: 2)
        }.fault())
    }
    XCTAssertNil(misconception("none", says: nil) { _ in [] }.fault())
  }
}
