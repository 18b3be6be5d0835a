import Foundation
import Tokenizers
import XCTest

/// Properties of the models, with numbers worked by hand.
final class ModelTests: XCTestCase {
  /// `abc` as ab + c scores −2 − 1 = −3, as a + bc −1 − 2.5 = −3.5, as a + b + c −1 − 2 − 1 = −4.
  func testTheMostProbableSegmentationIsChosen() throws {
    let tokenizer = try unigram(["?": -9, "a": -1, "b": -2, "c": -1, "ab": -2, "bc": -2.5])
    XCTAssertEqual(try pieces(tokenizer, "abc"), ["ab", "c"])
    XCTAssertEqual(try pieces(tokenizer, "aabcc"), ["a", "ab", "c", "c"])
  }

  /// Of two paths with one score, −2, the one found first is kept: the one that starts earlier.
  func testTiesGoToTheLongerLastPiece() throws {
    let tokenizer = try unigram(["?": -9, "a": -1, "b": -1, "ab": -2])
    XCTAssertEqual(try pieces(tokenizer, "ab"), ["ab"])
  }

  /// The worst score is −9, so an unknown character scores −19 and two of them −38.
  func testAPieceBeatsUnknownCharacters() throws {
    let tokenizer = try unigram(["?": -9, "a": -1, "xy": -8])
    XCTAssertEqual(try pieces(tokenizer, "axya"), ["a", "xy", "a"])
  }

  func testARunOfUnknownCharactersIsOneToken() throws {
    let tokenizer = try unigram(["?": -9, "a": -1])
    XCTAssertEqual(try pieces(tokenizer, "axyzaé日"), ["a", "?", "a", "?"])
  }

  func testBytesStandForUnknownCharacters() throws {
    var scores: [(String, Double)] = [("?", -9), ("a", -1)]
    for byte in 0...255 { scores.append((String(format: "<0x%02X>", byte), -9)) }
    let tokenizer = try unigram(scores, bytes: true, also: bytesDecoder)
    XCTAssertEqual(
      try pieces(tokenizer, "aé日"), ["a", "<0xC3>", "<0xA9>", "<0xE6>", "<0x97>", "<0xA5>"])
    for text in ["aé日", "😀", "\u{0}", "e\u{301}"] {
      let ids = try tokenizer.encode(text, addingSpecialTokens: false)
      let back = try tokenizer.decode(ids, skippingSpecialTokens: false)
      XCTAssertEqual(Array(back.utf8), Array(text.utf8))
    }
  }

  func testWithoutAllBytesTheRunIsUnknown() throws {
    let tokenizer = try unigram(
      [("?", -9), ("a", -1), ("<0xC3>", -9)], bytes: true, also: bytesDecoder)
    XCTAssertEqual(try pieces(tokenizer, "aé"), ["a", "?"])
  }

  func testBrokenBytesDecodeToReplacementCharacters() throws {
    let tokenizer = try unigram(
      [("?", -9), ("<0xE6>", -1), ("<0x97>", -1), ("<0xA5>", -1)], bytes: true, also: bytesDecoder)
    XCTAssertEqual(try tokenizer.decode([1, 2, 3], skippingSpecialTokens: false), "日")
    XCTAssertEqual(
      try tokenizer.decode([1, 2], skippingSpecialTokens: false), "\u{FFFD}\u{FFFD}")
  }

  func testTokensThatOnlyLookAlikeAreApart() throws {
    let composed = "\u{E9}"
    let decomposed = "e\u{301}"
    let tokenizer = try Tokenizer(
      json: Data(
        """
        {"model": {"type": "WordLevel", "unk_token": "?",
        "vocab": {"?": 0, "\(composed)": 1, "\(decomposed)": 2}}}
        """.utf8))
    XCTAssertEqual(tokenizer.id(of: composed), 1)
    XCTAssertEqual(tokenizer.id(of: decomposed), 2)
    XCTAssertEqual(try tokenizer.encode(decomposed, addingSpecialTokens: false), [2])
    XCTAssertEqual(tokenizer.vocabularySize, 3)
  }

  func testEveryTokenAndItsIDBelongTogether() throws {
    for name in Fixture.names {
      let tokenizer = try Fixture.tokenizer(name)
      for id in 0..<tokenizer.vocabularySize {
        let token = try XCTUnwrap(tokenizer.token(id), "\(name) \(id)")
        // A normalised added token goes by its normalised form, which need not have an id.
        if let back = tokenizer.id(of: token) { XCTAssertEqual(back, id, "\(name) \(token)") }
      }
      XCTAssertNil(tokenizer.token(tokenizer.vocabularySize))
      XCTAssertNil(tokenizer.id(of: "no such token"))
    }
  }

  func testT5sSpecialTokens() throws {
    let tokenizer = try Fixture.tokenizer("t5")
    XCTAssertEqual(tokenizer.specialTokens[0], "<pad>")
    XCTAssertEqual(tokenizer.specialTokens[1], "</s>")
    XCTAssertEqual(tokenizer.specialTokens[2], "<unk>")
    XCTAssertEqual(tokenizer.specialTokens.count, 13)
    XCTAssertEqual(tokenizer.id(of: "<extra_id_0>"), tokenizer.vocabularySize - 1)
  }

  private let bytesDecoder = #"""
    , "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}]}
    """#

  private func unigram(_ scores: KeyValuePairs<String, Double>) throws -> Tokenizer {
    try unigram(scores.map { ($0, $1) }, bytes: false)
  }

  private func unigram(
    _ scores: [(String, Double)], bytes: Bool, also: String = ""
  ) throws -> Tokenizer {
    let pieces = scores.map { "[\"\($0)\", \($1)]" }.joined(separator: ", ")
    return try Tokenizer(
      json: Data(
        #"{"model": {"unk_id": 0, "byte_fallback": \#(bytes), "vocab": [\#(pieces)]}\#(also)}"#
          .utf8))
  }

  private func pieces(_ tokenizer: Tokenizer, _ text: String) throws -> [String] {
    try tokenizer.tokens(tokenizer.encode(text, addingSpecialTokens: false))
  }
}
