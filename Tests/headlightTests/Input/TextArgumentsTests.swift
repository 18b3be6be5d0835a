import XCTest

@testable import headlight

/// A text that begins with a dash is a text.
final class TextArgumentsTests: XCTestCase {
  private func prepared(_ arguments: [String]) -> [String] {
    TextArguments.prepared(arguments, for: Headlight.self)
  }

  func testTextsStandBehindTheOptions() {
    for (arguments, expected) in [
      (["tokenize", "- The dog ran."], ["tokenize", "--", "- The dog ran."]),
      (["tokenize", "-5 + 3 =", "a"], ["tokenize", "--", "-5 + 3 =", "a"]),
      (["tokenize", "-hello"], ["tokenize", "--", "-hello"]),
      (["tokenize", "--- a"], ["tokenize", "--", "--- a"]),
      (["tokenize", "--", "--model"], ["tokenize", "--", "--model"]),
      (
        ["tokenize", "- a", "--model", "-m", "--padded", "- b"],
        ["tokenize", "--model", "-m", "--padded", "--", "- a", "- b"]
      ),
      (["tokenize", "--model", "- m", "a"], ["tokenize", "--model=- m", "--", "a"]),
      // A misspelt option is no text.
      (["tokenize", "--modle", "x", "- a"], ["tokenize", "--modle", "--", "x", "- a"]),
      (
        ["generate", "--text", "--- a", "--beams", "2"],
        ["generate", "--text=--- a", "--beams", "2"]
      ),
      (["generate", "--text", "--"], ["generate", "--text=--"]),
      (["lens", "--json", "--source", "-> Rome"], ["lens", "--json", "--source=-> Rome"]),
      (
        ["figure", "neuron-view", "--query", "-5", "--text", "--help me"],
        ["figure", "neuron-view", "--query=-5", "--text=--help me"]
      ),
      (["generate", "--text=-5 + 3"], ["generate", "--text=-5 + 3"]),
      (["tokenize", "-h"], ["tokenize", "-h"]), (["--help"], ["--help"]), ([], []),
    ] {
      XCTAssertEqual(prepared(arguments), expected)
    }
  }

  func testNoTextPrintsTheHelp() throws {
    for text in ["- The dog ran.", "-5 + 3 =", "-hello", "-> Rome", "--- a", "—", "-"] {
      let alone = try Call(["tokenize", text])
      XCTAssertEqual(alone.errors, "")
      XCTAssertEqual(alone.code, 0)
      XCTAssertTrue(alone.output.hasPrefix("{\"ids\": ["), alone.output)
      XCTAssertEqual(alone.output, try Call(["tokenize", "--", text]).output)
    }
    for text in ["- The dog ran.", "-h", "--help", "--", "--text"] {
      let call = try Call(["lens", "--model", "reader", "--text", text, "--json"])
      XCTAssertEqual(call.errors, "")
      XCTAssertTrue(call.output.hasPrefix("{\n  \"layers\""), String(call.output.prefix(80)))
    }
  }

  func testHelpAndMistakesAreWhatTheyWere() throws {
    XCTAssertTrue(try Call(["tokenize", "-h"]).output.contains("USAGE"))
    XCTAssertEqual(
      try Call(["tokenize", "--modle", "a"]).sentence,
      "Error: Unknown option '--modle'. Did you mean '--model'?")
    // Also where what is left of the arguments does not go together.
    for (arguments, sentence) in [
      (["tokenize", "--bogus"], "Unknown option '--bogus'"),
      (["tokenize", "--modle", "--padded"], "Unknown option '--modle'. Did you mean '--model'?"),
      (["generate", "--bogus=5"], "Unknown option '--bogus'"),
      (["patch", "--clean", "--bogus", "--zzz", "b"], "Unknown option '--zzz'"),
      (["tokenize", "--padded"], "give what to tokenize: either texts or --input"),
      (["generate", "--beams", "-1"], "give what the model reads: either --text or --input-ids"),
    ] {
      let call = try Call(arguments)
      XCTAssertEqual(call.sentence, "Error: " + sentence)
      XCTAssertTrue(call.errors.contains("Usage: headlight \(arguments[0]) "), call.errors)
      XCTAssertEqual(call.code, 64)
    }
  }
}
