import Foundation
import Tokenizers
import XCTest

@testable import Laboratory

final class TranslatorVocabularyTests: XCTestCase {
  private struct Encoded: Decodable {
    var text: String
    var ids: [Int]
  }

  /// What the `tokenizers` library makes of the texts, by `translator_tokenizer.py`.
  private func encoded() throws -> [Encoded] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures/translator_tokenizer.json")
    return try JSONDecoder().decode([Encoded].self, from: Data(contentsOf: file))
  }

  private let pieces = TranslatorVocabulary.pieces.map(\.text)

  func testPiecesAreUniqueAndFew() {
    XCTAssertEqual(Set(pieces).count, pieces.count)
    XCTAssertLessThanOrEqual(pieces.count, 2_000)
    XCTAssertEqual(pieces.prefix(3), ["<pad>", "</s>", "<unk>"])
    XCTAssertEqual(pieces.filter { $0.hasPrefix("<0x") }.count, 256)
  }

  private static let cuts = Dictionary(
    uniqueKeysWithValues: TranslatorVocabulary.splits.map {
      ($0.replacing("|", with: ""), $0.split(separator: "|").map(String.init))
    })

  /// The pieces a word is meant to have, as the tables say.
  private func intendedPieces(of word: SentenceWord, joins: Bool) -> [String] {
    var parts = Self.cuts[word.text] ?? [word.text]
    if !joins { parts[0] = "▁" + parts[0] }
    return parts
  }

  private func check(
    words: [SentenceWord], _ body: (SentenceWord, [String]) throws -> Void
  ) rethrows {
    var joins = false
    for word in words {
      try body(word, intendedPieces(of: word, joins: joins || word.joinsPrevious))
      joins = word.joinsNext
    }
  }

  func testEveryWordOfTheCorpusHasItsPieces() {
    let known = Set(pieces)
    let corpus = TranslatorCorpus(seed: 3)
    var used = Set<String>()
    let pairs =
      corpus.training(count: 20_000) + corpus.test() + corpus.development()
      + TranslatorCorpus.capitals
    for pair in pairs {
      for words in [pair.source, pair.target] {
        check(words: words) { word, intended in
          for piece in intended {
            XCTAssertTrue(known.contains(piece), "\(piece) in \(words.joinedText)")
          }
          used.formUnion(intended)
        }
      }
    }
    let splitHeads = TranslatorVocabulary.splits.map { "▁" + $0.prefix { $0 != "|" } }
    for head in splitHeads { XCTAssertTrue(used.contains(head), "\(head) is never used") }
  }

  func testTheLibraryCutsWordsAsIntended() throws {
    let corpus = TranslatorCorpus()
    let pairs = corpus.test(count: 120) + corpus.training(count: 60) + TranslatorCorpus.capitals
    let sides = pairs.flatMap { [$0.source, $0.target] }
    var words: [String: [SentenceWord]] = [:]
    for side in sides { words[side.joinedText] = side }
    var checked = 0
    for example in try encoded() {
      guard let words = words[example.text] else { continue }
      checked += 1
      let tokens = example.ids.map { pieces[$0] }
      XCTAssertEqual(tokens.last, "</s>")
      let owners = try XCTUnwrap(TranslatorVocabulary.wordIndices(ofPieces: tokens, in: words))
      XCTAssertNil(owners[owners.count - 1])
      var index = 0
      check(words: words) { word, intended in
        let own = zip(tokens, owners).filter { $0.1 == index }.map(\.0)
        XCTAssertEqual(own, intended, example.text)
        index += 1
      }
    }
    XCTAssertGreaterThan(checked, 400)
  }

  func testTheTokenizerReadsTheFileAsTheLibraryDoes() throws {
    let tokenizer = try Tokenizer(json: TranslatorVocabulary.tokenizerJSON())
    for example in try encoded() {
      XCTAssertEqual(
        try tokenizer.encode(example.text, addingSpecialTokens: true), example.ids, example.text)
      XCTAssertEqual(
        try tokenizer.decode(example.ids, skippingSpecialTokens: true), example.text)
    }
  }

  func testUnknownTextIsNeverLost() throws {
    for example in try encoded() {
      var bytes: [UInt8] = []
      for id in example.ids.dropLast() {
        let piece = pieces[id]
        if piece.hasPrefix("<0x"), let byte = UInt8(piece.dropFirst(3).dropLast(), radix: 16) {
          bytes.append(byte)
        } else {
          bytes += Array(piece.utf8)
        }
      }
      XCTAssertEqual(
        String(decoding: bytes, as: UTF8.self), "▁" + example.text.replacing(" ", with: "▁"))
    }
  }

  func testPiecesOfUnknownWordsBelongToTheirWord() {
    let words = [
      SentenceWord("Zoé", .properNoun), SentenceWord("猫", .noun), SentenceWord(".", .punctuation),
    ]
    let tokens = ["▁", "Z", "o", "é", "▁", "<0xE7>", "<0x8C>", "<0xAB>", ".", "</s>"]
    XCTAssertEqual(
      TranslatorVocabulary.wordIndices(ofPieces: tokens, in: words),
      [0, 0, 0, 0, 1, 1, 1, 1, 2, nil])
  }

  func testPiecesThatDoNotSpellTheWordsBelongToNone() {
    let words = [SentenceWord("The", .determiner), SentenceWord("dog", .noun)]
    for pieces in [["The", "Ġdog"], ["▁the", "▁dog"], ["▁The", "</s>"], ["▁The", "<unk>"], []] {
      XCTAssertNil(TranslatorVocabulary.wordIndices(ofPieces: pieces, in: words), "\(pieces)")
    }
    XCTAssertEqual(
      TranslatorVocabulary.wordIndices(ofPieces: ["▁The", "▁d", "og", "</s>"], in: words),
      [0, 1, 1, nil])
  }

  func testElidedWordsOwnTheirPieces() {
    let pair = SentencePair(
      Clause(
        .noun(NounPhrase(.the, [], Lexicon.noun("man"))), .past,
        .verb(Lexicon.verb("run"), adverb: Lexicon.adverb("slowly"))))
    XCTAssertEqual(
      TranslatorVocabulary.wordIndices(
        ofPieces: ["▁L'", "homme", "▁a", "▁couru", "▁lente", "ment", ".", "</s>"], in: pair.target),
      [0, 1, 2, 3, 4, 4, 5, nil])
  }

  func testTokenizerFileIsDeterministicAndComplete() throws {
    let data = try TranslatorVocabulary.tokenizerJSON()
    XCTAssertEqual(data, try TranslatorVocabulary.tokenizerJSON())
    let object = try XCTUnwrap(JSONSerialization.jsonObject(with: data) as? [String: Any])
    let model = try XCTUnwrap(object["model"] as? [String: Any])
    let vocabulary = try XCTUnwrap(model["vocab"] as? [[Any]])
    XCTAssertEqual(vocabulary.map { $0[0] as? String }, pieces)
  }
}
