import Coursework
import Foundation
import Tensors
import XCTest

@testable import AttentionExercises
@testable import AttentionVocabulary

private typealias Question = AttendedPair

/// Exercise 1.5: what is rejected, what is accepted.
final class AlignWordsTests: XCTestCase {
  private let exercise = AttentionSheet.alignWords

  /// An alignment in naive loops: for every target word the source word behind the instruction with
  /// the most attention, all heads and pieces added.
  ///
  /// - Parameter shift: by how many rows every row is read too late.
  private static func alignment(
    _ question: Question, from start: Int = 4, shift: Int = 0
  ) -> [Int?] {
    let (pair, cross) = (question.pair, question.cross)
    var sums = [[Double]](
      repeating: .init(repeating: 0, count: pair.sourceWords.count), count: pair.targetWords.count)
    for (t, target) in pair.wordOfTargetPiece.enumerated() {
      guard let target, (0..<cross.shape[1]).contains(t + shift) else { continue }
      for head in 0..<cross.shape[0] {
        for (s, source) in pair.wordOfSourcePiece.enumerated() {
          guard let source else { continue }
          sums[target][source] += Double(cross[head, t + shift, s])
        }
      }
    }
    return sums.map { row in (start..<row.count).max { row[$0] < row[$1] } }
  }

  private func misconception(
    _ name: String, says: String, answer: @escaping @Sendable (Question) -> [Int?]
  ) -> Misconception {
    Misconception(of: exercise, name, says: says) { (questions: [Question]) in
      questions.map(answer)
    }
  }

  /// For every target word, the source word or piece that is best by a measure of its pieces.
  private static func byPieces(
    _ question: Question, measure: @escaping ([Float]) -> Float
  ) -> [Int?] {
    let (pair, cross) = (question.pair, question.cross.mean(axis: 0))
    return pair.targetWords.indices.map { target in
      let row = pair.wordOfTargetPiece.firstIndex(of: target)!
      return (4..<pair.sourceWords.count).max { a, b in
        func value(_ word: Int) -> Float {
          measure(
            pair.wordOfSourcePiece.indices.filter { pair.wordOfSourcePiece[$0] == word }
              .map { cross[row, $0] })
        }
        return value(a) < value(b)
      }
    }
  }

  func testMisconceptionsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("labels rows by what they read", says: "the word after it") {
        Self.alignment($0, shift: 1)
      },
      misconception("shifts the target once more", says: "the word before it") {
        Self.alignment($0, shift: -1)
      },
      misconception("takes the piece with the most attention", says: "sum of what its pieces get") {
        Self.byPieces($0) { $0.max()! }
      },
      misconception("averages over a source word's pieces", says: "sum of what its pieces get") {
        Self.byPieces($0) { $0.reduce(0, +) / Float($0.count) }
      },
      misconception("asks the source words", says: "for every source word, which target word") {
        question in
        let (pair, cross) = (question.pair, question.cross.sum(axis: 0))
        var rows = Tensor.zeros([pair.targetWords.count, pair.sourceWords.count])
        for (row, target) in pair.wordOfTargetPiece.enumerated() {
          for (column, source) in pair.wordOfSourcePiece.enumerated() {
            if let target, let source { rows[target, source] += cross[row, column] }
          }
        }
        let readers = rows.transposed().argmax()
        var found = [Int?](repeating: nil, count: pair.targetWords.count)
        for source in 4..<readers.count { found[readers[source]] = source }
        return found
      },
      misconception("answers pieces", says: "indices of source words, from 0, not of pieces") {
        question in
        let cross = question.cross.mean(axis: 0)
        return question.pair.targetWords.indices.map { target in
          let row = question.pair.wordOfTargetPiece.firstIndex(of: target)!
          return (4..<cross.shape[1]).max { cross[row, $0] < cross[row, $1] }
        }
      },
      misconception("answers a source for every piece", says: "not for every piece") {
        $0.cross.mean(axis: 0).argmax().map { $0 }
      },
      misconception("answers a target word for every source word", says: "for every target word") {
        question in
        question.cross.mean(axis: 0).transposed().argmax().map { $0 }
      },
      misconception("counts from the first word after the instruction", says: "“Translate”") {
        Self.alignment($0).map { $0.map { $0 - 4 } }
      },
      misconception("counts from 1", says: "from 0, not from 1") { question in
        Self.alignment(question).map { $0.map { min($0 + 1, question.pair.sourceWords.count - 1) } }
      },
      misconception("trusts the order of the words", says: "at its own place") { question in
        question.pair.targetWords.indices.map {
          min($0 + 4, question.pair.sourceWords.count - 1)
        }
      },
      misconception("aligns everything with the instruction", says: "soaks up attention") {
        $0.pair.targetWords.map { _ in 3 }
      },
      misconception("leaves everything unaligned", says: "without a source") {
        $0.pair.targetWords.map { _ in nil }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, "loops in Double") { (questions: [Question]) in
        questions.map { Self.alignment($0) }
      },
      Variant(of: exercise, "products with matrices of zeros and ones") { (questions: [Question]) in
        questions.map { question in
          let pair = question.pair
          func membership(_ words: [Int?], _ count: Int) -> Tensor {
            Tensor(rows: words.map { word in (0..<count).map { $0 == word ? 1 : 0 } })
          }
          let words = membership(pair.wordOfTargetPiece, pair.targetWords.count).transposed()
            .matmul(question.cross.sum(axis: 0))
            .matmul(membership(pair.wordOfSourcePiece, pair.sourceWords.count))
          return (0..<words.shape[0]).map { target -> Int? in
            (4..<words.shape[1] - 1).max { words[target, $0] < words[target, $1] }
          }
        }
      },
      Variant(of: exercise, "the row of a word's first piece alone, none for full stops") {
        (questions: [Question]) in
        questions.map { question in
          let sources = Self.byPieces(question) { $0.reduce(0, +) }
          return zip(question.pair.targetWords, sources).map { $0 == "." ? nil : $1 }
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    let nonsense: [(String, @Sendable ([Question]) -> [[Int?]])] = [
      ("nothing", { _ in [] }),
      ("empty sentences", { $0.map { _ in [] } }),
      ("too many sentences", { $0.map { $0.pair.targetWords.map { _ in 4 } } + [[]] }),
      ("the greatest number", { $0.map { $0.pair.targetWords.map { _ in .max } } }),
      ("the least number", { $0.map { $0.pair.targetWords.map { _ in .min } } }),
      ("one word", { $0.map { $0.pair.targetWords.map { _ in 5 } } }),
    ]
    for (name, answer) in nonsense {
      XCTAssertNil(Misconception(of: exercise, name, says: "(0 of ", answer: answer).fault())
    }
  }
}
