import Coursework
import Foundation
import Interpretability
import Tensors
import Transformers
import XCTest

@testable import GradientsExercises
@testable import GradientsVocabulary

/// Exercise 3.6: what is rejected, what is accepted.
final class ContrastTests: XCTestCase {
  private typealias Question = TargetAndFoil

  private let exercise = GradientsSheet.contrast

  /// Integrated gradients of any number of the logits, each row reduced; parts may go wrong.
  private static func integrated(
    _ question: Question, of number: (Tensor, Int, Int) -> Tensor = { difference($0, $1, $2) },
    at place: (Int) -> Float = { Float($0) + 0.5 }
  ) throws -> [Float] {
    let row = try question.row.row()
    let way = row.embeddings - question.baseline
    let gradients = try (0..<question.steps).map { step in
      let x = (question.baseline + way * (place(step) / Float(question.steps)))
        .requiringGradient()
      return gradient(
        of: number(try row(x), question.target, question.foil), withRespectTo: [x])[0]
    }
    return (way * Tensor.stack(gradients).mean(axis: 0)).sum(axis: 1).values
  }

  private static func one(_ logits: Tensor, _ token: Int) -> Tensor {
    logits.slice(token..<(token + 1)).sum()
  }

  private static func difference(_ logits: Tensor, _ target: Int, _ foil: Int) -> Tensor {
    one(logits, target) - one(logits, foil)
  }

  private func misconception(
    _ name: String, says: String?, _ answer: @escaping @Sendable (Question) throws -> [Float]
  ) -> Misconception {
    Misconception(of: exercise, name, says: says, answer: answer)
  }

  func testMisconceptionsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("target alone", says: "explains the target alone") {
        try Self.integrated($0) { logits, target, _ in Self.one(logits, target) }
      },
      misconception("foil alone", says: "explains the foil alone") {
        try Self.integrated($0) { logits, _, foil in Self.one(logits, foil) }
      },
      misconception("foil minus target", says: "wrong sign") {
        try Self.integrated($0) { Self.difference($0, $2, $1) }
      },
      misconception("sum", says: "the foil is added") {
        try Self.integrated($0) { Self.one($0, $1) + Self.one($0, $2) }
      },
      misconception("probabilities", says: "difference of probabilities") {
        try Self.integrated($0) { Self.difference($0.softmax(), $1, $2) }
      },
      misconception("absolute values first", says: "signs are lost before the foil") { question in
        let target = try Self.integrated(question) { logits, target, _ in Self.one(logits, target) }
        let foil = try Self.integrated(question) { logits, _, foil in Self.one(logits, foil) }
        return zip(target, foil).map { abs($0) - abs($1) }
      },
      misconception("absolute", says: "what speaks for the foil is negative") {
        try Self.integrated($0).map(abs)
      },
      misconception("not averaged", says: "added and not averaged") { question in
        try Self.integrated(question).map { $0 * Float(question.steps) }
      },
      misconception("at the end", says: "at the end of the way alone") { question in
        try Self.integrated(question, at: { _ in Float(question.steps) })
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, "log-probabilities, whose normaliser cancels") { (question: Question) in
        try Self.integrated(question) { Self.difference($0.logSoftmax(), $1, $2) }
      },
      Variant(of: exercise, "two integrals and their difference, in Double") {
        (question: Question) in
        let target = try Self.integrated(question) { logits, target, _ in Self.one(logits, target) }
        let foil = try Self.integrated(question) { logits, _, foil in Self.one(logits, foil) }
        return zip(target, foil).map { Float(Double($0) - Double($1)) }
      },
      Variant(of: exercise, "from the sentence back to the baseline") { (question: Question) in
        try Self.integrated(question, at: { Float(question.steps - 1 - $0) + 0.5 })
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  /// The target is what the translation has, and the foil differs from it in gender alone.
  func testTheFoilIsTheOtherGender() throws {
    let prediction = try GradientsSheet.brunContrast()
    var pieces = prediction
    pieces.source = [prediction.target.token, prediction.target.foil!]
    XCTAssertEqual(
      try pieces.pieces().map { $0.filter(\.isLetter) }, ["brun", "brune"])
    XCTAssertEqual(prediction.target.position, 2)
  }

  /// Shares of a product and of a sum as they are on paper.
  func testTheKeyOfFormulasIsWhatPaperSays() {
    let weights = Tensor([1, 2], shape: [2, 1])
    let (end, start) = (Tensor([3, 4], shape: [2, 1]), Tensor([1, 1], shape: [2, 1]))
    let product = Formula(kind: .product, weights: weights)
    // Projections go from 1 and 2 to 3 and 8; half-way the others are 5 and 2.
    XCTAssertEqual(product.shares(of: end, from: start, at: [0.5]), [10, 12])
    let sum = Formula(kind: .linear, weights: weights)
    XCTAssertEqual(sum.shares(of: end, from: start, at: [0.5]), [2, 6])
  }

  func testNonsenseEarnsNothing() {
    for list in [[], [.nan], [0, 0, 0], [Float](repeating: 1e38, count: 4), [-.infinity]] {
      XCTAssertNil(misconception("nonsense", says: nil) { _ in list }.fault())
    }
  }
}
