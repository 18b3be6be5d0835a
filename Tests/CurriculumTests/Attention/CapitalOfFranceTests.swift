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

  private let exercise = AttentionSheet.capitalOfFrance

  private static func row(_ question: CapitalQuestion) -> Int {
    question.pair.wordOfTargetPiece.firstIndex(of: question.capital)!
  }

  /// The mean over questions of what `value` finds for a head, in Float.
  private static func mean(
    _ questions: [CapitalQuestion],
    _ value: (_ question: CapitalQuestion, _ head: Int) -> Float
  ) -> [Float] {
    (0..<questions[0].cross.shape[0]).map { head in
      questions.reduce(0) { $0 + value($1, head) } / Float(questions.count)
    }
  }

  private static func values(
    _ question: CapitalQuestion, _ head: Int, row: Int
  ) -> [Float] {
    question.pair.wordOfSourcePiece.indices
      .filter { question.pair.wordOfSourcePiece[$0] == question.country }
      .map { question.cross[head, row, $0] }
  }

  private static func shares(
    _ questions: [CapitalQuestion], row: (CapitalQuestion) -> Int = row,
    pooling pool: ([Float]) -> Float = { $0.reduce(0, +) }
  ) -> [Float] {
    mean(questions) { pool(values($0, $1, row: row($0))) }
  }

  private func misconception(
    _ name: String, says: String?, guess: String = "of",
    answer: @escaping @Sendable ([CapitalQuestion]) -> [Float]
  ) -> Misconception {
    Misconception(of: exercise, name, says: says) { (sets: Sets) in
      Answer(guess: guess, measured: answer(sets.measured), made: answer(sets.made))
    }
  }

  func testMisconceptionsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("the row that reads the capital", says: "row that *reads*") {
        Self.shares($0, row: { Self.row($0) + 1 })
      },
      misconception("the row of the last piece", says: "capital's last piece") {
        Self.shares($0, row: { $0.pair.wordOfTargetPiece.lastIndex(of: $0.capital)! })
      },
      misconception("the row of the start token", says: "row of the start token") {
        Self.shares($0, row: { _ in 0 })
      },
      misconception("the last row", says: "predicts the end token") {
        Self.shares($0, row: { $0.cross.shape[1] - 1 })
      },
      misconception("the country's first piece", says: "only the country's first piece") {
        Self.shares($0, pooling: { $0[0] })
      },
      misconception("the greatest piece", says: "this takes the greatest") {
        Self.shares($0, pooling: { $0.max()! })
      },
      misconception("the mean of the pieces", says: "this takes their mean") {
        Self.shares($0, pooling: { $0.reduce(0, +) / Float($0.count) })
      },
      misconception("averages the heads", says: "the heads are averaged") { questions in
        let shares = Self.shares(questions)
        return [shares.reduce(0, +) / Float(shares.count)]
      },
      misconception("takes words for pieces", says: "are indices of words") {
        Self.mean($0) { $0.cross[$1, $0.capital, $0.country] }
      },
      misconception("adds the questions", says: "added up") { questions in
        Self.shares(questions).map { $0 * Float(questions.count) }
      },
      misconception("does not guess", says: "guess before you measure", guess: " \n") {
        Self.shares($0)
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, "loops") { (sets: Sets) in
        Answer(
          guess: "France", measured: Self.shares(sets.measured), made: Self.shares(sets.made))
      },
      Variant(of: exercise, "pools the pieces first") { (sets: Sets) in
        func answer(_ questions: [CapitalQuestion]) -> [Float] {
          Self.mean(questions) { question, head in
            // Only the row of the first piece keeps its word, so nothing is averaged.
            let rows = question.cross.shape[1]
            let words = (0..<rows).map { $0 == Self.row(question) ? 0 : nil }
            return poolingPieces(
              question.cross, targetWords: words, sourceWords: question.pair.wordOfSourcePiece)[
                head, 0, question.country]
          }
        }
        return Answer(guess: "?", measured: answer(sets.measured), made: answer(sets.made))
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  func testAGuessAloneEarnsNothingYet() {
    struct Guess: AttentionAnswersStub {
      func capitalPrediction() throws -> String { "capital" }
    }
    let result = Checker.check(exercise, Guess())
    XCTAssertEqual(result.points, 0)
    XCTAssertTrue(result.message.contains("your guess is noted"), result.message)
  }

  func testAMeasurementWithoutAGuessIsNoAnswer() {
    struct Measure: AttentionAnswersStub {
      func countryAttention(over questions: [CapitalQuestion]) throws -> [Float] {
        try Solution1.Answers().countryAttention(over: questions)
      }
    }
    XCTAssertEqual(Checker.check(exercise, Measure()).status, .unanswered)
  }

  func testTheResultShowsTheGuessOnlyWhenItIsAWordOfTheQuestion() {
    XCTAssertEqual(CapitalReport.quoted(" “France”. "), "“France”")
    XCTAssertEqual(CapitalReport.quoted("CAPITAL"), "“capital”")
    XCTAssertEqual(CapitalReport.quoted("?"), "“?”")
    XCTAssertEqual(CapitalReport.quoted("0.25, 0.5, 0.125"), "another word")
    XCTAssertEqual(CapitalReport.quoted(String(repeating: "\u{1B}", count: 10_000)), "another word")
    let result = Checker.check(exercise, Solution1.Answers())
    XCTAssertTrue(result.message.hasPrefix("you guessed “France”; over all heads"), result.message)
  }

  /// Without countries and capitals of two pieces, half of the mistakes would go unseen.
  func testSomeCountriesAndCapitalsHaveTwoPieces() throws {
    for seed in proofSeeds {
      let data = try exercise.cases(seed: seed)[0].question
      let questions = try JSONDecoder().decode(Sets.self, from: data).measured
      XCTAssertGreaterThanOrEqual(questions.count, 6)
      XCTAssertLessThan(data.count, 2_000_000)
      XCTAssertTrue(
        questions.contains { question in
          question.pair.wordOfSourcePiece.count { $0 == question.country } > 1
        })
      XCTAssertTrue(
        questions.contains { question in
          question.pair.wordOfTargetPiece.count { $0 == question.capital } > 1
        })
    }
  }

  func testNonsenseEarnsNoFullMarks() {
    let lists: [@Sendable ([CapitalQuestion]) -> [Float]] = [
      { _ in [] }, { _ in [.nan] }, { .init(repeating: .nan, count: $0[0].cross.shape[0]) },
      { .init(repeating: 1e38, count: $0[0].cross.shape[0]) },
      { .init(repeating: -.infinity, count: $0[0].cross.shape[0]) },
      { .init(repeating: 1, count: $0[0].cross.shape[0]) },
      { .init(repeating: 0, count: $0[0].cross.shape[0] + 1) },
    ]
    for list in lists {
      XCTAssertNil(misconception("nonsense", says: nil, answer: list).fault())
      XCTAssertNil(misconception("nonsense", says: nil, guess: "", answer: list).fault())
    }
  }
}
