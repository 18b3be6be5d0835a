import Coursework
import Foundation
import XCTest

@testable import headlight

/// idioms where there are no numbers, and under Ctrl-C.
final class IdiomsCommandTests: XCTestCase {
  /// Sentences as ids, the last of whose spans has nothing before it.
  private func sentences(in folder: URL, times: Int = 1) throws -> String {
    let file = folder.appending(path: "sentences.jsonl")
    let lines = [
      "{\"ids\": [1, 2, 5, 6], \"span\": [1, 2]}", "{\"ids\": [4, 2, 5, 7], \"span\": [1, 2]}",
      "{\"ids\": [5, 6, 7], \"span\": [0]}",
    ]
    let all = (0..<times).flatMap { _ in lines }
    try Data(all.joined(separator: "\n").utf8).write(to: file)
    return file.path
  }

  func testOnlyASpanAtTheStartHasNoLastWord() throws {
    let folder = try temporaryFolder()
    let arguments = ["idioms", "--sentences", try sentences(in: folder), "--score", "awareness"]
    let call = try Call(arguments + ["--model", fixture("gpt2-tiny").path, "--json"])
    XCTAssertEqual(call.code, 0, call.errors)
    let found = try XCTUnwrap(
      try JSONSerialization.jsonObject(with: Data(call.output.utf8)) as? [String: Any])
    let rows = try XCTUnwrap(found["sentences"] as? [[String: Any]])
    XCTAssertEqual(rows.map { $0["score"] is Double }, [true, true, false])
    // A model whose logits are no numbers is not one of spans that stand first.
    let broken = try modelWithoutNumbers("transformer.wte.weight", row: 3)
    let other = try Call(arguments + ["--model", broken.path, "--json"])
    XCTAssertEqual(other.code, 1, other.output)
    XCTAssertTrue(other.sentence.hasPrefix("Error: a last word's log-probability is nan"))
  }

  func testNoScoreIsMadeOfNoNumbers() throws {
    let folder = try temporaryFolder()
    let file = folder.appending(path: "sentences.jsonl")
    let lines = [
      "{\"ids\": [1, 2, 5, 6], \"span\": [1, 2]}", "{\"ids\": [4, 3, 5, 7], \"span\": [1, 2]}",
    ]
    try Data(lines.joined(separator: "\n").utf8).write(to: file)
    let broken = try modelWithoutNumbers("transformer.wte.weight", row: 3)
    for score in IdiomsCommand.Score.allCases {
      let call = try Call([
        "idioms", "--sentences", file.path, "--score", score.rawValue, "--model", broken.path,
        "--json",
      ])
      XCTAssertEqual(call.code, 1, "\(score): \(call.output)")
      XCTAssertTrue(call.errors.contains("not finite"), call.errors)
    }
  }

  func testControlCIsHeardWhileScoring() throws {
    let folder = try temporaryFolder()
    // So many that the work lasts until Ctrl-C is heard.
    let path = try sentences(in: folder, times: 400)
    for score in IdiomsCommand.Score.allCases {
      XCTAssertEqual(
        try interrupted([
          "idioms", "--model", fixture("gpt2-tiny").path, "--sentences", path, "--score",
          score.rawValue, "--json",
        ]), 130, score.rawValue)
    }
  }
}
