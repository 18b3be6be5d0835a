import Coursework
import Foundation
import Interpretability
import Tensors
import XCTest

@testable import AttentionExercises
@testable import AttentionVocabulary
@testable import Solution1

/// Exercise 1.9: what is rejected, what is accepted.
final class CapitalOfFranceTests: XCTestCase {
  private typealias Sets = CapitalSets
  private typealias Answer = GuessAndMeasure
  private typealias Places = @Sendable (CapitalQuestion) -> [Int]

  private let exercise = AttentionSheet.capitalOfFrance
  private static let guess = CapitalGuess(part: .cross, from: "capital", to: "of")

  private static func pieces(_ words: [Int?], _ word: Int) -> [Int] {
    words.enumerated().filter { $0.element == word }.map(\.offset)
  }

  private static let topic: Places = { pieces($0.pair.wordOfSourcePiece, $0.topic) }
  private static let country: Places = { pieces($0.pair.wordOfSourcePiece, $0.country) }
  private static let capital: Places = { pieces($0.pair.wordOfTargetPiece, $0.capital) }
  private static let choice: Places = { Array(capital($0).prefix(1)) }
  private static let written: Places = {
    pieces($0.pair.wordOfTargetPiece, $0.answeredTopic).map { $0 + 1 }
  }

  /// The mean over questions and rows of what a row gives to columns, in Float.
  private static func mean(
    _ questions: [CapitalQuestion], _ pattern: (CapitalQuestion) -> Tensor, _ rows: Places,
    _ columns: Places, pooling pool: ([Float]) -> Float = { $0.reduce(0, +) }
  ) -> [Float] {
    (0..<pattern(questions[0]).shape[0]).map { head in
      questions.reduce(0) { sum, question in
        let map = pattern(question)[at: head]
        let rows = rows(question).map { row in pool(columns(question).map { map[row, $0] }) }
        return sum + rows.reduce(0, +) / Float(rows.count)
      } / Float(questions.count)
    }
  }

  private static func attention(
    _ questions: [CapitalQuestion], topic: Places = topic, country: Places = country,
    choice: Places = choice, written: Places = written,
    pooling pool: ([Float]) -> Float = { $0.reduce(0, +) }
  ) -> CapitalAttention {
    CapitalAttention(
      encoder: mean(questions, \.encoder, topic, country, pooling: pool),
      decoder: mean(questions, \.decoder, choice, written, pooling: pool),
      cross: mean(questions, \.cross, choice, country, pooling: pool))
  }

  private func misconception(
    _ name: String, says: String?, guess: CapitalGuess = guess,
    answer: @escaping @Sendable ([CapitalQuestion]) -> CapitalAttention
  ) -> Misconception {
    Misconception(of: exercise, name, says: says) { (sets: Sets) in
      Answer(guess: guess, measured: answer(sets.measured), made: answer(sets.made))
    }
  }

  func testMisconceptionsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("the row that reads the capital", says: "row that *reads*") {
        Self.attention($0, choice: { Self.choice($0).map { $0 + 1 } })
      },
      misconception("the row of the last piece", says: "capital's last piece") {
        Self.attention($0, choice: { Array(Self.capital($0).suffix(1)) })
      },
      misconception("the row of the start token", says: "row of the start token") {
        Self.attention($0, choice: { _ in [0] })
      },
      misconception("the last row", says: "predicts the end token") {
        Self.attention($0, choice: { [$0.cross.shape[1] - 1] })
      },
      misconception("the decoder's columns by what they predict", says: "column t holds what row t")
      {
        Self.attention($0, written: { Self.written($0).map { $0 - 1 } })
      },
      misconception("from the country to “capital”", says: "rows look, columns are looked at") {
        questions in
        var answer = Self.attention(questions)
        answer.encoder = Self.mean(questions, \.encoder, Self.country, Self.topic)
        return answer
      },
      misconception("reads the question mark", says: "question mark") {
        Self.attention($0, country: { [Self.country($0).last! + 1] })
      },
      misconception("counts pieces from 1", says: "not from 1") {
        Self.attention($0, country: { Self.country($0).map { $0 + 1 } })
      },
      misconception("the country's first piece", says: "only the first piece") {
        Self.attention($0, country: { Array(Self.country($0).prefix(1)) })
      },
      misconception("the greatest piece", says: "this takes the greatest") {
        Self.attention($0, pooling: { $0.max()! })
      },
      misconception("the mean of the pieces", says: "this takes their mean") {
        Self.attention($0, pooling: { $0.reduce(0, +) / Float($0.count) })
      },
      misconception("averages the heads", says: "the heads are averaged") { questions in
        func mean(_ list: [Float]) -> [Float] { [list.reduce(0, +) / Float(list.count)] }
        let right = Self.attention(questions)
        return CapitalAttention(
          encoder: mean(right.encoder), decoder: mean(right.decoder), cross: mean(right.cross))
      },
      misconception("takes words for pieces", says: "are indices of words") {
        Self.attention($0, topic: { [$0.topic] }, country: { [$0.country] })
      },
      misconception("adds the questions", says: "added up") { questions in
        func sum(_ list: [Float]) -> [Float] { list.map { $0 * Float(questions.count) } }
        let right = Self.attention(questions)
        return CapitalAttention(
          encoder: sum(right.encoder), decoder: sum(right.decoder), cross: sum(right.cross))
      },
      misconception(
        "does not guess", says: "guess before you measure",
        guess: CapitalGuess(part: .cross, from: "", to: " \n")
      ) { Self.attention($0) },
      misconception(
        "any word for a guess", says: "guess before you measure",
        guess: CapitalGuess(part: .cross, from: "banana", to: "France")
      ) { Self.attention($0) },
      misconception(
        "a link that the decoder has not", says: "guess before you measure",
        guess: CapitalGuess(part: .decoder, from: "Paris", to: "France")
      ) { Self.attention($0) },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  /// One part of three right is a third of what is measured; a guess alone is nothing.
  func testEveryPartCounts() {
    struct Half: AttentionAnswersStub {
      func capitalPrediction() throws -> CapitalGuess {
        CapitalGuess(part: .encoder, from: "capital", to: "France")
      }
      func capitalAttention(over questions: [CapitalQuestion]) throws -> CapitalAttention {
        var answer = try Solution1.Answers().capitalAttention(over: questions)
        answer.decoder = answer.decoder.map { _ in 0.5 }
        answer.encoder = answer.encoder.map { _ in 0.5 }
        return answer
      }
    }
    let result = Checker.check(exercise, Half())
    XCTAssertEqual(result.points, 1, result.message)
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, "loops") { (sets: Sets) in
        Answer(
          guess: CapitalGuess(part: .cross, from: "Paris", to: "France"),
          measured: Self.attention(sets.measured), made: Self.attention(sets.made))
      },
      Variant(of: exercise, "pools the pieces first") { (sets: Sets) in
        func answer(_ questions: [CapitalQuestion]) -> CapitalAttention {
          func mean(_ value: (CapitalQuestion) -> Tensor) -> [Float] {
            let all = questions.map { value($0).values }
            return all[0].indices.map { head in
              all.reduce(0) { $0 + $1[head] } / Float(questions.count)
            }
          }
          /// One row alone keeps its word, so nothing is averaged.
          func row(_ question: CapitalQuestion, _ map: Tensor) -> [Int?] {
            (0..<map.shape[1]).map { $0 == Self.choice(question)[0] ? 0 : nil }
          }
          func column(_ pooled: Tensor, _ row: Int, _ column: Int) -> Tensor {
            Tensor((0..<pooled.shape[0]).map { pooled[$0, row, column] })
          }
          return CapitalAttention(
            encoder: mean { question in
              let words = question.pair.wordOfSourcePiece
              return column(
                poolingPieces(question.encoder, targetWords: words, sourceWords: words),
                question.topic, question.country)
            },
            decoder: mean { question in
              let read = [nil] + question.pair.wordOfTargetPiece.dropLast()
              return column(
                poolingPieces(
                  question.decoder, targetWords: row(question, question.decoder),
                  sourceWords: read), 0, question.answeredTopic)
            },
            cross: mean { question in
              column(
                poolingPieces(
                  question.cross, targetWords: row(question, question.cross),
                  sourceWords: question.pair.wordOfSourcePiece), 0, question.country)
            })
        }
        return Answer(
          guess: CapitalGuess(part: .decoder, from: "paris", to: "“The”"),
          measured: answer(sets.measured), made: answer(sets.made))
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testAGuessAloneEarnsNothingYet() {
    struct Guess: AttentionAnswersStub {
      func capitalPrediction() throws -> CapitalGuess {
        CapitalGuess(part: .cross, from: "Paris", to: "France")
      }
    }
    let result = Checker.check(exercise, Guess())
    XCTAssertEqual(result.points, 0)
    XCTAssertTrue(result.message.contains("your guess is noted"), result.message)
  }

  func testAMeasurementWithoutAGuessIsNoAnswer() {
    struct Measure: AttentionAnswersStub {
      func capitalAttention(over questions: [CapitalQuestion]) throws -> CapitalAttention {
        try Solution1.Answers().capitalAttention(over: questions)
      }
    }
    XCTAssertEqual(Checker.check(exercise, Measure()).status, .unanswered)
  }

  func testTheResultShowsTheGuessInWordsOfTheQuestion() {
    func problem(_ part: MapOrigin, _ from: String, _ to: String) -> String? {
      CapitalReport.problem(with: CapitalGuess(part: part, from: from, to: to))
    }
    XCTAssertNil(problem(.cross, " “Paris” ", "FRANCE"))
    XCTAssertNil(problem(.encoder, "France", "?"))
    XCTAssertNotNil(problem(.decoder, "Paris", "0.25, 0.5"))
    XCTAssertNotNil(problem(.cross, String(repeating: "\u{1B}", count: 10_000), "France"))
    let result = Checker.check(exercise, Solution1.Answers())
    XCTAssertTrue(
      result.message.hasPrefix(
        "you guessed cross-attention, from “Paris” to “France”, where L"), result.message)
  }

  /// Without countries and capitals of two pieces, half of the mistakes would go unseen.
  func testSomeCountriesAndCapitalsHaveTwoPieces() throws {
    for seed in proofSeeds {
      let data = try exercise.cases(seed: seed)[0].question
      let questions = try JSONDecoder().decode(Sets.self, from: data).measured
      XCTAssertGreaterThanOrEqual(questions.count, 6)
      XCTAssertLessThan(data.count, 2_000_000)
      XCTAssertTrue(questions.contains { Self.country($0).count > 1 })
      XCTAssertTrue(questions.contains { Self.capital($0).count > 1 })
    }
  }

  func testNonsenseEarnsNoFullMarks() {
    let lists: [@Sendable (Int) -> [Float]] = [
      { _ in [] }, { _ in [.nan] }, { .init(repeating: .nan, count: $0) },
      { .init(repeating: 1e38, count: $0) }, { .init(repeating: -.infinity, count: $0) },
      { .init(repeating: 1, count: $0) }, { .init(repeating: 0, count: $0 + 1) },
    ]
    for list in lists {
      XCTAssertNil(
        misconception("nonsense", says: nil) {
          CapitalAttention(
            encoder: list($0[0].encoder.shape[0]), decoder: list($0[0].decoder.shape[0]),
            cross: list($0[0].cross.shape[0]))
        }.fault())
    }
  }
}
