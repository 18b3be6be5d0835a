import Foundation
import Tokenizers
import XCTest

/// What tokens are called where a person reads them.
final class LabelTests: XCTestCase {
  private static let byteLevel = ["gpt2", "neox", "qwen2", "smollm2", "llama3", "roberta"]
  private static let others = [
    "llama2", "llama2-modern", "bert", "bert-cased", "suffixed", "prefixed",
  ]

  private func tokenizer(_ kind: String) throws -> Tokenizer {
    try Tokenizer(json: Fixture.data("kinds/\(kind).json"))
  }

  /// The decoder goes another way: all bytes are joined first, and repaired then.
  func testALabelIsWhatTheTokenDecodesTo() throws {
    for kind in Self.byteLevel {
      let tokenizer = try tokenizer(kind)
      var parts = 0
      for id in 0..<tokenizer.vocabularySize where tokenizer.token(id) != nil {
        let decoded = try tokenizer.decode([id], skippingSpecialTokens: false)
        let label = tokenizer.label(of: id)
        if decoded.contains("\u{FFFD}") {
          XCTAssertTrue(label.contains("<0x"), "\(kind) \(id) \(label)")
          parts += 1
        } else {
          XCTAssertEqual(label, decoded, "\(kind) \(id)")
        }
      }
      // The 128 bytes beyond ASCII at least, less those that never come in UTF-8.
      XCTAssertGreaterThan(parts, 100, kind)
    }
  }

  func testBytesOfCharactersAreNumbersInEveryKindOfVocabulary() throws {
    let gpt2 = try tokenizer("gpt2")
    let llama = try tokenizer("llama2")
    // U+0416, in neither vocabulary, is the bytes D0 96.
    for tokenizer in [gpt2, llama] {
      XCTAssertEqual(
        try tokenizer.labels(of: tokenizer.encode("Ж", addingSpecialTokens: false)).suffix(2),
        ["<0xD0>", "<0x96>"])
    }
    XCTAssertEqual(llama.label(of: try XCTUnwrap(llama.id(of: "<0x0A>"))), "\n")
    XCTAssertEqual(gpt2.label(of: 1_000_000), "#1000000")
    XCTAssertEqual(gpt2.label(of: 0), "<|endoftext|>")
    // Llama 2's normalizer writes “▁<unk>”, which no text says.
    XCTAssertEqual(llama.label(of: 0), "<unk>")
  }

  func testATextFindsTheTokenThatSaysIt() throws {
    func said(_ label: String) -> String { label.replacing("▁", with: " ") }
    for kind in Self.byteLevel + Self.others {
      let tokenizer = try tokenizer(kind)
      for id in 0..<tokenizer.vocabularySize {
        let label = tokenizer.label(of: id)
        guard tokenizer.token(id) != nil, !label.contains("<0x") else { continue }
        let found = try XCTUnwrap(tokenizer.id(ofText: said(label)), "\(kind) \(label)")
        XCTAssertEqual(said(tokenizer.label(of: found)), said(label), kind)
      }
    }
  }

  func testAFormIsFoundWhereItIsNoOtherText() throws {
    let tokenizer = try tokenizer("gpt2")
    XCTAssertEqual(tokenizer.id(ofText: "Ġdo"), tokenizer.id(of: "Ġdo"))
    XCTAssertEqual(tokenizer.id(ofText: " do"), tokenizer.id(of: "Ġdo"))
    // As a form, “é” is the byte E9.
    XCTAssertEqual(tokenizer.id(ofText: "é"), tokenizer.id(of: "Ã©"))
    XCTAssertNotNil(tokenizer.id(of: "ì"))
    XCTAssertNil(tokenizer.id(ofText: "ì"))
    XCTAssertNil(tokenizer.id(ofText: ""))
  }
}
