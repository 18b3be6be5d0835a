import Foundation
import Tokenizers
import XCTest

@testable import headlight

/// `headlight tokenize`: its exact text, and how it refuses.
final class TokenizeTests: XCTestCase {
  /// A folder with a tokenizer and nothing else.
  private func folder() throws -> URL {
    let folder = try temporaryFolder()
    try FileManager.default.copyItem(
      at: fixture("tokenizers/kinds/bert-cased.json"),
      to: folder.appendingPathComponent("tokenizer.json"))
    return folder
  }

  private func file(_ text: String, in folder: URL) throws -> String {
    let url = folder.appendingPathComponent("texts.jsonl")
    try Data(text.utf8).write(to: url)
    return url.path
  }

  func testTheEmbeddedModelsTokens() throws {
    let call = try Call(["tokenize", "The brown dog ran.", "The dog"])
    XCTAssertEqual(call.errors, "")
    XCTAssertEqual(
      call.output,
      """
      {"ids": [200, 913, 500, 1055, 3, 1], "tokens": ["▁The", "▁brown", "▁dog", "▁ran", ".", "</s>"], \
      "decoded": "The brown dog ran."}
      {"ids": [200, 500, 1], "tokens": ["▁The", "▁dog", "</s>"], "decoded": "The dog"}

      """)
    XCTAssertEqual(call.code, 0)
  }

  func testAFileOfTextsAndAFolderWithoutWeights() throws {
    let folder = try folder()
    let lines = #"""
      "the dog"
      {"id": 7, "text": "\"\\\t\u0007é\u2028 the [MASK]"}
      """#
    let call = try Call([
      "tokenize", "--model", folder.path, "--input", try file(lines + "\n", in: folder),
    ])
    XCTAssertEqual(call.errors, "")
    let url = folder.appendingPathComponent("tokenizer.json")
    let tokenizer = try Tokenizer(contentsOf: url)
    let rows = call.output.split(separator: "\n")
    XCTAssertEqual(rows.count, 2)
    for (row, text) in zip(rows, ["the dog", "\"\\\t\u{7}é\u{2028} the [MASK]"]) {
      let object = try XCTUnwrap(
        JSONSerialization.jsonObject(with: Data(row.utf8)) as? [String: Any])
      let ids = try tokenizer.encode(text, addingSpecialTokens: true)
      XCTAssertEqual(object["ids"] as? [Int], ids)
      XCTAssertEqual(object["tokens"] as? [String], try tokenizer.tokens(ids))
      XCTAssertEqual(
        object["decoded"] as? String, try tokenizer.decode(ids, skippingSpecialTokens: true))
    }
  }

  func testControlsAreEscaped() throws {
    let file =
      #"{"model": {"type": "WordLevel", "vocab": {"?": 0, "\u0000\u2028\"\\": 1}, "unk_token": "?"}}"#
    let tokenizer = try Tokenizer(json: Data(file.utf8))
    XCTAssertEqual(
      try Tokenize.line(of: "\0\u{2028}\"\\", tokenizer, padded: false),
      #"{"ids": [1], "tokens": ["\u0000\u2028\"\\"], "decoded": "\u0000\u2028\"\\"}"#)
  }

  func testRowsAsTheFileAsks() throws {
    let folder = try temporaryFolder()
    let text = try String(
      contentsOf: fixture("tokenizers/kinds/bert-cased.json"), encoding: .utf8
    ).replacingOccurrences(
      of: "\"truncation\":null",
      with: #""truncation":{"max_length":3,"strategy":"LongestFirst","stride":0}"#)
    try Data(text.utf8).write(to: folder.appendingPathComponent("tokenizer.json"))
    let whole = try Call(["tokenize", "--model", folder.path, "the dog ran"])
    let cut = try Call(["tokenize", "--padded", "--model", folder.path, "the dog ran"])
    XCTAssertTrue(
      whole.output.contains(#""tokens": ["[CLS]", "the", "dog", "ran", "[SEP]"]"#), whole.output)
    XCTAssertTrue(cut.output.contains(#""tokens": ["[CLS]", "the", "[SEP]"]"#), cut.output)
  }

  func testRefusals() throws {
    let folder = try folder()
    for line in ["{\"text\": 3}", "[1]", "", "{\"text\": \"a\"", "\"\\ud800\"", "word"] {
      let path = try file("\"the dog\"\n\(line)\n\"the dog\"\n", in: folder)
      let call = try Call(["tokenize", "--model", folder.path, "--input", path])
      XCTAssertEqual(
        call.sentence,
        "Error: line 2 of \(path) should be a JSON text, or an object with \"text\", as in "
          + "{\"text\": \"The dog ran.\"}", line)
      XCTAssertEqual(call.code, 1)
      XCTAssertEqual(call.output.split(separator: "\n").count, 1)
    }
    try assertFails(
      ["tokenize", "--input", "/nowhere/texts"],
      "the file /nowhere/texts cannot be read; check its name")
    try assertFails(["tokenize"], code: 64, "give what to tokenize: either texts or --input")
    try assertFails(
      ["tokenize", "--input", "a", "b"], code: 64,
      "give what to tokenize: either texts or --input")
    let empty = try temporaryFolder()
    try assertFails(
      ["tokenize", "--model", empty.path, "a"],
      "\(empty.path) has no tokenizer: a folder should have tokenizer.json, or vocab.json and "
        + "merges.txt, or vocab.txt")
  }
}
