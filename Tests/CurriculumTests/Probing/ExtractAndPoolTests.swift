import Coursework
import Interpretability
import SheetTools
import Tensors
import Transformers
import XCTest

@testable import ProbingExercises
@testable import ProbingVocabulary

/// Exercise 2.1: what is rejected, what is accepted.
final class ExtractAndPoolTests: XCTestCase {
  private typealias Question = PooledSentence
  private let exercise = ProbingSheet.extractAndPool

  /// The residual stream, `[layer][position, width]`, or what a student takes for it.
  private static func layers(
    _ question: Question, _ points: [HookPoint]? = nil
  ) throws -> [Tensor] {
    let model = try SheetTranslator.translator().model
    let blocks = model.configuration.encoder!.layerCount
    let points =
      points ?? [.residualPre(.encoder, 0)] + (0..<blocks).map { .residualPost(.encoder, $0) }
    let input = ModelInput(question.sentence.tokens, decoderTokens: [0])
    let trace = try model.run(input, capturing: .points(Set(points))).trace
    return try points.map { try trace[$0][at: 0] }
  }

  private static func pooled(
    _ layers: [Tensor], _ words: [Range<Int>], _ pool: (Tensor, Range<Int>) -> Tensor
  ) -> Tensor {
    .stack(layers.map { rows in .stack(words.map { pool(rows, $0) }) })
  }

  private static func pool(_ question: Question) -> (Tensor, Range<Int>) -> Tensor {
    { rows, word in
      question.pooling == .last
        ? rows[at: word.upperBound - 1] : rows.slice(axis: 0, word).mean(axis: 0)
    }
  }

  private func misconception(
    _ name: String, says: String?, answer: @escaping @Sendable (Question) throws -> Tensor
  ) -> Misconception {
    Misconception(of: exercise, name, says: says, answer: answer)
  }

  func testWrongVectorsAreRejectedWithTheirSentence() {
    let blocks = 3
    let misconceptions = [
      misconception("no embedding", says: "one layer too few") { question in
        let layers = try Self.layers(question)
        return Self.pooled(
          Array(layers.dropFirst()), question.sentence.words, Self.pool(question))
      },
      misconception("what enters each block", says: "the embedding is there twice") { question in
        let points =
          [HookPoint.residualPre(.encoder, 0)]
          + (0..<blocks).map { .residualPre(.encoder, $0) }
        let layers = try points.map { try Self.layers(question, [$0])[0] }
        return Self.pooled(layers, question.sentence.words, Self.pool(question))
      },
      misconception("the first token", says: "each word is its first token") { question in
        Self.pooled(try Self.layers(question), question.sentence.words) {
          $0[at: $1.lowerBound]
        }
      },
      misconception("always the mean", says: "pooling is not the one that was asked for") {
        question in
        Self.pooled(try Self.layers(question), question.sentence.words) {
          $0.slice(axis: 0, $1).mean(axis: 0)
        }
      },
      misconception("always the last", says: "pooling is not the one that was asked for") {
        question in
        Self.pooled(try Self.layers(question), question.sentence.words) {
          $0[at: $1.upperBound - 1]
        }
      },
      misconception("sums", says: "their mean is asked for") { question in
        Self.pooled(try Self.layers(question), question.sentence.words) { rows, word in
          question.pooling == .last
            ? rows[at: word.upperBound - 1] : rows.slice(axis: 0, word).sum(axis: 0)
        }
      },
      misconception("one past the end", says: "the token after the word") { question in
        Self.pooled(try Self.layers(question), question.sentence.words) { rows, word in
          rows[at: min(word.upperBound, rows.shape[0] - 1)]
        }
      },
      misconception("the normed output", says: "gone through the final norm") { question in
        var layers = try Self.layers(question)
        layers[blocks] = try Self.layers(question, [.finalNorm(.encoder, .normalized)])[0]
        return Self.pooled(layers, question.sentence.words, Self.pool(question))
      },
      misconception("axes swapped", says: "axes are swapped") { question in
        Self.pooled(try Self.layers(question), question.sentence.words, Self.pool(question))
          .permuted([1, 0, 2])
      },
      misconception("every token", says: "has the shape") { question in
        .stack(try Self.layers(question))
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, "by the library") { (question: Question) in
        Tensor.stack(
          try SheetTranslator.translator().model.representations(
            of: [question.sentence], pooling: question.pooling
          ).layers)
      },
      Variant(of: exercise, "in loops, a run a layer") { (question: Question) in
        let words = question.sentence.words
        var values: [Float] = []
        var width = 0
        for layer in try Self.layers(question) {
          width = layer.shape[1]
          for word in words {
            let places = question.pooling == .last ? [word.upperBound - 1] : Array(word)
            for column in 0..<width {
              let sum = places.map { layer[$0, column] }.reduce(0, +)
              values.append(sum / Float(places.count))
            }
          }
        }
        return Tensor(values, shape: [values.count / width / words.count, words.count, width])
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    let tensors: [Tensor] = [
      Tensor([]), Tensor(scalar: .nan), .zeros([4, 1, 96]),
      Tensor(repeating: .infinity, shape: [4, 6, 96]), Tensor(repeating: 1e38, shape: [4, 6, 96]),
    ]
    for tensor in tensors {
      XCTAssertNil(misconception("nonsense", says: nil) { _ in tensor }.fault())
    }
  }
}
