import Coursework
import Foundation
import IdiomsVocabulary
import Spans
import Tensors
import Transformers
import XCTest

@testable import IdiomsExercises
@testable import Solution7

/// Exercise 7.8: what is rejected, what is accepted.
final class AwarenessTests: XCTestCase {
  private func completes(
    _ name: String, says: String?,
    _ isGreedy: @escaping @Sendable (IdiomSentence, _ choice: [Int]) -> Bool
  ) -> Misconception {
    Misconception(of: IdiomsSheet.awareness, name, says: says) { (question: SentencesOfModel) in
      let model = try question.model.made()
      return try question.sentences.map { sentence in
        isGreedy(sentence, try model(ModelInput(sentence.tokens))[at: 0].argmax())
      }
    }
  }

  func testWrongAwarenessIsRejectedWithItsSentence() {
    let misconceptions = [
      completes("its own row", says: "the row of the last word itself") { sentence, choice in
        sentence.lastWord.allSatisfy { choice[$0] == sentence.tokens[$0] }
      },
      completes("the first piece", says: "the word goes on") { sentence, choice in
        choice[sentence.lastWord[0] - 1] == sentence.tokens[sentence.lastWord[0]]
      },
      completes("the last piece", says: "the word begins before it") { sentence, choice in
        let last = sentence.lastWord.last!
        return choice[last - 1] == sentence.tokens[last]
      },
      completes("any piece", says: "all are needed") { sentence, choice in
        sentence.lastWord.contains { choice[$0 - 1] == sentence.tokens[$0] }
      },
      completes("all of the span", says: "all of the span") { sentence, choice in
        sentence.span.allSatisfy { choice[$0 - 1] == sentence.tokens[$0] }
      },
      completes("the sentence's end", says: "the sentence's last token") { sentence, choice in
        choice[sentence.tokens.count - 2] == sentence.tokens.last!
      },
      completes("exchanged", says: "exchanged") { sentence, choice in
        !sentence.lastWord.allSatisfy { choice[$0 - 1] == sentence.tokens[$0] }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightAwarenessIsAccepted() {
    let variants = [
      Variant(of: IdiomsSheet.awareness, "by decoding") { (question: SentencesOfModel) in
        let model = try question.model.made()
        return try question.sentences.map { sentence in
          var tokens = Array(sentence.tokens[..<sentence.lastWord[0]])
          for _ in sentence.lastWord {
            tokens.append(try model(ModelInput(tokens))[at: 0].argmax().last!)
          }
          return Array(tokens.suffix(sentence.lastWord.count))
            == sentence.lastWord.map { sentence.tokens[$0] }
        }
      },
      Variant(of: IdiomsSheet.awareness, "by the library") { (question: SentencesOfModel) in
        let rows = try question.sentences.map {
          try SpanTokens(tokens: $0.tokens, span: $0.span, lastWord: $0.lastWord)
        }
        var found = Array(repeating: false, count: rows.count)
        try SpanRun(try question.model.made(), rows, capturing: []).forEachBatch { batch in
          for (row, place) in batch.places.enumerated() {
            found[place] = batch.lastWord(row).isGreedy
          }
        }
        return found
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    let always = completes("always", says: nil) { _, _ in true }
    XCTAssertNil(always.fault())
  }
}
