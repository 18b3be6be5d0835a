import Coursework
import Foundation
import IdiomsVocabulary
import Tensors
import XCTest

@testable import IdiomsExercises
@testable import Solution7

/// Exercise 7.1: what is rejected, what is accepted.
final class WhereIsTheIdiomTests: XCTestCase {
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

  func testNonsenseEarnsNothing() {
    let lists = [[], [-1], [Int.max], Array(0..<100)]
    XCTAssertEqual(
      lists.map { list in positions("nonsense", says: nil) { _ in list } }.faults(), [])
  }
}
