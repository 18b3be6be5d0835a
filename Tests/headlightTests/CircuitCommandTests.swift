import ArgumentParser
import Circuits
import Foundation
import Interpretability
import Laboratory
import Models
import Tokenizers
import XCTest

@testable import headlight

final class CircuitCommandTests: XCTestCase {
  private let reader = ["circuit", "--model", "reader", "--task", "numerals", "--pairs", "4"]

  private struct Report: Decodable {
    let nodes: [String]
    let edges: [[String]]
  }

  /// An answer is what comes next behind its text, and so begins with a space where words do.
  func testAnswersAreTokensThatComeNext() throws {
    let folder = try folderOfSpacedTokens()
    let loaded = try LoadedModel(folder.path)
    let tokenizer = try XCTUnwrap(loaded.tokenizer)
    func id(_ token: String) throws -> Int { try XCTUnwrap(tokenizer.id(of: token)) }
    for (texts, answer, foil, expected) in [
      (["Mary and John and", "Mary and Mary and"], "Mary", "John", ["ĠMary", "ĠJohn"]),
      (["Mary and John and", "Mary and Mary and"], "Mary", "and", ["ĠMary", "Ġand"]),
      // A space that was typed is one, and behind what is no word nothing is put in front.
      (["Mary and John and", "Mary and Mary and"], " Mary", " John", ["ĠMary", "ĠJohn"]),
      (["x", "d"], "Mary", "and", ["Mary", "and"]),
    ] {
      let path = folder.appendingPathComponent("task.jsonl").path
      let line = ["clean": texts[0], "corrupted": texts[1], "answer": answer, "foil": foil]
      try JSONEncoder().encode(line).write(to: URL(fileURLWithPath: path))
      let set = try TaskOptions.parse(["--task", path]).taskSet(for: loaded)
      XCTAssertEqual(set.pairs.map(\.answer), [try id(expected[0])], "\(line)")
      XCTAssertEqual(set.pairs.map(\.foil), [try id(expected[1])], "\(line)")
    }
  }

  /// A circuit of nothing is a result like others: it is printed, and its ends are drawn.
  func testAnEmptyCircuitIsNotLost() throws {
    let folder = try temporaryFolder()
    let call = try Call(
      reader + ["--method", "acdc", "--threshold", "1000", "--output", "circuit.svg", "--json"],
      in: folder)
    XCTAssertEqual(call.errors, "")
    XCTAssertEqual(call.code, 0)
    let report = try JSONDecoder().decode(Report.self, from: Data(call.output.utf8))
    XCTAssertEqual(report.edges, [])
    let svg = try Data(contentsOf: folder.appendingPathComponent("circuit.svg"))
    XCTAssertTrue(String(decoding: svg.prefix(5), as: UTF8.self) == "<?xml")
  }

  /// What can be refused is, before a model is looked for.
  func testWhatCannotBeIsRefusedBeforeTheModelRuns() throws {
    let command = ["circuit", "--model", "nowhere", "--task", "numerals", "--json"]
    for (arguments, sentence) in [
      (
        ["--method", "nodes", "--threshold", "1.5"],
        "the threshold is 1.5, and what may be lost is a share of the metric, from 0 to 1, such as "
          + "0.2"
      ),
      (
        ["--method", "acdc", "--threshold", "-1"],
        "the threshold is -1.0, and τ is a rise of the metric, 0 or more"
      ),
      (
        ["--method", "attribution", "--threshold", "nan"],
        "the threshold is nan, and the least score of an edge is 0 or more"
      ),
      (["--method", "nodes", "--pairs", "0"], "--pairs is 0, and must be from 1 to 10000"),
      (
        ["--method", "nodes", "--pairs", "4000000000000000000"],
        "--pairs is 4000000000000000000, and must be from 1 to 10000"
      ),
    ] {
      // A value that begins with a dash stands behind an equals sign.
      let joined = stride(from: 0, to: arguments.count, by: 2).map {
        "\(arguments[$0])=\(arguments[$0 + 1])"
      }
      try assertFails(command + joined, code: 64, sentence)
    }
    let folder = try temporaryFolder()
    try Data("{}".utf8).write(to: folder.appendingPathComponent("other.json"))
    for (state, sentence) in [
      ("missing/state.json", "missing"), ("other.json", "other.json holds no search"),
      ("", "--state names no file: “”; give a file's name"),
    ] {
      let call = try Call(
        command + ["--method", "nodes", "--state", state], in: folder)
      XCTAssertTrue(call.sentence.contains(sentence), call.sentence)
      XCTAssertFalse(call.sentence.contains("nowhere"), call.sentence)
      XCTAssertEqual(call.output, "")
      XCTAssertEqual(call.code, 1)
    }
  }
}
