import Coursework
import Foundation
import Interpretability
import SheetTools
import Tensors
import Transformers
import XCTest

@testable import GradientsExercises
@testable import GradientsVocabulary

/// Exercise 3.8: what is rejected, what is accepted.
final class FaithfulnessTests: XCTestCase {
  private typealias Question = DeletionScores

  private let exercise = GradientsSheet.isItFaithful

  /// The number while positions go in an order, of `less(a, b)` for two positions.
  private static func curve(
    _ question: Question, filler: Tensor? = nil, staysGone: Bool = true,
    less: ((Int, Int) -> Bool)? = nil
  ) throws -> [Float] {
    let number = try question.number.number()
    let (scores, filler) = (question.scores, filler ?? question.baseline)
    let order = scores.indices.sorted(
      by: less ?? { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 })
    var x = number.embeddings
    return try [number(x).scalar]
      + order.map { position in
        if !staysGone { x = number.embeddings }
        for column in 0..<x.shape[1] { x[position, column] = filler[position, column] }
        return try number(x).scalar
      }
  }

  private static func area(_ curve: [Float]) -> Float {
    zip(curve, curve.dropFirst()).reduce(0) { $0 + ($1.0 + $1.1) / 2 } / Float(curve.count - 1)
  }

  private func misconception(
    _ name: String, says: String?, deletion: @escaping @Sendable (Question) throws -> [Float]
  ) -> Misconception {
    Misconception(of: exercise, in: GradientsAsks.deletionCurve, name, says: says, answer: deletion)
  }

  private func misconception(
    _ name: String, says: String?, area: @escaping @Sendable ([Float]) -> Float
  ) -> Misconception {
    Misconception(of: exercise, in: GradientsAsks.area, name, says: says) { area($0.curve) }
  }

  func testWrongCurvesAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception(
        "lowest first", says: "the lowest score goes first",
        deletion: { question in
          let scores = question.scores
          return try Self.curve(
            question, less: { (scores[$0], $0) < (scores[$1], $1) })
        }),
      misconception(
        "strongest first", says: "by the strength of their scores",
        deletion: { question in
          let scores = question.scores.map { abs($0) }
          return try Self.curve(
            question, less: { (-scores[$0], $0) < (-scores[$1], $1) })
        }),
      misconception(
        "one at a time", says: "what is deleted stays deleted",
        deletion: { try Self.curve($0, staysGone: false) }),
      misconception(
        "insertion", says: "an insertion curve",
        deletion: { question in
          let scores = question.scores
          // Taken away from the lowest, and from the right among equals; read backwards.
          return try Self.curve(
            question, less: { (scores[$0], -$0) < (scores[$1], -$1) }
          ).reversed()
        }),
      misconception(
        "zeros", says: "zeros stand in the place",
        deletion: { try Self.curve($0, filler: .zeros($0.baseline.shape)) }),
      misconception(
        "left to right", says: "whatever their scores",
        deletion: { try Self.curve($0, less: <) }),
      misconception(
        "losses", says: "these are losses",
        deletion: { question in
          let curve = try Self.curve(question)
          return curve.map { curve[0] - $0 }
        }),
      misconception(
        "normalised", says: "divided by its first value",
        deletion: { question in
          let curve = try Self.curve(question)
          return curve.map { $0 / curve[0] }
        }),
      misconception(
        "equals from the right", says: "equal scores go from right to left",
        deletion: { question in
          let scores = question.scores
          return try Self.curve(
            question, less: { (-scores[$0], -$0) < (-scores[$1], -$1) })
        }),
      misconception(
        "without the beginning", says: "a value too few",
        deletion: { Array(try Self.curve($0).dropFirst()) }),
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testWrongAreasAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception(
        "steps of 1", says: "the whole curve is 1 wide",
        area: { Self.area($0) * Float($0.count - 1) }),
      misconception("sum", says: "the sum of the values", area: { $0.reduce(0, +) }),
      misconception(
        "mean", says: "the mean of the values", area: { $0.reduce(0, +) / Float($0.count) }),
      misconception(
        "left ends", says: "and the last for none",
        area: { $0.dropLast().reduce(0, +) / Float($0.count - 1) }),
      misconception(
        "right ends", says: "and the first for none",
        area: { $0.dropFirst().reduce(0, +) / Float($0.count - 1) }),
      misconception(
        "divided by the values", says: "one step less than there are values",
        area: { Self.area($0) * Float($0.count - 1) / Float($0.count) }),
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, in: GradientsAsks.deletionCurve, "embeddings made anew") { question in
        let number = try question.number.number()
        var left = Array(question.scores.indices)
        var curve = [try number(number.embeddings).scalar]
        while !left.isEmpty {
          // `max(by:)` takes the last of equals, so look for the first by hand.
          var best = 0
          for index in left.indices where question.scores[left[index]] > question.scores[left[best]]
          {
            best = index
          }
          left.remove(at: best)
          let rows = question.scores.indices.map { position in
            (left.contains(position) ? number.embeddings : question.baseline)[at: position].values
          }
          curve.append(try number(Tensor(rows: rows)).scalar)
        }
        return curve
      },
      Variant(of: exercise, in: GradientsAsks.area, "an area in Double") { question in
        let heights = question.curve.map(Double.init)
        let inner = heights.dropFirst().dropLast().reduce(0, +)
        return Float((inner + (heights[0] + heights.last!) / 2) / Double(heights.count - 1))
      },
      Variant(of: exercise, in: GradientsAsks.deletionCurve, "the library's curve") { question in
        var curve = try Self.curve(question)
        if case .translator(let prediction) = question.number {
          curve = try prediction.explained().deletionCurve(
            question.scores, replacing: .embeddings(EmbeddingValues(source: question.baseline))
          ).values.map { Float($0) }
        }
        return curve
      },
      Variant(of: exercise, in: GradientsAsks.area, "an area of steps and halves") { question in
        let heights = question.curve
        let lower = heights.dropLast().reduce(0, +), upper = heights.dropFirst().reduce(0, +)
        return (lower + upper) / 2 / Float(heights.count - 1)
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  /// A sum of three numbers, worked by hand.
  func testTheKeyIsWhatPaperSays() throws {
    let formula = Formula(kind: .linear, weights: Tensor([1, 1, 1], shape: [3, 1]))
    let work = try DeletionWork(
      embeddings: Tensor([5, 7, 11], shape: [3, 1]), baseline: Tensor([1, 1, 1], shape: [3, 1]),
      scores: [0.5, -2, 0.5]
    ) { formula.onPaper($0) }
    XCTAssertEqual(work.deletion, [23, 19, 9, 3])
    XCTAssertEqual(try work.mistakes().first?.answer, [23, 17, 13, 3])
    XCTAssertEqual(try work.mistakes().last?.answer, [23, 13, 9, 3])
  }

  func testHalfAnAnswerEarnsHalf() {
    struct Half: GradientsAnswersStub {
      func area(under curve: [Float]) throws -> Float { FaithfulnessTests.area(curve) }
    }
    let result = Checker.check(exercise, Half())
    XCTAssertEqual(result.points, 2.5)
    XCTAssertTrue(
      result.message.contains("`deletionCurve` is not answered yet"), result.message)
  }

  func testNonsenseEarnsNothing() throws {
    for list in [[], [.nan], [0, 0, 0, 0], [Float](repeating: 1e38, count: 7), [-.infinity]] {
      XCTAssertEqual(try exercise.casesPassed(by: list, in: GradientsAsks.deletionCurve), [])
      XCTAssertEqual(
        try exercise.casesPassed(by: list.first ?? .infinity, in: GradientsAsks.area), [])
    }
  }

  /// What the sheet says of methods whose baseline is what words give way to: with other words in their
  /// place, which no method has seen, all stay clear of random scores.
  ///
  /// `HEADLIGHT_SENTENCES=60` measures what the text quotes.
  func testMethodsBeatRandomScoresWithoutTheBaselineTheyShare() throws {
    let count = ProcessInfo.processInfo.environment["HEADLIGHT_SENTENCES"].flatMap { Int($0) } ?? 12
    let samples = try FaithfulnessSample.drawn(count: count)
    func area(_ name: String, _ filler: KeyPath<FaithfulnessSample, Tensor>) throws -> Float {
      try samples.reduce(0) { sum, sample in
        let scores = sample.framedLast(sample.scores(name))
        let curve = try Self.curve(
          DeletionScores(
            number: .translator(sample.prediction), scores: scores,
            baseline: sample[keyPath: filler], curve: []))
        return sum + Self.area(Array(curve.prefix(sample.words.count + 1)))
      } / Float(samples.count)
    }
    var areas: [String: (padding: Float, others: Float)] = [:]
    for name in FaithfulnessSample.names + ["occlusion"] {
      let found = (padding: try area(name, \.baseline), others: try area(name, \.otherWords))
      areas[name] = found
      print(
        "area of deletion, \(count) sentences, \(name): \(found.padding) with padding, "
          + "\(found.others) with other words")
    }
    for others in [false, true] {
      func value(_ name: String) -> Float { others ? areas[name]!.others : areas[name]!.padding }
      for name in ["integrated gradients", "occlusion", "attention"] {
        XCTAssertLessThan(value(name), value("random") - 2, "\(name), other words: \(others)")
      }
    }
    XCTAssertLessThan(
      areas["integrated gradients"]!.padding, areas["input × gradient"]!.padding)
  }

  /// The embedding of a piece is a row of the table, for padding as for words.
  func testAnEmbeddingIsARowOfTheTable() throws {
    let translator = try SheetTranslator.translator()
    let row = translator.model.embedding[at: translator.model.configuration.padToken]
    XCTAssertEqual(try translator.filler().values, row.values)
  }
}
