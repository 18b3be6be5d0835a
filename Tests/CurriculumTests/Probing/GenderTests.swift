import Coursework
import Interpretability
import SheetTools
import Tensors
import XCTest

@testable import ProbingExercises
@testable import ProbingVocabulary
@testable import Solution2

/// Exercise 2.7: what is rejected, what is accepted.
final class GenderTests: XCTestCase {
  private let exercise = ProbingSheet.gender

  /// The accuracy on some words of a probe trained on others, with an interval over their lemmas or
  /// over something else.
  private static func accuracy(
    _ words: LayeredWords, trainedOn training: [Int], at trainingLayer: Int, measuredOn test: [Int],
    at layer: Int, units: ((Int) -> Int)? = nil, bootstrap: Bootstrap = .init()
  ) throws -> Estimate {
    let probe = try Probe.training(
      on: words.layers[trainingLayer].gathering(training),
      labels: training.map { words.labels[$0] },
      classes: words.classes
    ).probe
    let predictions = probe.predictions(words.layers[layer].gathering(test))
    let lemmas = Set(words.lemmas).sorted()
    return bootstrap.accuracy(
      of: predictions, labels: test.map { words.labels[$0] },
      groups: test.map(units ?? { lemmas.firstIndex(of: words.lemmas[$0])! }))
  }

  /// Right accuracies, with intervals of some kind.
  private static func right(
    _ words: LayeredWords, _ split: SplitPlaces, bootstrap: Bootstrap = .init(),
    units: ((Int) -> Int)? = nil
  ) throws -> [Estimate] {
    try words.layers.indices.map {
      try accuracy(
        words, trainedOn: split.training, at: $0, measuredOn: split.test, at: $0, units: units,
        bootstrap: bootstrap)
    }
  }

  private func misconception(
    _ name: String, says: String?,
    split: @escaping @Sendable ([String], UInt64) throws -> SplitPlaces
  ) -> Misconception {
    Misconception(of: exercise, in: ProbingAsks.splitByLemma, name, says: says) { question in
      try [question.seed, question.seed, question.seed &+ 1].map {
        try split(question.lemmas, $0)
      }
    }
  }

  private func misconception(
    _ name: String, says: String?,
    accuracies: @escaping @Sendable (LayeredWords, SplitPlaces) throws -> [Estimate]
  ) -> Misconception {
    Misconception(of: exercise, in: ProbingAsks.accuracies, name, says: says) { question in
      try accuracies(question.words, question.split)
    }
  }

  /// The places of lemmas that are held out, and of the others.
  private static func places(_ lemmas: [String], holding held: Set<String>) -> SplitPlaces {
    SplitPlaces(
      training: lemmas.indices.filter { !held.contains(lemmas[$0]) },
      test: lemmas.indices.filter { held.contains(lemmas[$0]) })
  }

  func testWrongSplitsAreRejectedWithTheirSentence() {
    @Sendable func drawn(_ lemmas: [String], _ seed: UInt64) -> [String] {
      var generator = SeededGenerator(seed: seed)
      return Set(lemmas).sorted().shuffled(using: &generator)
    }
    let misconceptions = [
      misconception("words are shared out", says: "a lemma is in both parts") { lemmas, seed in
        var generator = SeededGenerator(seed: seed)
        let places = lemmas.indices.shuffled(using: &generator)
        return SplitPlaces(
          training: Array(places.dropFirst(lemmas.count / 4)),
          test: Array(places.prefix(lemmas.count / 4)))
      },
      misconception("one word a lemma", says: "some words are in neither part") { lemmas, seed in
        let order = drawn(lemmas, seed)
        let places = order.map { lemmas.firstIndex(of: $0)! }
        return SplitPlaces(
          training: Array(places.dropFirst(order.count / 4)),
          test: Array(places.prefix(order.count / 4)))
      },
      misconception("the seed is not used", says: "another seed gave the same split") { lemmas, _ in
        Self.places(lemmas, holding: Set(Set(lemmas).sorted().prefix(15)))
      },
      misconception("drawn anew each time", says: "the same seed gave another split") { lemmas, _ in
        Self.places(lemmas, holding: Set(Set(lemmas).sorted().shuffled().prefix(15)))
      },
      misconception("parts swapped", says: "most of the lemmas are in test") { lemmas, seed in
        Self.places(lemmas, holding: Set(drawn(lemmas, seed).dropFirst(15)))
      },
      misconception("one lemma held out", says: "about a quarter of the lemmas") { lemmas, seed in
        Self.places(lemmas, holding: [drawn(lemmas, seed)[0]])
      },
      misconception("test words trained on too", says: "in the split twice") { lemmas, seed in
        var split = Self.places(lemmas, holding: Set(drawn(lemmas, seed).prefix(15)))
        split.training = Array(lemmas.indices)
        return split
      },
      misconception("places from 1", says: "there is no word") { lemmas, seed in
        let split = Self.places(lemmas, holding: Set(drawn(lemmas, seed).prefix(15)))
        return SplitPlaces(
          training: split.training.map { $0 + 1 }, test: split.test.map { $0 + 1 })
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testWrongAccuraciesAreRejectedWithTheirSentence() {
    @Sendable func right(_ words: LayeredWords, _ split: SplitPlaces) throws -> [Estimate] {
      try Solution2.Answers().accuracies(of: words, split: split, seed: 1)
    }
    @Sendable func scaled(_ estimates: [Estimate], _ factor: Double) -> [Estimate] {
      estimates.map {
        Estimate(value: factor * $0.value, lower: factor * $0.lower, upper: factor * $0.upper)
      }
    }
    let misconceptions = [
      misconception("measured on training words", says: "those on the training words") {
        words, split in
        try words.layers.indices.map {
          try Self.accuracy(
            words, trainedOn: split.training, at: $0, measuredOn: split.training, at: $0)
        }
      },
      misconception("trained on everything", says: "trained on the test words too") {
        words, split in
        try words.layers.indices.map {
          try Self.accuracy(
            words, trainedOn: split.training + split.test, at: $0, measuredOn: split.test, at: $0)
        }
      },
      misconception("measured on everything", says: "all words are counted") { words, split in
        try words.layers.indices.map {
          try Self.accuracy(
            words, trainedOn: split.training, at: $0, measuredOn: split.training + split.test,
            at: $0)
        }
      },
      misconception("one probe for all layers", says: "the probe of the first layer") {
        words, split in
        try words.layers.indices.map {
          try Self.accuracy(
            words, trainedOn: split.training, at: 0, measuredOn: split.test, at: $0)
        }
      },
      misconception("per cent", says: "in per cent") { scaled(try right($0, $1), 100) },
      misconception("counts", says: "counts of right words") { words, split in
        scaled(try right(words, split), Double(split.test.count))
      },
      misconception("last layer first", says: "wrong order") { try right($0, $1).reversed() },
      misconception("the last layer alone", says: "give one for each") {
        [try right($0, $1).last!]
      },
      misconception("words drawn again", says: "the intervals are too narrow") { words, split in
        try Self.right(words, split, units: { $0 })
      },
      misconception("sentences drawn again", says: "the intervals are too narrow") {
        words, split in
        try Self.right(words, split, units: { words.sentences[$0] })
      },
      misconception("no interval", says: "has no width") { words, split in
        try right(words, split).map {
          Estimate(value: $0.value, lower: $0.value, upper: $0.value)
        }
      },
      misconception("least and greatest", says: "are not those of 95 %") { words, split in
        try Self.right(words, split, bootstrap: Bootstrap(level: 0.9999))
      },
      misconception("ends exchanged", says: "the lower end comes first") { words, split in
        try right(words, split).map {
          Estimate(value: $0.value, lower: $0.upper, upper: $0.lower)
        }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, in: ProbingAsks.splitByLemma, "every fourth lemma") { question in
        [question.seed, question.seed, question.seed &+ 1].map { seed in
          var generator = SeededGenerator(seed: seed)
          let drawn = Array(Set(question.lemmas)).sorted(by: >).shuffled(using: &generator)
          let held = drawn.indices.filter { $0 % 4 == 1 }.map { drawn[$0] }
          return Self.places(question.lemmas, holding: Set(held))
        }
      },
      Variant(of: exercise, in: ProbingAsks.accuracies, "a softmax regression in Double") {
        question in
        let (words, places) = (question.words, question.split)
        let lemmas = Set(words.lemmas).sorted(by: >)
        return words.layers.map { layer in
          let rows = layer.doubleRows
          let probe = SoftmaxRegression(l2: 0.01).fit(
            places.training.map { rows[$0] }, places.training.map { words.labels[$0] },
            classes: words.classes, steps: 150)
          let found = SoftmaxRegression.probabilities(probe, places.test.map { rows[$0] })
          return Bootstrap(seed: 9).accuracy(
            of: found.map { $0.firstIndex(of: $0.max()!)! },
            labels: places.test.map { words.labels[$0] },
            groups: places.test.map { lemmas.firstIndex(of: words.lemmas[$0])! })
        }
      },
      Variant(
        of: exercise, in: ProbingAsks.splitByLemma, "coins for lemmas until a quarter is held"
      ) { question in
        [question.seed, question.seed, question.seed &+ 1].map { seed in
          var generator = SeededGenerator(seed: seed)
          let all = Set(question.lemmas).sorted()
          var held: Set<String> = []
          while held.count * 4 < all.count {
            held.insert(all[Int.random(in: all.indices, using: &generator)])
          }
          return Self.places(question.lemmas, holding: held)
        }
      },
      Variant(of: exercise, in: ProbingAsks.accuracies, "plain gradient descent") { question in
        let (words, places) = (question.words, question.split)
        return words.layers.map { layer in
          let x = layer.gathering(places.training)
          var weight = Tensor.zeros([words.classes, x.shape[1]])
          var bias = Tensor.zeros([words.classes])
          for _ in 0..<120 {
            let (w, b) = (weight.requiringGradient(), bias.requiringGradient())
            let slopes = gradient(
              of: (x.matmul(transposing: w) + b).crossEntropy(
                targets: places.training.map { words.labels[$0] }), withRespectTo: [w, b])
            weight = weight - slopes[0] * 0.05
            bias = bias - slopes[1] * 0.05
          }
          let found = (layer.gathering(places.test).matmul(transposing: weight) + bias).argmax()
          let lemmas = places.test.map { words.lemmas[$0] }
          return Bootstrap(samples: 1_000, seed: 4).accuracy(
            of: found, labels: places.test.map { words.labels[$0] },
            groups: lemmas.map { lemmas.firstIndex(of: $0)! })
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNoFullMarks() throws {
    let nothing = SplitPlaces(training: [], test: [])
    let splits = [
      nothing, SplitPlaces(training: [-1, .max], test: [0]),
      SplitPlaces(training: [0, 0], test: [0]), SplitPlaces(training: [0], test: []),
    ]
    for answer in splits.map({ [$0, $0, nothing] }) + [[], [nothing]] {
      XCTAssertEqual(try exercise.casesPassed(by: answer, in: ProbingAsks.splitByLemma), [])
    }
    let lists: [[Double]] = [
      [], [.nan, .nan, .nan, .nan], [1e38, 1e38, 1e38, 1e38], [-.infinity, 0, 0, 0], [1, 1, 1, 1],
      [0, 0, 0, 0], [-1, -1, -1, -1],
    ]
    for list in lists {
      let verdicts = try exercise.only(ProbingAsks.accuracies).verdicts(
        on: list.map { Estimate(value: $0, lower: $0, upper: $0) })
      // Of the translator's articles some layers are hardly judged.
      XCTAssertTrue(verdicts.contains { $0.verdict.fraction < 1 }, "\(list)")
    }
  }

  func testHalfAnAnswerEarnsHalf() {
    struct Half: ProbingAnswersStub {
      func splitByLemma(_ lemmas: [String], seed: UInt64) throws -> SplitPlaces {
        try Solution2.Answers().splitByLemma(lemmas, seed: seed)
      }
    }
    let result = Checker.check(exercise, Half())
    XCTAssertEqual(result.points, 2)
    XCTAssertTrue(result.message.contains("`accuracies` is not answered yet"), result.message)
  }
}
