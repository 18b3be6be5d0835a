import Coursework
import Foundation
import XCTest

@testable import AttentionExercises
@testable import AttentionVocabulary

/// Exercise 1.4: what is rejected, what is accepted.
final class NameTheRowsTests: XCTestCase {
  private let exercise = AttentionSheet.nameTheRows
  private typealias Questions = [TargetRows]

  private static func rows(_ reads: [String], _ predicts: [String]) -> [RowTokens] {
    zip(reads, predicts).map { RowTokens(reads: $0, predicts: $1) }
  }

  private func misconception(
    _ name: String, says: String?,
    _ answer: @escaping @Sendable (_ target: [String], _ start: String) -> [RowTokens]
  ) -> Misconception {
    Misconception(of: exercise, name, says: says) { (questions: Questions) in
      questions.map { answer($0.target, $0.startToken) }
    }
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
    for misconception in misconceptions { XCTAssertNil(misconception.fault()) }
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, "a loop that remembers") { (questions: Questions) in
        questions.map { question in
          var last = question.startToken
          var rows: [RowTokens] = []
          for piece in question.target {
            rows.append(RowTokens(reads: last, predicts: piece))
            last = piece
          }
          return rows
        }
      },
      Variant(of: exercise, "by index") { (questions: Questions) in
        questions.map { question in
          question.target.indices.map {
            RowTokens(
              reads: $0 > 0 ? question.target[$0 - 1] : question.startToken,
              predicts: question.target[$0])
          }
        }
      },
      Variant(of: exercise, "neighbours of the whole sequence") { (questions: Questions) in
        questions.map { question in
          let all = [question.startToken] + question.target
          return Self.rows(all, Array(all.dropFirst()))
        }
      },
    ]
    for variant in variants { XCTAssertNil(variant.fault()) }
  }

  func testNonsenseEarnsNothing() {
    let answers: [@Sendable (Questions) -> [[RowTokens]]] = [
      { _ in [] },
      { questions in questions.map { _ in [] } },
      { questions in
        questions.map { $0.target.map { _ in RowTokens(reads: "", predicts: "") } }
      },
      { questions in questions.map { _ in [RowTokens(reads: "\u{0}", predicts: "NaN")] } },
      { questions in questions.map { _ in [] } + [[]] },
    ]
    for answer in answers {
      // Any sentence will do.
      XCTAssertNil(Misconception(of: exercise, "nonsense", says: nil, answer: answer).fault())
    }
  }

  func testSomeWordIsCutIntoPieces() throws {
    for seed in proofSeeds {
      let aCase = try exercise.cases(seed: seed)[1]
      let questions = try JSONDecoder().decode(Questions.self, from: aCase.question)
      for question in questions {
        let inner = question.target.filter {
          !$0.hasPrefix("▁") && $0.count > 1 && $0 != "</s>"
        }
        XCTAssertFalse(inner.isEmpty, "\(question.target)")
      }
    }
  }
}
