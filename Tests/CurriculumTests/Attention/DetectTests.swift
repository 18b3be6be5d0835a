import Coursework
import Interpretability
import Laboratory
import Tensors
import XCTest

@testable import AttentionExercises
@testable import AttentionVocabulary
@testable import Solution1

/// Exercise 1.7: what is rejected, what is accepted.
final class DetectTests: XCTestCase {
  private typealias Keys = @Sendable (_ text: ReadText, _ query: Int) -> [Int]

  private let exercise = AttentionSheet.detectHeads

  private static let previous: Keys = { [$1 - 1] }
  private static let copies: Keys = { text, query in
    (0..<query).filter { text.tokens[$0] == text.tokens[query] }
  }
  private static let behind: Keys = { copies($0, $1).map { $0 + 1 } }
  private static let object: Keys = { text, query in
    query == text.isRead.lastIndex(of: true) ? [text.indirectObject].compactMap { $0 } : []
  }

  /// How rows become a score.
  private enum Rows { case withKeys, all, byKeys }

  /// Attention where a head should look, text by text in Float.
  private static func score(
    _ texts: [ReadText], _ keys: Keys, _ counting: Rows = .withKeys, padding: Bool = false
  ) -> [Float] {
    (0..<texts[0].pattern.shape[0]).map { head in
      var found: [Float] = []
      var keyCount = 0
      for text in texts {
        for row in text.tokens.indices where padding || text.isRead[row] {
          let wanted = keys(text, row).filter {
            text.tokens.indices.contains($0) && (padding || text.isRead[$0])
          }
          keyCount += wanted.count
          if wanted.isEmpty && counting == .withKeys { continue }
          found.append(wanted.reduce(0) { $0 + text.pattern[head, row, $1] })
        }
      }
      let divisor = counting == .byKeys ? keyCount : found.count
      return divisor == 0 ? 0 : found.reduce(0, +) / Float(divisor)
    }
  }

  private static func scores(
    _ texts: [ReadText], previous: Keys = previous, copies: Keys = copies, behind: Keys = behind,
    object: Keys = object, _ counting: Rows = .withKeys, padding: Bool = false
  ) -> HeadScores {
    func score(_ keys: Keys) -> [Float] { Self.score(texts, keys, counting, padding: padding) }
    return HeadScores(
      previousToken: score(previous), duplicateToken: score(copies), induction: score(behind),
      indirectObject: score(object))
  }

  private func misconception(
    _ name: String, says: String?, answer: @escaping @Sendable ([ReadText]) -> HeadScores
  ) -> Misconception {
    Misconception(of: exercise, in: AttentionAsks.headScores, name, says: says, answer: answer)
  }

  func testMisconceptionsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("counts every row", says: "every row counts here") { Self.scores($0, .all) },
      misconception("divides by the ones of D", says: "the number of ones in D") {
        Self.scores($0, .byKeys)
      },
      misconception("counts padding", says: "padding is counted") {
        Self.scores($0, padding: true)
      },
      misconception("averages texts", says: "the mean of the texts' scores") { texts in
        let each = texts.map { Self.scores([$0]) }
        func mean(_ list: (HeadScores) -> [Float]) -> [Float] {
          list(each[0]).indices.map { head in
            each.reduce(0) { $0 + list($1)[head] } / Float(each.count)
          }
        }
        return HeadScores(
          previousToken: mean(\.previousToken), duplicateToken: mean(\.duplicateToken),
          induction: mean(\.induction), indirectObject: mean(\.indirectObject))
      },
      misconception("one text", says: "one text is counted") { Self.scores([$0[0]]) },
      misconception("exchanges queries and keys", says: "queries and keys are exchanged") { texts in
        Self.scores(
          texts, previous: { [$1 + 1] },
          copies: { text, key in
            ((key + 1)..<text.tokens.count).filter { text.tokens[$0] == text.tokens[key] }
          },
          behind: { text, key in
            guard key > 0, text.isRead[key - 1] else { return [] }
            return (key..<text.tokens.count).filter { text.tokens[$0] == text.tokens[key - 1] }
          },
          object: { text, key in
            key == text.indirectObject ? [text.isRead.lastIndex(of: true)!] : []
          })
      },
      misconception("the next token", says: "this scores the next token") {
        Self.scores($0, previous: { [$1 + 1] })
      },
      misconception("the token itself as the one before", says: "this scores the token itself") {
        Self.scores($0, previous: { [$1] })
      },
      misconception("a token as its own copy", says: "not a duplicate of itself") {
        Self.scores($0, copies: { Self.copies($0, $1) + [$1] })
      },
      misconception("later copies", says: "later copies do not count") {
        Self.scores(
          $0,
          copies: { text, query in
            text.tokens.indices.filter { $0 != query && text.tokens[$0] == text.tokens[query] }
          })
      },
      misconception("copies for induction", says: "this scores earlier copies themselves") {
        Self.scores($0, behind: Self.copies)
      },
      misconception("before a copy", says: "the token before an earlier copy") {
        Self.scores($0, behind: { Self.copies($0, $1).map { $0 - 1 } })
      },
      misconception("the latest copy alone", says: "only the latest copy") {
        Self.scores($0, behind: { Array(Self.behind($0, $1).suffix(1)) })
      },
      misconception("the object from everywhere", says: "asked for in one, the last that is read") {
        Self.scores(
          $0,
          object: { text, query in
            [text.indirectObject].compactMap { $0 }.filter { $0 <= query }
          })
      },
      misconception("the last row with padding", says: "is padding in some texts") {
        Self.scores(
          $0,
          object: { text, query in
            query == text.tokens.count - 1 ? [text.indirectObject].compactMap { $0 } : []
          }, padding: false)
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  // MARK: Even attention

  private static func even(
    _ texts: [ReadText], _ counting: Rows = .withKeys,
    share: (_ text: ReadText, _ row: Int) -> Int = { text, row in
      (0...row).count { text.isRead[$0] }
    }
  ) -> EvenScores {
    let even = texts.map { text in
      var text = text
      let length = text.tokens.count
      text.pattern = .zeros([1, length, length])
      for row in 0..<length where text.isRead[row] {
        for key in 0...row { text.pattern[0, row, key] = 1 / Float(share(text, row)) }
      }
      return text
    }
    let scores = scores(even, counting)
    return EvenScores(
      previousToken: scores.previousToken[0], duplicateToken: scores.duplicateToken[0],
      induction: scores.induction[0], indirectObject: scores.indirectObject[0])
  }

  private func even(
    _ name: String, says: String?, answer: @escaping @Sendable ([ReadText]) -> EvenScores
  ) -> Misconception {
    Misconception(of: exercise, in: AttentionAsks.evenScores, name, says: says, answer: answer)
  }

  func testWrongEvenScoresAreRejectedWithTheirSentence() {
    let misconceptions = [
      even("over the whole text", says: "a decoder never looks ahead") {
        Self.even($0) { text, _ in text.isRead.count { $0 } }
      },
      even("padding as keys", says: "padding in front is no key") { Self.even($0) { $1 + 1 } },
      even("the length of the batch", says: "padding is no key") {
        Self.even($0) { text, _ in text.tokens.count }
      },
      even("every row", says: "every row counts here") { Self.even($0, .all) },
      even("all the same", says: "values of the list of even scores are off") { _ in
        EvenScores(previousToken: 0.2, duplicateToken: 0.1, induction: 0.15, indirectObject: 0.05)
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, in: AttentionAsks.headScores, "row by row in Float") {
        Self.scores($0)
      },
      Variant(of: exercise, in: AttentionAsks.headScores, "products with detection patterns") {
        texts in
        func score(_ detection: (ReadText) -> Tensor) -> [Float] {
          var sums = Tensor.zeros([texts[0].pattern.shape[0]])
          var rows: Float = 0
          for text in texts {
            let d = detection(text)
            rows += Float(d.sum(axis: 1).values.count { $0 > 0 })
            sums = sums + (text.pattern * d).sum(axis: 2).sum(axis: 1)
          }
          return sums.values.map { rows > 0 ? $0 / rows : 0 }
        }
        /// The library's pattern of a kind over what is read, set into the padded text.
        func detection(_ kind: HeadKind) -> (ReadText) -> Tensor {
          { text in
            let places = text.tokens.indices.filter { text.isRead[$0] }
            let inner = kind.detectionPattern(for: places.map { text.tokens[$0] })
            var d = Tensor.zeros([text.tokens.count, text.tokens.count])
            for (row, query) in places.enumerated() {
              for (column, key) in places.enumerated() { d[query, key] = inner[row, column] }
            }
            return d
          }
        }
        return HeadScores(
          previousToken: score(detection(.previousToken)),
          duplicateToken: score(detection(.duplicateToken)),
          induction: score(detection(.induction)),
          indirectObject: score { text in
            var d = Tensor.zeros([text.tokens.count, text.tokens.count])
            if let object = text.indirectObject {
              d[text.isRead.lastIndex(of: true)!, object] = 1
            }
            return d
          })
      },
    ]
    XCTAssertEqual(variants.faults(), [])
    let even = Variant(of: exercise, in: AttentionAsks.evenScores, "an even pattern, scored") {
      Self.even($0)
    }
    XCTAssertNil(even.fault())
  }

  /// Heads that do one thing perfectly score 1, for only rows with something to find count.
  func testPlantedHeadsScoreAsTheyWereBuilt() throws {
    var generator = SeededGenerator(seed: 3)
    let scores = PlantedHeads(using: &generator).scores
    XCTAssertEqual(scores.previousToken[0], 1, accuracy: 1e-6)
    XCTAssertEqual(scores.duplicateToken[1], 1, accuracy: 1e-6)
    XCTAssertEqual(scores.induction[2], 1, accuracy: 1e-6)
    XCTAssertEqual(scores.indirectObject[3], 1, accuracy: 1e-6)
    XCTAssertLessThan(scores.induction[1], 0.5)
  }

  /// What the sheet's text says of the reader: heads of each kind stand far above an even one.
  func testTheReaderHasSuchHeads() throws {
    let repeats = try ReadText.drawn(.repeats, count: 20, longest: 40, seed: 1)
    let gifts = try ReadText.drawn(.indirectObjects, count: 20, longest: 60, seed: 1)
    let solution = Solution1.Answers()
    let (copying, giving) = (
      try solution.headScores(over: repeats), try solution.headScores(over: gifts)
    )
    XCTAssertGreaterThan(copying.previousToken.max()!, 0.8)
    XCTAssertGreaterThan(copying.induction.max()!, 0.5)
    XCTAssertGreaterThan(giving.indirectObject.max()!, 0.5)
    XCTAssertLessThan(try solution.evenScores(over: repeats).induction, 0.1)
    XCTAssertLessThan(try solution.evenScores(over: gifts).indirectObject, 0.1)
  }

  func testNonsenseEarnsNothing() {
    @Sendable func same(_ value: Float, _ texts: [ReadText]) -> HeadScores {
      let list = [Float](repeating: value, count: texts[0].pattern.shape[0])
      return HeadScores(
        previousToken: list, duplicateToken: list, induction: list, indirectObject: list)
    }
    let answers: [@Sendable ([ReadText]) -> HeadScores] = [
      { _ in
        HeadScores(previousToken: [], duplicateToken: [], induction: [], indirectObject: [])
      },
      { same(.nan, $0) }, { same(1e38, $0) }, { same(-.infinity, $0) }, { same(0, $0) },
      { same(1, $0) }, { same(0.5, $0) },
    ]
    for answer in answers {
      XCTAssertNil(misconception("nonsense", says: nil, answer: answer).fault())
    }
    for value: Float in [.nan, 0, 1, 1e38] {
      XCTAssertNil(
        even("nonsense", says: nil) { _ in
          EvenScores(
            previousToken: value, duplicateToken: value, induction: value, indirectObject: value)
        }.fault())
    }
  }
}
