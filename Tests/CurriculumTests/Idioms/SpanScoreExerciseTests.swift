import Coursework
import Foundation
import IdiomsVocabulary
import Tensors
import XCTest

@testable import IdiomsExercises
@testable import Solution7

/// Exercises 7.1, 7.3, 7.4 and 7.5: what is rejected, what is accepted.
final class SpanScoreExerciseTests: XCTestCase {
  private typealias Solution = Solution7.Answers

  // MARK: 7.1

  /// Where each word's tokens are, by their ends: a word ends where a token does.
  private static func tokens(of sentence: TaggedSentence) -> [[Int]] {
    var words: [[Int]] = []
    var token = sentence.offsets[0].isEmpty ? 1 : 0
    var end = -1
    for word in sentence.words {
      end += word.count + 1
      var own: [Int] = []
      while token < sentence.offsets.count, sentence.offsets[token].upperBound <= end {
        own.append(token)
        token += 1
      }
      words.append(own)
    }
    return words
  }

  private func positions(
    _ name: String, says: String?, answer: @escaping @Sendable (TaggedSentence) throws -> [Int]
  ) -> Misconception {
    Misconception(of: IdiomsSheet.whereIsTheIdiom, name, says: says, answer: answer)
  }

  func testWrongPositionsAreRejectedWithTheirSentence() {
    @Sendable func span(_ sentence: TaggedSentence) -> [Int] {
      sentence.tags.indices.filter { sentence.tags[$0] != "O" }
    }
    let misconceptions = [
      positions("words", says: "these are places of words") { span($0) },
      positions("first pieces", says: "a word's first piece") { sentence in
        span(sentence).map { Self.tokens(of: sentence)[$0][0] }
      },
      positions("last pieces", says: "a word's last piece") { sentence in
        span(sentence).map { Self.tokens(of: sentence)[$0].last! }
      },
      positions("B alone", says: "B alone was found") { sentence in
        Self.tokens(of: sentence)[sentence.tags.firstIndex(of: "B")!]
      },
      positions("I alone", says: "only what is tagged I was found") { sentence in
        sentence.tags.indices.filter { sentence.tags[$0] == "I" }.flatMap {
          Self.tokens(of: sentence)[$0]
        }
      },
      positions("from first to last", says: "words between the parts") { sentence in
        let found = span(sentence).flatMap { Self.tokens(of: sentence)[$0] }
        return Array(found.first!...found.last!)
      },
      positions("without the start token", says: "the start token was not counted") { sentence in
        let shift = sentence.offsets[0].isEmpty ? 1 : 0
        return span(sentence).flatMap { Self.tokens(of: sentence)[$0].map { $0 - shift } }
      },
      positions("inside the word", says: "overlaps the word") { sentence in
        span(sentence).flatMap { word -> [Int] in
          let begin = sentence.words[..<word].reduce(0) { $0 + $1.count + 1 }
          let own = begin..<(begin + sentence.words[word].count)
          return sentence.offsets.indices.filter {
            sentence.offsets[$0].lowerBound >= own.lowerBound
              && sentence.offsets[$0].upperBound <= own.upperBound && !sentence.offsets[$0].isEmpty
          }
        }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightPositionsAreAccepted() {
    let variants = [
      Variant(of: IdiomsSheet.whereIsTheIdiom, "by words' ends") { (sentence: TaggedSentence) in
        let words = Self.tokens(of: sentence)
        return sentence.tags.indices.filter { sentence.tags[$0] != "O" }.flatMap { words[$0] }
      },
      Variant(of: IdiomsSheet.whereIsTheIdiom, "letter by letter") { (sentence: TaggedSentence) in
        var isIn: [Bool] = []
        for (word, tag) in zip(sentence.words, sentence.tags) {
          isIn += Array(repeating: tag != "O", count: word.count) + [false]
        }
        return sentence.offsets.indices.filter { sentence.offsets[$0].contains { isIn[$0] } }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  // MARK: 7.3

  private func score(
    _ name: String, says: String?, answer: @escaping @Sendable (HeadOnSentence) throws -> ScoreParts
  ) -> Misconception {
    Misconception(of: IdiomsSheet.theIdiomScore, name, says: says, answer: answer)
  }

  /// A score whose components were changed, through the sigmoid again.
  private static func changed(
    _ head: HeadOnSentence, _ change: (inout ScoreParts) -> Void
  ) throws -> ScoreParts {
    var parts = try Solution().idiomScore(of: head)
    change(&parts)
    parts.score = tanh(
      (parts.mean - parts.deviation + parts.greatest + parts.phrase + parts.result) / 2)
    return parts
  }

  /// The attention of pairs that touch the span, query by query.
  private static func rows(_ head: HeadOnSentence, masked: Bool = false) -> [[Double]] {
    let n = head.pattern.shape[0]
    return (0..<n).map { q in
      (0..<(masked ? n : q + 1)).compactMap { k in
        head.span.contains(q) || head.span.contains(k) ? Double(head.pattern[q, k]) : nil
      }
    }
  }

  private static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }

  /// A score of the pairs that count and of a phrase, pair by pair.
  private static func summed(
    _ head: HeadOnSentence, phrase: [Int], counting counts: (Int, Int) -> Bool
  ) -> ScoreParts {
    var (count, sum, squares) = (0.0, 0.0, 0.0)
    var greatest: [Int: Double] = [:]
    for query in 0..<head.pattern.shape[0] {
      for key in 0...query where counts(query, key) {
        let weight = Double(head.pattern[query, key])
        (count, sum, squares) = (count + 1, sum + weight, squares + weight * weight)
        greatest[query] = max(greatest[query] ?? 0, weight)
      }
    }
    var parts = ScoreParts(
      mean: sum / count,
      deviation: max(squares / count - sum * sum / (count * count), 0)
        .squareRoot(), greatest: mean(Array(greatest.values)),
      phrase: mean(
        phrase.map { query in phrase.reduce(0) { $0 + Double(head.pattern[query, $1]) } }),
      result: Double(head.result.gathering(phrase).mean().scalar), score: 0)
    parts.score = tanh(
      (parts.mean - parts.deviation + parts.greatest + parts.phrase + parts.result) / 2)
    return parts
  }

  func testWrongScoresAreRejectedWithTheirSentence() {
    let misconceptions = [
      score("the plain sum", says: "the plain sum") { head in
        var parts = try Solution().idiomScore(of: head)
        parts.score = parts.mean - parts.deviation + parts.greatest + parts.phrase + parts.result
        return parts
      },
      score("only σ", says: "stretch it") { head in
        var parts = try Solution().idiomScore(of: head)
        parts.score = (parts.score + 1) / 2
        return parts
      },
      score("the deviation added", says: "the deviation was added") { head in
        var parts = try Solution().idiomScore(of: head)
        parts.score = tanh(
          (parts.mean + parts.deviation + parts.greatest + parts.phrase + parts.result) / 2)
        return parts
      },
      score("a sample's deviation", says: "one pair less") { head in
        let count = Double(Self.rows(head).joined().count)
        return try Self.changed(head) { $0.deviation *= (count / (count - 1)).squareRoot() }
      },
      score("the variance", says: "this is the variance") { head in
        try Self.changed(head) { $0.deviation *= $0.deviation }
      },
      score("the greatest of all", says: "the greatest of all pairs") { head in
        try Self.changed(head) { $0.greatest = Self.rows(head).joined().max()! }
      },
      score("phrase over all queries", says: "averaged over all queries") { head in
        try Self.changed(head) { parts in
          parts.phrase = Self.mean(
            (0..<head.pattern.shape[0]).map { q in
              head.span.reduce(0) { $0 + Double(head.pattern[q, $1]) }
            })
        }
      },
      score("the result everywhere", says: "over the whole sentence") { head in
        try Self.changed(head) { $0.result = Double(head.result.mean().scalar) }
      },
      score("the result summed", says: "was summed") { head in
        try Self.changed(head) { $0.result *= Double(head.span.count * head.result.shape[1]) }
      },
      score("masked pairs too", says: "behind the query were counted") { head in
        let all = Self.rows(head, masked: true)
        let values = all.flatMap { $0 }
        return try Self.changed(head) { parts in
          parts.mean = Self.mean(values)
          parts.deviation = Self.mean(values.map { pow($0 - parts.mean, 2) }).squareRoot()
          parts.greatest = Self.mean(all.compactMap { $0.max() })
        }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightScoresAreAccepted() {
    let variants = [
      Variant(of: IdiomsSheet.theIdiomScore, "by masks of ones and zeros, in Float") {
        (head: HeadOnSentence) -> ScoreParts in
        let n = head.pattern.shape[0]
        var mask = Tensor.zeros([n, n])
        for q in 0..<n {
          for k in 0...q where head.span.contains(q) || head.span.contains(k) { mask[q, k] = 1 }
        }
        let kept = head.pattern * mask
        let count = mask.sum().scalar
        let mean = kept.sum().scalar / count
        let variance = (kept * kept).sum().scalar / count - mean * mean
        let touching = (0..<n).filter { mask[at: $0].sum().scalar > 0 }
        let greatest =
          touching.reduce(Float(0)) { $0 + kept[at: $1].values.max()! } / Float(touching.count)
        let inner = head.pattern.gathering(head.span).transposed().gathering(head.span)
        let phrase = inner.sum().scalar / Float(head.span.count)
        let result = head.result.gathering(head.span).mean().scalar
        let sum = mean - variance.squareRoot() + greatest + phrase + result
        return ScoreParts(
          mean: Double(mean), deviation: Double(variance.squareRoot()), greatest: Double(greatest),
          phrase: Double(phrase), result: Double(result), score: Double(tanh(sum / 2)))
      },
      Variant(of: IdiomsSheet.theIdiomScore, "pair by pair, by sums of squares") {
        (head: HeadOnSentence) in
        Self.summed(head, phrase: head.span) { query, key in
          !head.span.filter { $0 == query || $0 == key }.isEmpty
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  // MARK: 7.4

  private func literal(
    _ name: String, says: String?,
    answer: @escaping @Sendable (HeadOnSentence) throws -> ScoreParts?
  ) -> Misconception {
    Misconception(of: IdiomsSheet.theLiteralScore, in: IdiomsAsks.literalScore, name, says: says) {
      (question: ScoreQuestion) in try answer(question.head).map { [$0] } ?? []
    }
  }

  private func agreement(
    _ name: String, says: String?,
    answer: @escaping @Sendable (Tensor, Tensor) throws -> Agreement
  ) -> Misconception {
    Misconception(of: IdiomsSheet.theLiteralScore, in: IdiomsAsks.agreement, name, says: says) {
      (question: ScoreQuestion) in try answer(question.formal, question.literal)
    }
  }

  func testWrongLiteralScoresAreRejectedWithTheirSentence() {
    let nothing = ScoreParts(mean: 0, deviation: 0, greatest: 0, phrase: 0, result: 0, score: 0)
    let misconceptions = [
      literal("the idiom score", says: "this is the idiom score") {
        try Solution().idiomScore(of: $0)
      },
      literal("the span is the phrase", says: "phrase and result are still the span's") { head in
        guard var parts = try Solution().literalScore(of: head) else { return nil }
        let own = try Solution().idiomScore(of: head)
        (parts.phrase, parts.result) = (own.phrase, own.result)
        parts.score = tanh(
          (parts.mean - parts.deviation + parts.greatest + parts.phrase + parts.result) / 2)
        return parts
      },
      literal("zero for nothing", says: "nothing is left to score") {
        try Solution().literalScore(of: $0) ?? nothing
      },
      literal("never a score", says: "there is a score") { _ in nil },
      literal("the plain sum", says: "the plain sum") { head in
        guard var parts = try Solution().literalScore(of: head) else { return nil }
        parts.score = parts.mean - parts.deviation + parts.greatest + parts.phrase + parts.result
        return parts
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  private static func rows(_ table: Tensor) -> [[Double]] {
    (0..<table.shape[0]).map { table[at: $0].values.map(Double.init) }
  }

  /// Variances of rows, dividing by their number less something.
  private static func variances(_ table: Tensor, less: Double = 0) -> [Double] {
    rows(table).map { row in
      row.reduce(0) { $0 + pow($1 - mean(row), 2) } / (Double(row.count) - less)
    }
  }

  func testWrongAgreementsAreRejectedWithTheirSentence() {
    @Sendable func own(_ a: Tensor, _ b: Tensor) throws -> Agreement {
      try Solution().agreement(of: a, with: b)
    }
    @Sendable func differences(_ a: Tensor, _ b: Tensor) -> [Double] {
      zip(Self.rows(a), Self.rows(b)).map { Self.mean($0) - Self.mean($1) }
    }
    let misconceptions = [
      agreement("the sign", says: "formal less literal") { a, b in try own(b, a) },
      agreement("no sign", says: "lost their sign") { a, b in
        var found = try own(a, b)
        found.separations = found.separations.map { abs($0) }
        return found
      },
      agreement("plain differences", says: "differences of means") { a, b in
        Agreement(correlation: try own(a, b).correlation, separations: differences(a, b))
      },
      agreement("samples", says: "one sentence less") { a, b in
        let variances = zip(Self.variances(a, less: 1), Self.variances(b, less: 1))
        return Agreement(
          correlation: try own(a, b).correlation,
          separations: zip(differences(a, b), variances).map {
            $0 / (($1.0 + $1.1) / 2).squareRoot()
          })
      },
      agreement("a t value", says: "a standard error") { a, b in
        let (m, n) = (Double(a.shape[1]), Double(b.shape[1]))
        let variances = zip(Self.variances(a), Self.variances(b))
        return Agreement(
          correlation: try own(a, b).correlation,
          separations: zip(differences(a, b), variances).map {
            $0 / ($1.0 / m + $1.1 / n).squareRoot()
          })
      },
      agreement("r squared", says: "squared") { a, b in
        var found = try own(a, b)
        found.correlation *= found.correlation
        return found
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightLiteralScoresAndAgreementsAreAccepted() {
    let variants = [
      Variant(
        of: IdiomsSheet.theLiteralScore, in: IdiomsAsks.literalScore, "the rest taken as a span"
      ) { (question: ScoreQuestion) -> [ScoreParts] in
        // Pairs within the rest: a smaller pattern of the rest's own rows and columns.
        let head = question.head
        let rest = (0..<head.pattern.shape[0]).filter { !head.span.contains($0) }
        if rest.isEmpty { return [] }
        let inner = HeadOnSentence(
          pattern: head.pattern.gathering(rest).transposed().gathering(rest).transposed(),
          result: head.result.gathering(rest), span: Array(rest.indices))
        return [Self.summed(inner, phrase: inner.span) { _, _ in true }]
      },
      Variant(of: IdiomsSheet.theLiteralScore, in: IdiomsAsks.agreement, "in Float, by sums") {
        (question: ScoreQuestion) -> Agreement in
        let (a, b) = (question.formal, question.literal)
        let (x, y) = (a.mean(axis: 1), b.mean(axis: 1))
        let (u, v) = (x - x.mean(), y - y.mean())
        let r =
          (u * v).sum().scalar / ((u * u).sum().scalar * (v * v).sum().scalar).squareRoot()
        func squares(_ t: Tensor) -> Tensor {
          let centred = t - t.mean(axis: 1, keepingAxis: true)
          return (centred * centred).mean(axis: 1)
        }
        let scale = (squares(a) + squares(b)) / 2
        return Agreement(
          correlation: Double(r),
          separations: zip((x - y).values, scale.values).map { Double($0 / $1.squareRoot()) })
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  // MARK: 7.5

  private func attribution(
    _ name: String, says: String?, answer: @escaping @Sendable (LogitParts) throws -> Tensor
  ) -> Misconception {
    Misconception(of: IdiomsSheet.attribution, name, says: says, answer: answer)
  }

  /// Means of a value at each part and position, by a rule that says which side it is on.
  private static func means(
    _ key: LogitParts, to end: Int? = nil, isIn: (Int) -> Bool,
    _ value: (_ part: Int, _ position: Int) -> Float
  ) -> Tensor {
    let positions = 0..<(end ?? key.tokens.count - 1)
    return Tensor(
      rows: (0..<key.parts.shape[0]).map { part in
        [true, false].map { side in
          let own = positions.filter { isIn($0) == side }
          return own.reduce(0) { $0 + value(part, $1) } / Float(own.count)
        }
      })
  }

  private static func added(
    _ key: LogitParts, _ part: Int, _ position: Int, token: Int, centred: Bool = true,
    scaled: Bool = true
  ) -> Float {
    var row = key.parts[at: part][at: position]
    if centred { row = row - row.mean() }
    return (row * key.unembedding[at: token]).sum().scalar / (scaled ? key.scales[position] : 1)
  }

  func testWrongAttributionsAreRejectedWithTheirSentence() {
    @Sendable func follows(_ key: LogitParts) -> (Int) -> Bool { { key.span.contains($0 + 1) } }
    let misconceptions = [
      attribution("token i", says: "stands there already") { key in
        Self.means(key, to: key.tokens.count, isIn: { key.span.contains($0) }) {
          Self.added(key, $0, $1, token: key.tokens[$1])
        }
      },
      attribution("positions in the span", says: "whether the token that follows does") { key in
        Self.means(key, isIn: { key.span.contains($0) }) {
          Self.added(key, $0, $1, token: key.tokens[$1 + 1])
        }
      },
      attribution("not centred", says: "takes off the mean") { key in
        Self.means(key, isIn: follows(key)) {
          Self.added(key, $0, $1, token: key.tokens[$1 + 1], centred: false)
        }
      },
      attribution("no scale", says: "the scale was left out") { key in
        Self.means(key, isIn: follows(key)) {
          Self.added(key, $0, $1, token: key.tokens[$1 + 1], scaled: false)
        }
      },
      attribution("a norm for each part", says: "by its own spread") { key in
        Self.means(key, isIn: follows(key)) { part, position in
          let row = key.parts[at: part][at: position]
          let centred = row - row.mean()
          let own = (centred * centred).mean().scalar.squareRoot()
          return (centred * key.unembedding[at: key.tokens[position + 1]]).sum().scalar / own
        }
      },
      attribution("around the end", says: "the last position was counted") { key in
        let count = key.tokens.count
        return Self.means(key, to: count, isIn: { key.span.contains(($0 + 1) % count) }) {
          Self.added(key, $0, $1, token: key.tokens[($1 + 1) % count])
        }
      },
      attribution("exchanged", says: "exchanged") { key in
        Self.means(key, isIn: { !key.span.contains($0 + 1) }) {
          Self.added(key, $0, $1, token: key.tokens[$1 + 1])
        }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightAttributionsAreAccepted() {
    let variants = [
      Variant(of: IdiomsSheet.attribution, "a direction that is centred instead") {
        (key: LogitParts) in
        Self.means(key, isIn: { key.span.contains($0 + 1) }) { part, position in
          let row = key.unembedding[at: key.tokens[position + 1]]
          return ((row - row.mean()) * key.parts[at: part][at: position]).sum().scalar
            / key.scales[position]
        }
      },
      Variant(of: IdiomsSheet.attribution, "one product for all tokens") { (key: LogitParts) in
        let scaled =
          (key.parts - key.parts.mean(axis: 2, keepingAxis: true))
          / key.scales.reshaped(to: [key.tokens.count, 1])
        let logits = scaled.matmul(transposing: key.unembedding)
        return Self.means(key, isIn: { key.span.contains($0 + 1) }) {
          logits[$0, $1, key.tokens[$1 + 1]]
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    let odd = ScoreParts(
      mean: .nan, deviation: -1, greatest: .infinity, phrase: 0, result: 1e300, score: 7)
    XCTAssertNil(score("nonsense", says: nil) { _ in odd }.fault())
    XCTAssertNil(literal("nonsense", says: nil) { _ in odd }.fault())
    for list in [[], [-1], [Int.max], Array(0..<100)] {
      XCTAssertNil(positions("nonsense", says: nil) { _ in list }.fault())
    }
    for list in [[], [.nan], Array(repeating: 1e300, count: 6)] as [[Double]] {
      XCTAssertNil(
        agreement("nonsense", says: nil) { _, _ in Agreement(correlation: .nan, separations: list) }
          .fault())
    }
    XCTAssertEqual(
      oddTensors.map { tensor in attribution("nonsense", says: nil) { _ in tensor } }.faults(), [])
  }
}
