import Foundation
import Tokenizers
import XCTest

@testable import Laboratory

final class ReaderVocabularyTests: XCTestCase {
  private struct Fixture: Decodable {
    struct Case: Decodable {
      var text: String
      var ids: [Int]
      var decoded: String
    }
    var size: Int
    var cases: [Case]
  }

  func testTheTokenizerReadsTheFileAsTheLibraryDoes() throws {
    // What the `tokenizers` library makes of the texts, by `reader_tokenizer.py`.
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures/reader_tokenizer.json")
    let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
    let tokenizer = try Tokenizer(json: ReaderVocabulary.tokenizerJSON())
    XCTAssertEqual(tokenizer.vocabularySize, fixture.size)
    for example in fixture.cases {
      XCTAssertEqual(
        try tokenizer.encode(example.text, addingSpecialTokens: true), example.ids, example.text)
      XCTAssertEqual(
        try tokenizer.decode(example.ids, skippingSpecialTokens: true), example.decoded)
    }
  }

  func testTheTokenizerCutsTextsIntoTheirWords() throws {
    let tokenizer = try Tokenizer(json: ReaderVocabulary.tokenizerJSON())
    for kind in ReaderKind.allCases {
      var writer = ReaderWriter(split: .training, seed: 2)
      for _ in 0..<50 {
        let text = writer.text(kind)
        XCTAssertEqual(
          try tokenizer.encode(text.text, addingSpecialTokens: true),
          ReaderVocabulary.encode(text.words), text.text)
      }
    }
  }

  func testWordsAreDifferentAndFew() {
    let words = ReaderVocabulary.words
    XCTAssertEqual(Set(words).count, words.count)
    XCTAssertTrue((900...1_300).contains(words.count), "\(words.count) words")
    XCTAssertEqual(words.prefix(2), ["<s>", "<unk>"])
    for word in words { XCTAssertFalse(word.contains { $0.isWhitespace || "{}/".contains($0) }) }
  }

  func testTheFileIsAlwaysTheSame() throws {
    XCTAssertEqual(
      try ReaderVocabulary.tokenizerJSON(), try ReaderVocabulary.tokenizerJSON())
  }
}
