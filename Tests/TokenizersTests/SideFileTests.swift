import Foundation
import Tokenizers
import XCTest

/// What the files beside a `tokenizer.json` change, a setting at a time, against `AutoTokenizer`.
final class SideFileTests: XCTestCase {
  func testEverySettingEqualsAutoTokenizer() throws {
    let json = try JSONSerialization.jsonObject(with: Fixture.data("side_files.json"))
    let root = try XCTUnwrap(json as? [String: Any])
    let texts = try XCTUnwrap(root["texts"] as? [String])
    let tables = try XCTUnwrap(root["tables"] as? [[[Any]]])
    let cases = try XCTUnwrap(root["cases"] as? [[String: Any]])
    XCTAssertGreaterThan(cases.count, 300)
    var folders: [String: URL] = [:]
    for item in cases {
      let base = try XCTUnwrap(item["base"] as? String)
      let files = try XCTUnwrap(item["files"] as? [String: Any])
      let folder = try folders[base] ?? folder(of: base)
      folders[base] = folder
      for (name, content) in files {
        try JSONSerialization.data(withJSONObject: content)
          .write(to: folder.appendingPathComponent(name))
      }
      let tokenizer = try XCTUnwrap(try Tokenizer(directory: folder), "\(base) \(files)")
      for (text, row) in zip(texts, tables[try XCTUnwrap(item["rows"] as? Int)]) {
        let ids = try tokenizer.encode(text, addingSpecialTokens: true)
        XCTAssertEqual(ids, row[0] as? [Int], "\(base) \(files) \(text.debugDescription)")
        XCTAssertEqual(
          try tokenizer.decode(row[0] as? [Int] ?? [], skippingSpecialTokens: true),
          row[1] as? String, "\(base) \(files) \(text.debugDescription)")
      }
      for name in files.keys {
        try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
      }
    }
  }

  /// A folder with a link to a trained tokenizer.
  private func folder(of base: String) throws -> URL {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("headlight-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createSymbolicLink(
      at: folder.appendingPathComponent("tokenizer.json"),
      withDestinationURL: Fixture.directory.appendingPathComponent("kinds/\(base).json"))
    return folder
  }
}
