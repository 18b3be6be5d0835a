import Foundation
import Tokenizers
import XCTest

/// Bad files and bad ids: each one clear sentence.
final class ErrorTests: XCTestCase {
  func testMissingFile() {
    let url = URL(fileURLWithPath: "/nowhere/tokenizer.json")
    XCTAssertThrowsError(try Tokenizer(contentsOf: url)) {
      XCTAssertEqual(
        "\($0)",
        "The tokenizer file /nowhere/tokenizer.json cannot be read: there is no such file.")
    }
  }

  func testNotJSON() {
    assertRefused("", "The tokenizer file should be JSON, but it ends where a value should be.")
    assertRefused("hello", "The tokenizer file should be JSON, but it lacks a value at byte 0.")
    assertRefused(
      #"{"version": "1.0""#,
      "The tokenizer file should be JSON, but it ends where a comma or } should be.")
    assertRefused(
      String(repeating: "[", count: 100_000),
      "The tokenizer file should be JSON, but it is nested more than 128 deep at byte 128.")
    XCTAssertThrowsError(try Tokenizer(json: Data([0x7B, 0xFF, 0x7D]))) {
      XCTAssertEqual(
        "\($0)", "The tokenizer file should be JSON, but it is not UTF-8 text at byte 1.")
    }
  }

  func testWrongStructure() {
    assertRefused(
      "[]", "In the tokenizer file, the whole should be an object, but it is a list.")
    assertRefused(
      #"{"version": "2.0"}"#,
      "In the tokenizer file, version should be \"1.0\", but it is \"2.0\".")
    assertRefused("{}", "In the tokenizer file, model should be given, but it is missing.")
    assertRefused(
      unigram(#""a", "b""#),
      "In the tokenizer file, model.vocab[0] should be a piece and its score, but it is a text.")
    assertRefused(
      unigram(#"["a", -1]"#, unknown: "-1"),
      "In the tokenizer file, model.unk_id should be a whole number from 0 to 2147483647, "
        + "but it is -1.0.")
    assertRefused(
      unigram(#"["a", -1]"#, also: #""pre_tokenizer": {"type": "Metaspace", "replacement": "ab"}"#),
      "In the tokenizer file, pre_tokenizer.replacement should be one character, but it is \"ab\".")
    assertRefused(
      unigram(
        #"["a", -1]"#,
        also: #""normalizer": {"type": "Replace", "pattern": {"Regex": "(("}, "content": ""}"#),
      "In the tokenizer file, normalizer.pattern.Regex is \"((\", which cannot be taken: at "
        + "character 2, this group has no end.")
  }

  func testUnsupportedComponentsAreNamed() {
    assertRefused(
      #"{"model": {"type": "Backtracking", "vocab": {}, "merges": []}}"#,
      "In the tokenizer file, model is Backtracking, which is not supported; supported are BPE, "
        + "Unigram, WordLevel, WordPiece.")
    assertRefused(
      unigram(
        #"["a", -1]"#,
        also:
          #""pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Languages"}]}"#
      ),
      "In the tokenizer file, pre_tokenizer.pretokenizers[0] is Languages, which is not "
        + "supported; supported are WhitespaceSplit, Whitespace, BertPreTokenizer, Metaspace, "
        + "ByteLevel, Split, Digits, Punctuation, CharDelimiterSplit, FixedLength, UnicodeScripts, "
        + "Sequence.")
    for part in ["normalizer", "post_processor", "decoder"] {
      XCTAssertThrowsError(
        try Tokenizer(
          json: Data(unigram(#"["a", -1]"#, also: "\"\(part)\": {\"type\": \"Wonder\"}").utf8))
      ) {
        XCTAssertTrue("\($0)".hasPrefix("In the tokenizer file, \(part) is Wonder, "), "\($0)")
      }
    }
  }

  func testUnusableModels() {
    assertRefused(
      unigram(#"["<unk>", 0], ["a", NaN]"#),
      "The tokenizer's model cannot be used: the score of piece 1, \"a\", should be finite but is "
        + "nan.")
    assertRefused(
      unigram(#"["<unk>", 0], ["a", -Infinity]"#),
      "The tokenizer's model cannot be used: the score of piece 1, \"a\", should be finite but is "
        + "-inf.")
    assertRefused(
      #"{"model": {"type": "Unigram", "unk_id": 0, "vocab": []}}"#,
      "The tokenizer's model cannot be used: its unknown token is id 0, but its vocabulary is empty."
    )
    assertRefused(
      unigram(#"["a", -1]"#, unknown: "1"),
      "The tokenizer's model cannot be used: its unknown token is id 1, but ids go from 0 to 0.")
  }

  /// Thirty doublings would make a letter a gigabyte.
  func testTextsThatWouldGrowWithoutEndAreRefused() {
    let message =
      "The tokenizer's model cannot be used: its steps could make a text more than 1000 times "
      + "longer."
    func times(_ step: String) -> String {
      Array(repeating: step, count: 30).joined(separator: ", ")
    }
    let replace = #"{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}"#
    let bytes = #"{"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}"#
    for steps in [
      #""normalizer": {"type": "Sequence", "normalizers": [\#(times(replace))]}"#,
      #""decoder": {"type": "Sequence", "decoders": [\#(times(replace))]}"#,
      #""pre_tokenizer": {"type": "Sequence", "pretokenizers": [\#(times(bytes))]}"#,
    ] { assertRefused(unigram(#"["a", -1]"#, also: steps), message) }
    let template =
      #"{"type": "TemplateProcessing", "special_tokens": {}, "single": [{"Sequence": {"id": "A"}}, "#
      + #"{"Sequence": {"id": "A"}}]}"#
    assertRefused(
      unigram(#"["a", -1]"#, also: #""post_processor": \#(template)"#),
      "In the tokenizer file, post_processor.single should be a template that holds the text, A, "
        + "once, but it is another.")
  }

  func testTemplateOutsideTheVocabulary() {
    let template = #"""
      "post_processor": {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "e"}}],
      "special_tokens": {"e": {"id": "e", "ids": [7]}}}
      """#
    assertRefused(
      unigram(#"["a", -1]"#, also: template),
      "The tokenizer's model cannot be used: its template adds the id 7, but ids go from 0 to 0.")
  }

  func testIDsOutsideTheVocabulary() throws {
    let tokenizer = try Tokenizer(
      json: Data(
        #"{"model": {"type": "WordLevel", "vocab": {"?": 0, "b": 2}, "unk_token": "?"}}"#.utf8))
    for (id, message) in [
      (3, "The id 3 is outside the vocabulary: ids go from 0 to 2."),
      (-1, "The id -1 is outside the vocabulary: ids go from 0 to 2."),
      (1, "The id 1 names no token: the vocabulary of 3 ids has a gap there."),
    ] {
      XCTAssertNil(tokenizer.token(id))
      XCTAssertThrowsError(try tokenizer.decode([0, id], skippingSpecialTokens: true)) {
        XCTAssertEqual("\($0)", message)
      }
      XCTAssertThrowsError(try tokenizer.tokens([id])) { XCTAssertEqual("\($0)", message) }
    }
  }

  private func unigram(_ pieces: String, unknown: String = "0", also: String? = nil) -> String {
    let model = #""model": {"type": "Unigram", "unk_id": \#(unknown), "vocab": [\#(pieces)]}"#
    return "{\([model, also].compactMap(\.self).joined(separator: ", "))}"
  }

  private func assertRefused(_ json: String, _ message: String, line: UInt = #line) {
    XCTAssertThrowsError(try Tokenizer(json: Data(json.utf8)), line: line) {
      XCTAssertEqual("\($0)", message, line: line)
    }
  }
}
