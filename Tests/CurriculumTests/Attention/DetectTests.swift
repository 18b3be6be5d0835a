import Coursework
import Interpretability
import Tensors
import XCTest

@testable import AttentionExercises
@testable import AttentionVocabulary

/// Exercise 1.7: what is rejected, what is accepted.
final class DetectTests: XCTestCase {
  private typealias Question = AttendedTokens
  private typealias Detects = (_ query: Int, _ key: Int) -> Bool

  private let exercise = AttentionSheet.detectHeads

  /// Attention where a head should look, in Float loops, divided by what the caller says.
  private static func score(
    _ question: Question, _ detects: Detects,
    over divisor: (_ attention: Float, _ ones: Int, _ rows: Int) -> Float = { all, _, _ in all }
  ) -> [Float] {
    let places = question.tokens.indices
    return (0..<question.pattern.shape[0]).map { head in
      var (found, all, ones): (Float, Float, Int) = (0, 0, 0)
      var rows: Set<Int> = []
      for query in places {
        for key in places {
          all += question.pattern[head, query, key]
          if detects(query, key) {
            found += question.pattern[head, query, key]
            ones += 1
            rows.insert(query)
          }
        }
      }
      return found / divisor(all, ones, rows.count)
    }
  }

  private static func scores(
    _ question: Question, previous: Detects? = nil, duplicate: Detects? = nil,
    first: Detects? = nil,
    over divisor: (_ attention: Float, _ ones: Int, _ rows: Int) -> Float = { all, _, _ in all }
  ) -> HeadScores {
    let tokens = question.tokens
    return HeadScores(
      previousToken: score(question, previous ?? { $1 == $0 - 1 }, over: divisor),
      duplicateToken: score(
        question, duplicate ?? { $1 < $0 && tokens[$1] == tokens[$0] }, over: divisor),
      firstToken: score(question, first ?? { $1 == 0 }, over: divisor))
  }

  private func misconception(
    _ name: String, says: String?, answer: @escaping @Sendable (Question) -> HeadScores
  ) -> Misconception {
    Misconception(of: exercise, name, says: says, answer: answer)
  }

  func testMisconceptionsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("divides by the ones of D", says: "divides by the number of ones in D") {
        Self.scores($0, over: { _, ones, _ in Float(ones) })
      },
      misconception("divides by the ones of D, careful about none", says: "ones in D") {
        Self.scores($0, over: { _, ones, _ in Float(max(ones, 1)) })
      },
      misconception("scores rows with a one only", says: "only at rows in which D has a one") {
        Self.scores($0, over: { _, _, rows in Float(rows) })
      },
      misconception("means over all cells", says: "the mean over all cells") { question in
        let cells = Float(question.tokens.count * question.tokens.count)
        return Self.scores(question, over: { _, _, _ in cells })
      },
      misconception("exchanges queries and keys", says: "queries and keys are exchanged") {
        question in
        let tokens = question.tokens
        return Self.scores(
          question, previous: { $0 == $1 - 1 },
          duplicate: { $0 < $1 && tokens[$1] == tokens[$0] }, first: { query, _ in query == 0 })
      },
      misconception("counts the token as its duplicate", says: "not a duplicate of itself") {
        question in
        Self.scores(
          question, duplicate: { $1 <= $0 && question.tokens[$1] == question.tokens[$0] })
      },
      misconception("counts later copies", says: "later copies do not count") { question in
        Self.scores(
          question, duplicate: { $1 != $0 && question.tokens[$1] == question.tokens[$0] })
      },
      misconception("looks at the next token", says: "this scores the next token") {
        Self.scores($0, previous: { $1 == $0 + 1 })
      },
      misconception("looks at the token itself", says: "this scores the token itself") {
        Self.scores($0, previous: { $1 == $0 })
      },
      misconception("takes the last token for the first", says: "the last token") { question in
        Self.scores(question, first: { $1 == question.tokens.count - 1 })
      },
      misconception("forgets the first row", says: "first row's attention") {
        Self.scores($0, first: { $1 == 0 && $0 > 0 })
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, "loops in Float") { (question: Question) in Self.scores(question) },
      Variant(of: exercise, "divides by the number of rows") { (question: Question) in
        Self.scores(question, over: { _, _, _ in Float(question.tokens.count) })
      },
      Variant(of: exercise, "the library's detector") { (question: Question) in
        func score(_ kind: HeadKind) -> [Float] {
          headScores(
            question.pattern, against: kind.detectionPattern(for: question.tokens),
            by: .multiplied)
        }
        return HeadScores(
          previousToken: score(.previousToken), duplicateToken: score(.duplicateToken),
          firstToken: score(.firstToken))
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  /// A perfect previous-token head scores (n − 1)/n, for row 0 has nothing before it; a perfect
  /// first-token head scores 1.
  func testPlantedHeadsScoreAsTheyWereBuilt() throws {
    var generator = SeededGenerator(seed: 3)
    let planted = PlantedHeads(using: &generator)
    let length = Float(planted.sequence.tokens.count)
    XCTAssertEqual(planted.scores.previousToken[0], (length - 1) / length, accuracy: 1e-6)
    XCTAssertEqual(planted.scores.previousToken[3], 0)
    XCTAssertEqual(planted.scores.firstToken[1], 1)
    let tokens = planted.sequence.tokens
    let repeats = tokens.indices.count { tokens[..<$0].contains(tokens[$0]) }
    XCTAssertEqual(
      planted.scores.duplicateToken[2], Float(repeats) / length, accuracy: 1e-6)
  }

  func testNonsenseEarnsNothing() {
    @Sendable func same(_ value: Float, _ question: Question) -> HeadScores {
      let list = [Float](repeating: value, count: question.pattern.shape[0])
      return HeadScores(previousToken: list, duplicateToken: list, firstToken: list)
    }
    let answers: [@Sendable (Question) -> HeadScores] = [
      { _ in HeadScores(previousToken: [], duplicateToken: [], firstToken: []) },
      { _ in HeadScores(previousToken: [1], duplicateToken: [.nan], firstToken: [1, 2, 3]) },
      { same(.nan, $0) }, { same(1e38, $0) }, { same(-.infinity, $0) }, { same(0, $0) },
      { same(1, $0) }, { same(0.5, $0) },
    ]
    for answer in answers {
      XCTAssertNil(misconception("nonsense", says: nil, answer: answer).fault())
    }
  }
}
