import Files
import Foundation
import XCTest

@testable import Tokenizers

/// Single steps of tokenizers, against the library: expressions above all.
final class StepTests: XCTestCase {
  private struct Row<Result: Decodable>: Decodable {
    let step: JSON
    let results: [Result]

    init(from decoder: any Decoder) throws {
      var row = try decoder.unkeyedContainer()
      step = try row.decode(Member.self).json
      results = try row.decode([Result].self)
    }
  }

  /// A JSON value in a fixture that `JSONDecoder` reads.
  private struct Member: Decodable {
    let json: JSON

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if value.decodeNil() {
        json = .null
      } else if let flag = try? value.decode(Bool.self) {
        json = .boolean(flag)
      } else if let number = try? value.decode(Double.self) {
        json = .number(number)
      } else if let text = try? value.decode(String.self) {
        json = .string(text)
      } else if let list = try? value.decode([Member].self) {
        json = .array(list.map(\.json))
      } else {
        json = .object(
          try value.decode([String: Member].self).map { (key: $0, value: $1.json) })
      }
    }
  }

  private struct Expected: Decodable {
    let texts: [String]
    let more: String
    let splits: [Row<[String]>]
    let normalizers: [Row<String>]
    let rows: [[String]]
    let decoders: [Row<String>]
  }

  private func expected() throws -> Expected {
    try JSONDecoder().decode(Expected.self, from: Fixture.data("steps.json"))
  }

  func testSplitsEqualTheLibrarys() throws {
    let expected = try expected()
    XCTAssertGreaterThan(expected.splits.count, 400)
    for row in expected.splits {
      let step = try PreTokenizer(Part(json: row.step, place: "step"))
      for (text, pieces) in zip(expected.texts, row.results) {
        let bytes = Array(text.utf8)
        var prepared = PreparedText(
          bytes: bytes, pieces: bytes.isEmpty ? [] : [Piece(0, bytes.count, beginsText: true)])
        try step.apply(to: &prepared)
        XCTAssertEqual(
          prepared.pieces.map { Array(prepared.bytes[$0.start..<$0.end]) },
          pieces.map { Array($0.utf8) },
          "\(row.step) on \(text.debugDescription): \(pieces)")
      }
    }
  }

  func testNormalizersEqualTheLibrarys() throws {
    let expected = try expected()
    for row in expected.normalizers {
      let step = try Normalizer(Part(json: row.step, place: "step"))
      for (text, result) in zip(expected.texts + [expected.more], row.results) {
        var normalized = NormalizedText(bytes: Array(text.utf8), beginsText: true)
        try step.apply(to: &normalized)
        XCTAssertEqual(normalized.bytes, Array(result.utf8), "\(row.step) \(text.debugDescription)")
      }
    }
  }

  func testDecodersEqualTheLibrarys() throws {
    let expected = try expected()
    for row in expected.decoders {
      let step = try TokenDecoder(Part(json: row.step, place: "step"))
      for (tokens, result) in zip(expected.rows, row.results) {
        let text = try step.decode(tokens.map { Array($0.utf8) }).flatMap(\.self)
        XCTAssertEqual(text, Array(result.utf8), "\(row.step) \(tokens)")
      }
    }
  }

  func testHostileExpressionsEndInASentence() throws {
    let bytes = Array((String(repeating: "a", count: 5000) + "c").utf8)
    for expression in ["(a*x?)*b", "(a|a)*b", "(?:a+x?)+$|x", "(?=(?:a|aa)+b)a"] {
      let pattern = try Pattern(expression)
      XCTAssertThrowsError(try pattern.matches(in: bytes.span, from: 0, to: bytes.count)) {
        XCTAssertEqual($0 as? TokenizerError, .exhausted, expression)
      }
    }
    for expression in ["(a*)*b", "(?:a+)+b", "a****b", "(?:(?:a?)+)*+b"] {
      let pattern = try Pattern(expression)
      XCTAssertEqual(try pattern.matches(in: bytes.span, from: 0, to: bytes.count), [], expression)
    }
    XCTAssertThrowsError(try Pattern("((((a{1000}){1000}){1000}){1000}b)"))
    XCTAssertThrowsError(try Pattern(String(repeating: "(", count: 100_000)))
    XCTAssertThrowsError(try Pattern(String(repeating: "[", count: 100_000)))
  }

  func testWhatCannotBeTakenIsNamedByItsPlace() {
    for (expression, place, reason) in [
      (#"(a)b\1"#, 4, #"the reference back \1 is not supported"#),
      (#"a\K"#, 1, #"\K is not supported"#), ("a(b", 1, "this group has no end"),
      (#"a(?#b\"#, 1, "this comment has no end"),
      ("ab)", 2, "a bracket closes that none opened"), ("a[b", 1, "this list has no end"),
      ("[z-a]", 1, "a range should go upwards"), ("a|*b", 2, "* has nothing to repeat"),
      (#"a\p{Wonder}"#, 1, "the property Wonder is not known"),
      ("(?P<n>a)", 0, "a group that begins with (?P is not supported"),
      ("a{5,2}", 1, "it should count upwards"), ("a\\", 1, #"it ends with a \"#),
    ] {
      XCTAssertThrowsError(try Pattern(expression)) {
        XCTAssertEqual($0 as? PatternError, PatternError(place: place, reason: reason), expression)
      }
    }
  }

  /// What a file says reaches a terminal without its controls, those beyond ASCII too.
  func testControlsInAnExpressionAreEscapedInItsError() {
    let error = TokenizerError.unsupportedExpression(
      part: "p", "a\u{1B}[31m\u{80}\u{9B}é", place: 0, reason: "no")
    XCTAssertEqual(
      "\(error)",
      #"In the tokenizer file, p is "a\u{1B}[31m\u{0080}\u{009B}é", which cannot be taken: at character 1, no."#
    )
  }

  func testAnErrorWhereSomethingUnknownComesUp() throws {
    for (model, known, unknown) in [
      (#"{"type": "Unigram", "unk_id": null, "vocab": [["a", -1], ["b", -2]]}"#, [0, 1], true),
      (#"{"type": "WordLevel", "unk_token": "?", "vocab": {"ab": 0}}"#, [0], true),
      (###"{"type": "WordPiece", "vocab": {"a": 0, "##b": 1}}"###, [0, 1], true),
      (
        #"{"type": "BPE", "unk_token": "?", "vocab": {"a": 0, "b": 1}, "merges": []}"#, [0, 1], true
      ),
      (#"{"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []}"#, [0, 1], false),
    ] {
      let tokenizer = try Tokenizer(json: Data(#"{"model": \#(model)}"#.utf8))
      XCTAssertEqual(try tokenizer.encode("ab", addingSpecialTokens: true), known, model)
      XCTAssertEqual(try tokenizer.encode("", addingSpecialTokens: true), [], model)
      if unknown {
        XCTAssertThrowsError(try tokenizer.encode("axb", addingSpecialTokens: true), model) {
          XCTAssertTrue("\($0)".hasPrefix("The text holds \""), "\($0)")
        }
      } else {
        XCTAssertEqual(try tokenizer.encode("axb", addingSpecialTokens: true), known, model)
      }
    }
  }
}
