import Foundation
import Tokenizers
import XCTest

/// Folders without `tokenizer.json`, against `transformers`; truncation and padding.
final class FolderTests: XCTestCase {
  private struct Expected: Decodable {
    let texts: [String]
    let folders: [String: [Row]]
    let limits: [Limits]

    struct Row: Decodable {
      let ids: [Int]
      let decoded: String

      init(from decoder: any Decoder) throws {
        var row = try decoder.unkeyedContainer()
        ids = try row.decode([Int].self)
        decoded = try row.decode(String.self)
      }
    }

    struct Limits: Decodable {
      let truncation: String
      let padding: String
      let rows: [[Int]]
    }
  }

  private func expected() throws -> Expected {
    try JSONDecoder().decode(Expected.self, from: Fixture.data("folders/expected.json"))
  }

  func testIDsEqualTransformers() throws {
    let expected = try expected()
    XCTAssertEqual(expected.folders.count, 5)
    for (name, rows) in expected.folders {
      let folder = Fixture.directory.appendingPathComponent("folders/\(name)")
      let tokenizer = try XCTUnwrap(try Tokenizer(directory: folder))
      for (text, row) in zip(expected.texts, rows) {
        let ids = try tokenizer.encode(text, addingSpecialTokens: true)
        XCTAssertEqual(ids, row.ids, "\(name) \(text.debugDescription)")
        XCTAssertEqual(
          Array(try tokenizer.decode(ids, skippingSpecialTokens: true).unicodeScalars),
          Array(row.decoded.unicodeScalars), "\(name) \(text.debugDescription)")
      }
    }
  }

  func testTruncationAndPaddingEqualTheLibrarys() throws {
    let expected = try expected()
    let file = try Fixture.file("kinds/bert")
    for limits in expected.limits {
      let tokenizer = try Tokenizer(
        json: Data(
          file.replacingOccurrences(
            of: "\"truncation\":null,\"padding\":null",
            with: "\"truncation\":\(limits.truncation),\"padding\":\(limits.padding)"
          ).utf8))
      for (text, row) in zip(expected.texts, limits.rows) {
        XCTAssertEqual(try tokenizer.paddedRow(of: text), row, text.debugDescription)
      }
    }
  }

  func testAModelsInputIsNeverCutOffOrPadded() throws {
    let plain = try Tokenizer(json: Data(Fixture.file("kinds/bert").utf8))
    let limited = try Tokenizer(
      json: Data(
        Fixture.file("kinds/bert").replacingOccurrences(
          of: "\"truncation\":null",
          with: #""truncation":{"max_length":3,"strategy":"LongestFirst","stride":0}"#
        ).utf8))
    let ids = try plain.encode("the dog ran and ran", addingSpecialTokens: true)
    XCTAssertGreaterThan(ids.count, 3)
    XCTAssertEqual(try limited.encode("the dog ran and ran", addingSpecialTokens: true), ids)
    XCTAssertEqual(try limited.paddedRow(of: "the dog ran and ran").count, 3)
  }

  func testAVocabularyOfCharactersIsAnIDACharacter() throws {
    let folder = try folder([
      "vocab.json": #"{"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3, "1": 4, "+": 5, " ": 6}"#,
      "tokenizer_config.json":
        #"{"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}"#,
    ])
    let tokenizer = try XCTUnwrap(try Tokenizer(directory: folder))
    let ids = try tokenizer.encode("1+1 é\n</s>", addingSpecialTokens: true)
    XCTAssertEqual(ids, [4, 5, 4, 6, 3, 3, 2])
    XCTAssertEqual(try tokenizer.decode(ids, skippingSpecialTokens: true), "1+1 <unk><unk>")
  }

  func testAFolderWithoutTokenizerHasNone() throws {
    XCTAssertNil(try Tokenizer(directory: folder(["config.json": "{}"])))
  }

  func testFoldersThatCannotBeRead() throws {
    let vocabulary = #"{"a": 0, "b": 1, "ab": 2}"#
    try assertRefused(
      ["source.spm": "", "vocab.json": vocabulary],
      "has a SentencePiece model, source.spm, and no tokenizer.json, which is what is read here; "
        + "save one beside it from Python (for Marian take a conversion that has one, such as "
        + "Xenova/opus-mt-en-fr).")
    try assertRefused(
      ["spiece.model": ""],
      "has a SentencePiece model, spiece.model, and no tokenizer.json, which is what is read here; "
        + "save one beside it from Python (for Marian take a conversion that has one, such as "
        + "Xenova/opus-mt-en-fr).")
    try assertRefused(
      ["vocab.json": vocabulary],
      "has a vocab.json with longer tokens, such as \"ab\", but neither a merges.txt nor a "
        + "tokenizer.json to say how they are put together.")
    let wonder = #"{"tokenizer_class": "WonderTokenizer"}"#
    try assertRefused(
      ["vocab.json": vocabulary, "merges.txt": "a b\n", "tokenizer_config.json": wonder],
      "holds no tokenizer.json, and of the older files those of the class Wonder are not "
        + "supported; supported are GPT2, Roberta, Bart, Qwen2.")
  }

  private func assertRefused(_ files: [String: String], _ message: String) throws {
    let folder = try folder(files)
    XCTAssertThrowsError(try Tokenizer(directory: folder)) {
      XCTAssertTrue("\($0)".hasSuffix(message), "\($0)")
    }
  }

  private func folder(_ files: [String: String]) throws -> URL {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("headlight-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in files {
      try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }
    return folder
  }
}
