import Foundation
import Tokenizers
import XCTest

/// Every kind of tokenizer against the library, over more than 2,000 difficult texts.
final class KindsTests: XCTestCase {
  private static let kinds = [
    "gpt2", "neox", "qwen2", "smollm2", "llama3", "roberta", "roberta-prefix", "llama2",
    "llama2-modern", "bert", "bert-cased", "bert-bare", "suffixed", "prefixed",
  ]
  private var texts: [String] = []
  private var expected: [String: Expected] = [:]

  /// What the `tokenizers` library answers.
  private struct Expected: Decodable {
    /// A fingerprint of eight digits for every text.
    let texts: String
    /// Some texts' ids without and with special tokens, and decoded with and without them.
    let rows: [String: Row]
    let samples: [Sample]
  }

  private struct Row: Decodable, Equatable, CustomStringConvertible {
    let plain: [Int]
    let ids: [Int]
    let kept: String
    let skipped: String

    init(_ tokenizer: Tokenizer, _ text: String) throws {
      plain = try tokenizer.encode(text, addingSpecialTokens: false)
      ids = try tokenizer.encode(text, addingSpecialTokens: true)
      kept = try tokenizer.decode(ids, skippingSpecialTokens: false)
      skipped = try tokenizer.decode(ids, skippingSpecialTokens: true)
    }

    init(from decoder: any Decoder) throws {
      var row = try decoder.unkeyedContainer()
      plain = try row.decode([Int].self)
      ids = try row.decode([Int].self)
      kept = try row.decode(String.self)
      skipped = try row.decode(String.self)
    }

    /// FNV-1a over ids and texts, folded to 32 bits.
    var fingerprint: String {
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      func add(_ numbers: some Sequence<UInt64>) {
        for number in numbers { hash = (hash ^ number) &* 0x100_0000_01b3 }
        hash = (hash ^ 0xffff_ffff) &* 0x100_0000_01b3
      }
      add(plain.map(UInt64.init))
      add(ids.map(UInt64.init))
      add(kept.utf8.map(UInt64.init))
      add(skipped.utf8.map(UInt64.init))
      let digits = String((hash >> 32 ^ hash) & 0xffff_ffff, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }

    var description: String { "\(plain) \(ids) \(kept.debugDescription)" }
  }

  private struct Sample: Decodable {
    let ids: [Int]
    let text: String

    init(from decoder: any Decoder) throws {
      var row = try decoder.unkeyedContainer()
      ids = try row.decode([Int].self)
      text = try row.decode(String.self)
    }
  }

  override func setUpWithError() throws {
    texts = try JSONDecoder().decode([String].self, from: Fixture.data("kinds/texts.json"))
    expected = try JSONDecoder()
      .decode([String: Expected].self, from: Fixture.data("kinds/fingerprints.json"))
  }

  private func tokenizer(_ name: String) throws -> Tokenizer {
    try Fixture.tokenizer(Self.kinds.contains(name) ? "kinds/\(name)" : name)
  }

  func testFixturesAreComplete() {
    XCTAssertGreaterThanOrEqual(texts.count, 2000)
    XCTAssertEqual(expected.keys.sorted(), (Self.kinds + Fixture.names).sorted())
    for reference in expected.values {
      XCTAssertEqual(reference.texts.utf8.count, texts.count * 8)
      XCTAssertGreaterThanOrEqual(reference.rows.count, 10)
    }
  }

  func testIDsAndDecodedTextsEqualTheLibrarys() throws {
    for (name, reference) in expected.sorted(by: { $0.key < $1.key }) {
      let tokenizer = try tokenizer(name)
      let prints = Array(reference.texts.utf8)
      for (index, text) in texts.enumerated() {
        let row = try Row(tokenizer, text)
        let print = String(decoding: prints[(index * 8)..<(index * 8 + 8)], as: UTF8.self)
        XCTAssertEqual(row.fingerprint, print, "\(name) \(index) \(text.debugDescription): \(row)")
      }
    }
  }

  func testSomeRowsEqualTheLibrarysInFull() throws {
    for (name, reference) in expected {
      let tokenizer = try tokenizer(name)
      for (index, row) in reference.rows {
        let text = texts[try XCTUnwrap(Int(index))]
        XCTAssertEqual(try Row(tokenizer, text), row, "\(name) \(text.debugDescription)")
      }
    }
  }

  func testRandomIDsDecodeAsInTheLibrary() throws {
    for (name, reference) in expected {
      let tokenizer = try tokenizer(name)
      for sample in reference.samples {
        let text = try tokenizer.decode(sample.ids, skippingSpecialTokens: false)
        XCTAssertEqual(
          Array(text.unicodeScalars), Array(sample.text.unicodeScalars), "\(name) \(sample.ids)")
      }
    }
  }
}
