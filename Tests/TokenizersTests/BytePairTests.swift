import Foundation
import Tokenizers
import XCTest

/// Byte-pair merging with numbers worked by hand, and against a naive loop.
final class BytePairTests: XCTestCase {
  /// `lower` with l+o first, then lo+w, then e+r: low, er.
  func testTheEarliestMergeGoesFirst() throws {
    let tokenizer = try bytePair(
      "l o w e r lo low er ow", merges: ["l o", "lo w", "e r", "o w"])
    XCTAssertEqual(try tokens(tokenizer, "lower"), ["low", "er"])
    XCTAssertEqual(try tokens(tokenizer, "ower"), ["ow", "er"])
  }

  /// In `aaa` both pairs are a+a: the left one merges.
  func testOfEqualMergesTheLeftmostGoesFirst() throws {
    let tokenizer = try bytePair("a aa", merges: ["a a"])
    XCTAssertEqual(try tokens(tokenizer, "aaa"), ["aa", "a"])
  }

  func testIgnoringMergesKeepsAWordThatIsAToken() throws {
    let merges = ["a b", "b c"]
    XCTAssertEqual(try tokens(bytePair("a b c ab bc abc", merges: merges), "abc"), ["ab", "c"])
    let whole = try bytePair("a b c ab bc abc", merges: merges, also: #""ignore_merges": true"#)
    XCTAssertEqual(try tokens(whole, "abc"), ["abc"])
    XCTAssertEqual(try tokens(whole, "abcc"), ["ab", "c", "c"])
  }

  func testUnknownCharactersFuseOnlyWhenAsked() throws {
    let apart = try bytePair("a ?", merges: [], also: #""unk_token": "?""#)
    XCTAssertEqual(try tokens(apart, "xya"), ["?", "?", "a"])
    let fused = try bytePair("a ?", merges: [], also: #""unk_token": "?", "fuse_unk": true"#)
    XCTAssertEqual(try tokens(fused, "xyaz"), ["?", "a", "?"])
    XCTAssertEqual(try tokens(bytePair("a", merges: []), "xya"), ["a"])
  }

  /// The merger of long words and that of short ones against merging by the rule's own words.
  func testWordsOfAnyLengthMergeByTheRule() throws {
    var state: UInt64 = 3
    func below(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    for _ in 0..<20 {
      var vocabulary = ["a", "b", "c"]
      var merges: [(String, String)] = []
      while merges.count < 12 {
        let pair = (vocabulary[below(vocabulary.count)], vocabulary[below(vocabulary.count)])
        guard !vocabulary.contains(pair.0 + pair.1) else { continue }
        vocabulary.append(pair.0 + pair.1)
        merges.append(pair)
      }
      let tokenizer = try bytePair(
        vocabulary.joined(separator: " "), merges: merges.map { "\($0) \($1)" })
      for length in [1, 2, 7, 47, 48, 49, 50, 300] {
        let letters = (0..<length).map { _ in ["a", "b", "c"][below(3)] }
        var wanted = letters
        while let merge = merges.first(where: { merge in
          zip(wanted, wanted.dropFirst()).contains { $0 == merge }
        }) {
          let index = zip(wanted, wanted.dropFirst()).enumerated().first { $1 == merge }!.offset
          wanted[index...(index + 1)] = [merge.0 + merge.1]
        }
        XCTAssertEqual(try tokens(tokenizer, letters.joined()), wanted)
      }
    }
  }

  func testRefusals() throws {
    let cases = [
      (
        #"{"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.1}"#,
        "In the tokenizer file, model.dropout should be null or 0, since ids must not depend on "
          + "chance, but it is 0.1."
      ),
      (
        #"{"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": ["a b"]}"#,
        "The tokenizer's model cannot be used: model.merges[0] joins \"a\" and \"b\", which with "
          + "what they become should be in its vocabulary."
      ),
      (
        #"{"type": "BPE", "vocab": {"a": 0}, "merges": ["a"]}"#,
        "In the tokenizer file, model.merges[0] should be two tokens, as a list or with a space "
          + "between them, but it is a text."
      ),
      (
        #"{"type": "BPE", "vocab": {"a": 2000000000}, "merges": []}"#,
        "The tokenizer's model cannot be used: the id 2000000000 of \"a\" is out of proportion to "
          + "a vocabulary of 1 tokens."
      ),
    ]
    for (model, message) in cases {
      XCTAssertThrowsError(try Tokenizer(json: Data("{\"model\": \(model)}".utf8))) {
        XCTAssertEqual("\($0)", message)
      }
    }
  }

  private func bytePair(
    _ vocabulary: String, merges: [String], also: String? = nil
  ) throws -> Tokenizer {
    let ids = vocabulary.split(separator: " ").enumerated().map { "\"\($1)\": \($0)" }
    let fields = [
      "\"type\": \"BPE\"", "\"vocab\": {\(ids.joined(separator: ", "))}",
      "\"merges\": [\(merges.map { "\"\($0)\"" }.joined(separator: ", "))]",
    ]
    let model = (fields + [also].compactMap(\.self)).joined(separator: ", ")
    return try Tokenizer(json: Data("{\"model\": {\(model)}}".utf8))
  }

  private func tokens(_ tokenizer: Tokenizer, _ text: String) throws -> [String] {
    try tokenizer.tokens(tokenizer.encode(text, addingSpecialTokens: false))
  }
}
