import Coursework
import Foundation
import Tensors
import XCTest

@testable import GradientsExercises
@testable import GradientsVocabulary

/// Exercise 3.3: what is rejected, what is accepted.
final class InputTimesGradientTests: XCTestCase {
  private typealias Question = NumberAndPieces

  private let exercise = GradientsSheet.inputTimesGradient

  /// The solution's pieces, or what `reduce` makes of an embedding and its gradient.
  private static func pieces(
    _ question: Question,
    _ reduce: ([Float], [Float]) -> Float = { zip($0, $1).reduce(0) { $0 + $1.0 * $1.1 } }
  ) throws -> [Float] {
    let number = try question.number.number()
    let x = number.embeddings.requiringGradient()
    let gradients = gradient(of: try number(x), withRespectTo: [x])[0]
    return (0..<x.shape[0]).map { reduce(x[at: $0].values, gradients[at: $0].values) }
  }

  private static func words(
    _ question: Question, _ pool: ([Float]) -> Float = { $0.reduce(0, +) }
  ) -> [Float] {
    let count = question.words.compactMap { $0 }.max()! + 1
    return (0..<count).map { word in
      pool(zip(question.scores, question.words).filter { $0.1 == word }.map(\.0))
    }
  }

  private static func length(_ row: [Float]) -> Float {
    row.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  private func misconception(
    _ name: String, says: String?, pieces: @escaping @Sendable (Question) throws -> [Float]
  ) -> Misconception {
    Misconception(
      of: exercise, in: GradientsAsks.inputTimesGradient, name, says: says, answer: pieces)
  }

  private func misconception(
    _ name: String, says: String?, words: @escaping @Sendable (Question) throws -> [Float]
  ) -> Misconception {
    Misconception(of: exercise, in: GradientsAsks.wordScores, name, says: says, answer: words)
  }

  func testWrongProductsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception(
        "absolute", says: "the sign is lost", pieces: { try Self.pieces($0).map(abs) }),
      misconception(
        "absolute before the sum", says: "the signs of the coordinates are lost",
        pieces: { question in
          try Self.pieces(question) { zip($0, $1).reduce(0) { $0 + abs($1.0 * $1.1) } }
        }),
      misconception(
        "gradient alone", says: "the gradient alone",
        pieces: { try Self.pieces($0) { $1.reduce(0, +) } }),
      misconception(
        "saliency", says: "this is saliency", pieces: { try Self.pieces($0) { Self.length($1) } }),
      misconception(
        "product of lengths", says: "the lengths are multiplied",
        pieces: { try Self.pieces($0) { Self.length($0) * Self.length($1) } }),
      misconception(
        "length of the product", says: "the length of the product",
        pieces: { try Self.pieces($0) { Self.length(zip($0, $1).map(*)) } }),
      misconception(
        "mean", says: "the mean over the coordinates",
        pieces: { question in
          try Self.pieces(question) { e, g in
            zip(e, g).reduce(0) { $0 + $1.0 * $1.1 } / Float(e.count)
          }
        }),
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testWrongWordsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception(
        "mean", says: "has the mean of its pieces",
        words: { Self.words($0) { $0.reduce(0, +) / Float($0.count) } }),
      misconception("last", says: "last piece's score", words: { Self.words($0) { $0.last! } }),
      misconception("first", says: "first piece's score", words: { Self.words($0) { $0[0] } }),
      misconception(
        "greatest", says: "greatest of its pieces", words: { Self.words($0) { $0.max()! } }),
      misconception(
        "absolute", says: "the signs are lost",
        words: { Self.words($0) { $0.reduce(0) { $0 + abs($1) } } }),
      misconception(
        "end token to the first word", says: "added to the first word",
        words: { question in
          var words = Self.words(question)
          words[0] += question.scores.last!
          return words
        }),
      misconception(
        "end token to the last word", says: "added to the last word",
        words: { question in
          var words = Self.words(question)
          words[words.count - 1] += question.scores.last!
          return words
        }),
      misconception(
        "end token as a word", says: "one word too many",
        words: { Self.words($0) + [$0.scores.last!] }),
      misconception("pieces", says: "a score for every piece", words: { $0.scores }),
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, in: GradientsAsks.inputTimesGradient, "tensor products") { question in
        let number = try question.number.number()
        let x = number.embeddings.requiringGradient()
        let product = gradient(of: try number(x), withRespectTo: [x])[0] * x.detached()
        return product.sum(axis: 1).values
      },
      Variant(of: exercise, in: GradientsAsks.wordScores, "a dictionary of words") { question in
        var sums: [Int: Float] = [:]
        for (score, word) in zip(question.scores, question.words) where word != nil {
          sums[word!, default: 0] += score
        }
        return sums.keys.sorted().map { sums[$0]! }
      },
      Variant(of: exercise, in: GradientsAsks.inputTimesGradient, "loops of Double") { question in
        try Self.pieces(question) { e, g in
          Float(zip(e, g).reversed().reduce(0.0) { $0 + Double($1.0) * Double($1.1) })
        }
      },
      Variant(of: exercise, in: GradientsAsks.wordScores, "pieces from the end") { question in
        Self.words(question) { Float($0.reversed().reduce(0.0) { $0 + Double($1) }) }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  /// Each factor of a product of k is given all of it: the sum is k times the number, so input ×
  /// gradient is not complete.
  func testTheProductsKeyIsWhatPaperSays() throws {
    for encoded in try exercise.cases(seed: 2) where encoded.name.contains("product") {
      let question = try JSONDecoder().decode(Question.self, from: encoded.question)
      let number = try question.number.number()
      let value = try number(number.embeddings).scalar
      for score in try Self.pieces(question) {
        XCTAssertEqual(score, value, accuracy: 1e-3 * max(1, abs(value)))
      }
    }
  }

  func testNonsenseEarnsNothing() throws {
    for list in [[], [.nan], [0, 0, 0], [Float](repeating: 1e38, count: 5), [-.infinity]] {
      XCTAssertEqual(try exercise.casesPassed(by: list, in: GradientsAsks.inputTimesGradient), [])
      XCTAssertEqual(try exercise.casesPassed(by: list, in: GradientsAsks.wordScores), [])
    }
  }
}
