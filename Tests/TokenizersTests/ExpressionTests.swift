import Foundation
import XCTest

@testable import Tokenizers

/// Expressions: what they match, worked by hand, and which are refused.
final class ExpressionTests: XCTestCase {
  private func pieces(_ expression: String, _ text: String) throws -> [String] {
    let expression = try XCTUnwrap(Expression(expression), expression)
    let bytes = Array(text.utf8)
    return try TextPattern.expression(expression).matches(in: bytes).map {
      String(decoding: bytes[$0], as: UTF8.self)
    }
  }

  func testTheFirstSequenceThatMatchesWins() throws {
    XCTAssertEqual(try pieces("a|ab", "ab"), ["a"])
    XCTAssertEqual(try pieces("ab|a", "aab"), ["a", "ab"])
  }

  func testRepetitionsGiveBackWhatTheRestNeeds() throws {
    XCTAssertEqual(try pieces("a+ab", "aaab"), ["aaab"])
    XCTAssertEqual(try pieces("a++ab|b", "aaab"), ["b"])
    XCTAssertEqual(try pieces("a{1,3}", "aaaaaaab"), ["aaa", "aaa", "a"])
    XCTAssertEqual(try pieces("ba{2}|ba?", "baaba"), ["baa", "ba"])
  }

  func testSpacesLeaveOneForTheWord() throws {
    XCTAssertEqual(try pieces(#" ?\p{L}+|\s+(?!\S)|\s+"#, "a   b  "), ["a", "  ", " b", "  "])
  }

  func testGroupsAreMultipliedOut() throws {
    XCTAssertEqual(try pieces("(?i:'s|'t)|x(y|z)?", "'S'tx'uxz"), ["'S", "'t", "x", "xz"])
    XCTAssertEqual(try pieces("(?i:'s)", "'ſ'ß"), ["'ſ"])
  }

  func testListsHoldClassesRangesAndTheirOpposites() throws {
    XCTAssertEqual(try pieces(#"[^\s\p{L}\p{N}]+"#, "a-+ 1_é!"), ["-+", "_", "!"])
    XCTAssertEqual(try pieces(#"[a-c\-]+"#, "ab-d-c"), ["ab-", "-c"])
    XCTAssertEqual(try pieces(#"\S+"#, "a b\u{3000}c"), ["a", "b", "c"])
    XCTAssertEqual(try pieces("日+", "日日本日"), ["日日", "日"])
  }

  func testOtherExpressionsAreLeftToPattern() {
    for text in [
      "", "a*", "a?|b", "(", "(a", "a)", "a**", "a+?", "a{2}?", "(?=a)", "(?<!a)b", "(?<=a)b", ".",
      "^a",
      "a$", #"\b"#, #"\d"#, #"\w"#, #"\p{Lu}"#, "[a", "[]", "[[a]]", "[a&&b]", "a{3,1}", "(a)+",
      #"\1"#,
      "[z-a]", "a*a*a*a*a*b", String(repeating: "(", count: 30),
      "(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)",
    ] {
      XCTAssertNil(Expression(text), text)
    }
  }

  func testAnUnknownExpressionIsQuoted() {
    let file = #"""
      {"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "(x)\\1"},
      "behavior": "Isolated", "invert": false},
      "model": {"type": "WordLevel", "vocab": {"?": 0}, "unk_token": "?"}}
      """#
    XCTAssertThrowsError(try Tokenizer(json: Data(file.utf8))) {
      XCTAssertEqual(
        "\($0)",
        #"In the tokenizer file, pre_tokenizer.pattern.Regex is "(x)\1", which cannot be taken: at "#
          + #"character 4, the reference back \1 is not supported."#)
    }
  }

  /// The numbers of scalars the library was asked to sort, in Unicode 16 for expressions.
  func testClassesAreComplete() {
    var counts: [UInt16: Int] = [:]
    for code in UInt32(0)..<0x110000 {
      guard let classes = Unicode.Scalar(code)?.classes else { continue }
      for bit in 0..<16 where classes.rawValue >> bit & 1 == 1 {
        counts[1 << UInt16(bit), default: 0] += 1
      }
    }
    for (kind, count) in [
      (ScalarClass.letter, 141_028), (.number, 1911), (.numeric, 1924), (.word, 144_667),
      (.punctuation, 726), (.accent, 1567), (.combining, 2097), (.control, 137_681), (.space, 25),
    ] {
      XCTAssertEqual(counts[kind.rawValue], count)
    }
  }
}
