import Foundation
import Tokenizers
import XCTest

/// Two texts as one input, against the `tokenizers` library, on `Tests/Fixtures/tokenizer_pairs.py`.
final class PairTests: XCTestCase {
  func testIDsAndTypesOfPairsEqualTheLibrarys() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures")
    func json(_ path: String) throws -> Any {
      try JSONSerialization.jsonObject(
        with: Data(contentsOf: folder.appendingPathComponent(path)))
    }
    let cases = try XCTUnwrap(json("tokenizer_pairs.json") as? [[String: Any]])
    XCTAssertGreaterThanOrEqual(cases.count, 80)
    for item in cases {
      let path = try XCTUnwrap(item["file"] as? String)
      var file = try XCTUnwrap(json(path) as? [String: Any])
      file["post_processor"] = item["processor"]
      let tokenizer = try Tokenizer(json: JSONSerialization.data(withJSONObject: file))
      let texts = try XCTUnwrap(item["texts"] as? [String])
      let found = try tokenizer.encode(texts[0], pair: texts[1])
      XCTAssertEqual(found.ids, item["ids"] as? [Int], "\(path) \(texts)")
      XCTAssertEqual(found.types, item["types"] as? [Int], "\(path) \(texts)")
    }
  }
}
