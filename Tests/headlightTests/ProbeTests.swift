import Foundation
import Laboratory
import Models
import XCTest

final class ProbeTests: XCTestCase {
  private let few = ["--sentences", "60"]

  func testATableForEveryLayer() throws {
    let call = try Call(
      ["probe", "--task", "number", "--where", "word-class=noun", "--control"] + few)
    XCTAssertEqual(call.code, 0, call.errors)
    let lines = call.output.split(separator: "\n").map(String.init)
    XCTAssertEqual(lines.count, 7)
    XCTAssertTrue(lines[0].hasPrefix("translator, “number”, 2 classes: "), lines[0])
    XCTAssertEqual(
      lines[1].split(separator: " ").map(String.init),
      ["layer", "accuracy", "95", "%", "on", "dev", "control", "selectivity", "95", "%"])
    XCTAssertEqual(lines[2...5].map { $0.split(separator: " ")[0] }, ["0", "1", "2", "3"])
    XCTAssertEqual(
      try Call(["probe", "--task", "number", "--where", "word-class=noun", "--control"] + few)
        .output, call.output)
  }

  func testFiguresAndJSON() throws {
    let folder = try temporaryFolder()
    let call = try Call(
      [
        "probe", "--task", "word-class", "--layers", "0,2", "--probe", "mlp", "--hidden", "8",
        "--random-weights", "--json", "--output", "l.svg", "--confusion", "c.pdf", "--projection",
        "p.png",
      ] + few, in: folder)
    XCTAssertEqual(call.code, 0, call.errors)
    for name in ["l.svg", "c.pdf", "p.png"] {
      let file = folder.appendingPathComponent(name)
      XCTAssertGreaterThan(try Data(contentsOf: file).count, 1_000, name)
    }
    let report = try XCTUnwrap(
      JSONSerialization.jsonObject(with: Data(call.output.utf8)) as? [String: Any])
    let findings = try XCTUnwrap(report["findings"] as? [String: Any])
    let layers = try XCTUnwrap(findings["layers"] as? [[String: Any]])
    XCTAssertEqual(layers.compactMap { $0["layer"] as? Int }, [0, 2])
    XCTAssertNotNil(layers[1]["randomWeights"])
    XCTAssertNil(layers[1]["control"])
  }

  func testStructuralProbesOfATreebank() throws {
    let folder = try temporaryFolder()
    let rows = (0..<40).flatMap { number in
      ["# sent_id = s\(number)"]
        + [("the", 2), ("dog", 3), ("ran", 0), ("quickly", 3), (".", 3)].enumerated().map {
          let upos = $1.0 == "." ? "PUNCT" : "X"
          return "\($0 + 1)\t\($1.0)\t\($1.0)\t\(upos)\t_\t_\t\($1.1)\tdep\t_\t_"
        } + [""]
    }
    let file = folder.appendingPathComponent("t.conllu")
    try Data(rows.joined(separator: "\n").utf8).write(to: file)
    let call = try Call(
      [
        "probe", "--treebank", "t.conllu", "--label", "distance", "--layers", "1", "--trees",
        "t.svg",
      ], in: folder)
    XCTAssertEqual(call.code, 0, call.errors)
    XCTAssertTrue(call.output.contains("structural probe for distance, 40 sentences"), call.output)
    XCTAssertTrue(call.output.hasSuffix("best layer on dev 1\nWrote t.svg.\n"), call.output)
    // Forty times the same sentence: the tree is learned by heart.
    XCTAssertTrue(call.output.contains("1.000–1.000"), call.output)
  }

  func testErrorsAreOneSentence() throws {
    let task = ["probe", "--task", "number"]
    try assertFails(
      ["probe"], code: 64, "say what to probe for: either --task or --treebank with --label")
    try assertFails(
      ["probe", "--treebank", "x.conllu"], code: 64, "--treebank and --label go together")
    try assertFails(
      ["probe", "--treebank", "/no/x.conllu", "--label", "upos"],
      "there is no file /no/x.conllu; give a file in the CoNLL-U format")
    try assertFails(
      task + ["--layers", "9"] + few,
      "there is no layer 9: this stack has the embedding, 0, and the outputs of its 3 layers, 1 to 3"
    )
    try assertFails(
      task + ["--where", "word-class=adverb"] + few,
      "no word has the label “number”; the words have gender, number, word-class")
    try assertFails(
      task + ["--sentences", "3"],
      "there are 3 sentences to share out among training, development and test; give at least 5")
    try assertFails(
      task + ["--trees", "t.svg"], code: 64, "--trees and --rank go with distance or depth alone")
    try assertFails(
      ["probe", "--task", "distance", "--control"], code: 64,
      "distance trains structural probes, for which there is no --control, --probe mlp, --confusion "
        + "or --projection")
    try assertFails(
      ["probe", "--task", "gender", "--model", "/no/such"] + few,
      "“/no/such” is not there; a model is an embedded model (\(EmbeddedModel.names)), "
        + "a directory, or OWNER/NAME on the hub")
  }
}
