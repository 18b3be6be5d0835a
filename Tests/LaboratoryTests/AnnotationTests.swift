import Interpretability
import Models
import Transformers
import XCTest

@testable import Laboratory

final class AnnotationTests: XCTestCase {
  private let pairs = TranslatorCorpus(seed: 5).test(count: 300) + TranslatorCorpus.capitals

  func testEveryWordStandsAtItsPlaceAndTheTreeIsATree() {
    for sentence in pairs.flatMap({ [$0.annotated, $0.annotated(withInstruction: false)] }) {
      let bytes = Array(sentence.text.utf8)
      for word in sentence.words {
        XCTAssertEqual(String(decoding: bytes[word.place], as: UTF8.self), word.text)
      }
      XCTAssertEqual(sentence.words.count { $0.head == nil }, 1, sentence.text)
      XCTAssertEqual(sentence.depths.count { $0 == 0 }, 1)
      let edges = sentence.distances.flatMap(\.self).count { $0 == 1 } / 2
      XCTAssertEqual(edges, sentence.words.count - 1, sentence.text)
    }
  }

  func testDepthsAreTheCorpusesOwn() {
    for pair in pairs {
      XCTAssertEqual(pair.annotated.depths, pair.source.compactMap(\.depth))
    }
  }

  func testLabelsOfASentence() {
    let pair = SentencePair(
      Clause(
        .noun(NounPhrase(.the, [Lexicon.adjective("brown")], Lexicon.noun("dog"))), .past,
        .verb(Lexicon.verb("run"))))
    let words = pair.annotated.words
    XCTAssertEqual(pair.annotated.text, "Translate to French: The brown dog ran.")
    XCTAssertEqual(words.map(\.text), ["The", "brown", "dog", "ran", "."])
    XCTAssertEqual(
      words.map { $0.labels["word-class"] },
      ["determiner", "adjective", "noun", "verb", "punctuation"])
    XCTAssertEqual(
      words.map { $0.labels["gender"] }, ["masculine", "masculine", "masculine", nil, nil])
    XCTAssertEqual(words.map(\.head), [2, 2, 3, nil, 3])
  }

  func testTheInstructionMayBeLeftOut() {
    let pair = pairs[0]
    XCTAssertEqual(
      pair.annotated.text,
      "Translate to French: " + pair.annotated(withInstruction: false).text)
  }

  func testTokensAreThoseOfTheCorpusesOwnAlignment() throws {
    let tokenizer = try XCTUnwrap(LoadedModel("translator").tokenizer)
    for pair in pairs {
      let found = try WordTokens(pair.annotated, tokenizer: tokenizer)
      let known = try EncodedPair(pair, tokenizer: tokenizer)
      XCTAssertEqual(found.tokens, known.source)
      let prefix = pair.source.count { $0.isPrefix }
      for (word, range) in found.words.enumerated() {
        XCTAssertEqual(
          Array(range), known.sourceWords.indices.filter { known.sourceWords[$0] == word + prefix },
          "\(pair.sourceText): \(pair.source[word + prefix].text)")
      }
    }
  }
}
