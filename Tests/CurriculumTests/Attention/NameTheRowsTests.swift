import Coursework
import Foundation
import Tensors
import XCTest

@testable import AttentionExercises
@testable import AttentionVocabulary

/// Exercise 1.4: what is rejected, what is accepted.
final class NameTheRowsTests: XCTestCase {
  private let exercise = AttentionSheet.nameTheRows
  private typealias Question = RowsAndPictures

  private static func rows(_ reads: [String], _ predicts: [String]) -> [RowTokens] {
    zip(reads, predicts).map { RowTokens(reads: $0, predicts: $1) }
  }

  private func misconception(
    _ name: String, says: String?,
    _ answer: @escaping @Sendable (_ target: [String], _ start: String) -> [RowTokens]
  ) -> Misconception {
    Misconception(of: exercise, in: AttentionAsks.rows, name, says: says) { question in
      question.targets.map { answer($0.target, $0.startToken) }
    }
  }

  private func pictures(
    _ name: String, says: String?,
    _ answer: @escaping @Sendable (LabelledMap) -> RowLabelling
  ) -> Misconception {
    Misconception(of: exercise, in: AttentionAsks.labelling, name, says: says) { question in
      question.pictures.map(answer)
    }
  }

  /// Over all rows, what they give to what the label so many rows below translates.
  private static func attention(_ picture: LabelledMap, below step: Int) -> Float {
    picture.cross.shape[0] <= step
      ? 0
      : (0..<(picture.cross.shape[0] - step)).reduce(0) { sum, row in
        sum + (picture.translates[row + step].map { picture.cross[row, $0] } ?? 0)
      }
  }

  func testWrongNamesOfPicturesAreRejectedWithTheirSentence() {
    let misconceptions = [
      pictures("always predicts", says: "every picture has the same answer") { _ in .predicts },
      pictures("exchanged", says: "the two are exchanged") {
        Self.attention($0, below: 0) > Self.attention($0, below: 1) ? .reads : .predicts
      },
      pictures("by the first row that is an article's", says: "ask all rows of a picture together")
      {
        picture in
        // Whether the greatest of one row is what its label translates.
        let row = picture.translates.indices.first { picture.translates[$0] != nil } ?? 0
        return picture.cross[at: row].argmax()[0] == picture.translates[row] ? .predicts : .reads
      },
    ]
    for misconception in misconceptions.prefix(2) { XCTAssertNil(misconception.fault()) }
    XCTAssertNil(misconceptions[2].fault(seeds: [1]))
    let variants = [
      Variant(of: exercise, in: AttentionAsks.labelling, "sums over rows") { question in
        question.pictures.map {
          Self.attention($0, below: 0) > Self.attention($0, below: 1) ? .predicts : .reads
        }
      },
      Variant(of: exercise, in: AttentionAsks.labelling, "a vote of the rows") { question in
        question.pictures.map { picture in
          var votes = 0
          for row in 1..<picture.labels.count {
            guard let source = picture.translates[row] else { continue }
            let (own, above) = (picture.cross[row, source], picture.cross[row - 1, source])
            if abs(own - above) > 0.2 { votes += own > above ? 1 : -1 }
          }
          return votes > 0 ? .predicts : .reads
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testMisconceptionsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("unshifted", says: "reads the piece that it predicts") { target, _ in
        Self.rows(target, target)
      },
      misconception("predicts what it reads", says: "the one after") { target, start in
        let reads = [start] + target.dropLast()
        return Self.rows(reads, reads)
      },
      misconception("no start token", says: "the first row is missing") { target, _ in
        Self.rows(target, Array(target.dropFirst()))
      },
      misconception("no row for the end token", says: "the end token too") { target, start in
        Self.rows([start] + target, Array(target.dropLast()))
      },
      misconception("a row that reads the end token", says: "a row too many") { target, start in
        Self.rows([start] + target, target + [target.last!])
      },
      misconception("exchanged", says: "are exchanged") { target, start in
        Self.rows(target, [start] + target.dropLast())
      },
      misconception("shifted twice", says: "by one place only") { target, start in
        Self.rows(Array(([start, start] + target).prefix(target.count)), target)
      },
      misconception("shifted left", says: "row 0 reads the start token") { target, start in
        Self.rows(target, target.dropFirst() + [start])
      },
      misconception("predicts the piece after next", says: "too far ahead") { target, start in
        Self.rows([start] + target.dropLast(), target.dropFirst() + [target.last!])
      },
      misconception("a start token by heart", says: "whatever it is called") { target, _ in
        Self.rows(["<pad>"] + target.dropLast(), target)
      },
      misconception("reads all that is written", says: "a row reads one piece") { target, start in
        let reads = target.indices.map { ([start] + target.prefix($0)).joined() }
        return Self.rows(reads, target)
      },
      misconception("places by the piece's text", says: "may come twice") { target, start in
        target.map { piece in
          let place = target.firstIndex(of: piece)!
          return RowTokens(reads: place == 0 ? start : target[place - 1], predicts: piece)
        }
      },
      misconception("last row first", says: "in reverse order") { target, start in
        Self.rows([start] + target.dropLast(), target).reversed()
      },
      misconception("the last row predicts nothing", says: "only the last row is wrong") {
        target, start in
        var rows = Self.rows([start] + target.dropLast(), target)
        rows[rows.count - 1].predicts = ""
        return rows
      },
      misconception("marks of words taken off", says: "rows are wrong: row t predicts") {
        target, start in
        let bare = target.map { $0.replacing("▁", with: "") }
        return Self.rows([start] + bare.dropLast(), bare)
      },
      misconception("a row for every word", says: "one row for every piece") { target, start in
        // Pieces of one word are joined; the end token counts as a word.
        var words: [String] = []
        for piece in target {
          if piece.hasPrefix("▁") || words.isEmpty {
            words.append(piece)
          } else {
            words[words.count - 1] += piece
          }
        }
        return Self.rows([start] + words.dropLast(), words)
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, in: AttentionAsks.rows, "a loop that remembers") { question in
        question.targets.map { question in
          var last = question.startToken
          var rows: [RowTokens] = []
          for piece in question.target {
            rows.append(RowTokens(reads: last, predicts: piece))
            last = piece
          }
          return rows
        }
      },
      Variant(of: exercise, in: AttentionAsks.rows, "by index") { question in
        question.targets.map { question in
          question.target.indices.map {
            RowTokens(
              reads: $0 > 0 ? question.target[$0 - 1] : question.startToken,
              predicts: question.target[$0])
          }
        }
      },
      Variant(of: exercise, in: AttentionAsks.rows, "neighbours of the whole sequence") {
        question in
        question.targets.map { question in
          let all = [question.startToken] + question.target
          return Self.rows(all, Array(all.dropFirst()))
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    let answers: [@Sendable (Question) -> [[RowTokens]]] = [
      { _ in [] },
      { question in question.targets.map { _ in [] } },
      { question in
        question.targets.map { $0.target.map { _ in RowTokens(reads: "", predicts: "") } }
      },
      { question in
        question.targets.map { _ in [RowTokens(reads: "\u{0}", predicts: "NaN")] }
      },
      { question in question.targets.map { _ in [] } + [[]] },
    ]
    for answer in answers {
      // Any sentence will do.
      XCTAssertNil(
        Misconception(
          of: exercise, in: AttentionAsks.rows, "nonsense", says: nil, answer: answer
        ).fault())
    }
  }

  func testSomeWordIsCutIntoPieces() throws {
    for seed in proofSeeds {
      let aCase = try exercise.cases(seed: seed)[1]
      let questions = try JSONDecoder().decode(Question.self, from: aCase.question).targets
      for question in questions {
        let inner = question.target.filter {
          !$0.hasPrefix("▁") && $0.count > 1 && $0 != "</s>"
        }
        XCTAssertFalse(inner.isEmpty, "\(question.target)")
      }
    }
  }
}
