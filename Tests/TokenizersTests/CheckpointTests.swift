import Foundation
import Tokenizers
import XCTest

/// Published tokenizers, where `HEADLIGHT_CHECKPOINTS` names the folder that `.ci/checkpoints` fills.
final class CheckpointTests: XCTestCase {
  private func folder(_ name: String) throws -> URL {
    guard let root = ProcessInfo.processInfo.environment["HEADLIGHT_CHECKPOINTS"] else {
      throw XCTSkip(
        "HEADLIGHT_CHECKPOINTS names no folder; fill one by .ci/checkpoints to run this test")
    }
    let folder = URL(fileURLWithPath: root).appendingPathComponent(name)
    guard FileManager.default.fileExists(atPath: folder.path) else {
      throw XCTSkip("\(folder.path) is not there; run .ci/checkpoints \(root)")
    }
    return folder
  }

  /// Ids and texts from the `tokenizers` library, truncation and padding off.
  func testMiniLM() throws {
    let folder = try folder("MiniLM")
    let tokenizer = try XCTUnwrap(Tokenizer(directory: folder))
    XCTAssertEqual(tokenizer.vocabularySize, 30522)
    for (text, ids, decoded) in [
      (
        "The quick brown fox jumped over the lazy dog's 1,234 naïve résumés!",
        [
          101, 1996, 4248, 2829, 4419, 5598, 2058, 1996, 13971, 3899, 1005, 1055, 1015, 1010, 22018,
          15743, 13746, 2015, 999, 102,
        ],
        "the quick brown fox jumped over the lazy dog ' s 1, 234 naive resumes!"
      ),
      ("", [101, 102], ""),
      (
        "日本語 Ünïcödé\u{200b}x [MASK] 😀", [101, 1864, 1876, 1950, 27260, 2595, 103, 100, 102],
        "日 本 語 unicodex"
      ),
    ] {
      XCTAssertEqual(try tokenizer.encode(text, addingSpecialTokens: true), ids)
      XCTAssertEqual(try tokenizer.decode(ids, skippingSpecialTokens: true), decoded)
    }
    XCTAssertEqual(
      try tokenizer.paddedRow(of: "The dog"),
      [101, 1996, 3899, 102] + Array(repeating: 0, count: 124))
  }

  /// A vocabulary of characters, without a start token.
  func testMathformer() throws {
    // A skip inside XCTUnwrap would count as a failure.
    let folder = try folder("mathformer")
    for operation in ["add", "sub", "mul", "div"] {
      let tokenizer = try XCTUnwrap(
        Tokenizer(directory: folder.appendingPathComponent(operation)))
      XCTAssertEqual(try tokenizer.encode("3+4=", addingSpecialTokens: true), [7, 14, 8, 18])
      XCTAssertEqual(try tokenizer.decode([11, 2], skippingSpecialTokens: true), "7")
    }
  }
}
