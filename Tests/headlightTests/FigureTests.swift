import Figures
import Foundation
import Laboratory
import Models
import Tensors
import Transformers
import XCTest

@testable import headlight

final class FigureTests: XCTestCase {
  private let source = "Translate to French: The brown dog ran."
  private let target = "Le chien brun a couru."

  private func run(_ rows: RowNames) throws -> AttentionRun {
    try AttentionRun(
      of: LoadedModel("translator"), source: source, target: target, rows: rows)
  }

  func testADecoderRowIsNamedByWhatItReadsOrPredicts() throws {
    let words = ["▁Le", "▁chien", "▁brun", "▁a", "▁couru", "."]
    let reads = try run(.reads).subject(.cross)
    XCTAssertEqual(reads.queries, ["<pad>"] + words)
    XCTAssertEqual(reads.title, "translator: cross-attention")
    let predicts = try run(.predicts)
    XCTAssertEqual(try predicts.subject(.cross).queries, words + ["</s>"])
    // What is attended to is what was read, whatever the rows are called.
    XCTAssertEqual(try predicts.subject(.decoder).keys, ["<pad>"] + words)
    XCTAssertEqual(try predicts.subject(.encoder).queries.last, "</s>")
    XCTAssertEqual(try predicts.subject(.encoder).keys.count, 10)
  }

  func testANeuronViewsScoresGiveItsPattern() throws {
    let run = try run(.reads)
    for (stack, query) in [(StackChoice.encoder, 4), (.decoder, 3), (.cross, 2)] {
      let subject = try run.subject(stack)
      let view = try NeuronViewCommand.view(
        of: subject, layer: 1, head: 2, query: query, title: nil)
      let scores = (0..<subject.keys.count).map { key in
        let dot = (0..<view.query.count).reduce(Float(0)) {
          $0 + view.query[$1] * view.keys[key, $1]
        }
        return dot * view.scale + (view.bias?[key] ?? 0)
      }
      let top = scores.max()!
      let sum = scores.reduce(0) { $0 + Foundation.exp($1 - top) }
      for (score, weight) in zip(scores, view.pattern) {
        XCTAssertEqual(Foundation.exp(score - top) / sum, weight, accuracy: 1e-4)
      }
      XCTAssertEqual(view.bias == nil, stack == .cross)
    }
  }

  func testAQueryIsAWordOrAnIndex() throws {
    let subject = try run(.reads).subject(.encoder)
    XCTAssertEqual(try subject.query("dog"), 6)
    XCTAssertEqual(try subject.query("▁dog"), 6)
    XCTAssertEqual(try subject.query("0"), 0)
    let rows =
      "0 ▁Translate, 1 ▁to, 2 ▁French, 3 :, 4 ▁The, 5 ▁brown, 6 ▁dog, 7 ▁ran, 8 ., 9 </s>"
    XCTAssertThrowsError(try subject.query("cat")) {
      XCTAssertEqual("\($0)", "no row is “cat”; the rows are: \(rows)")
    }
    XCTAssertThrowsError(try subject.query("10")) {
      XCTAssertEqual("\($0)", "there is no row 10; the rows are: \(rows)")
    }
    let twice = try AttentionRun(
      of: LoadedModel("translator"), source: "The dog saw the dog", target: target, rows: .reads)
    XCTAssertThrowsError(try twice.subject(.encoder).query("dog")) {
      XCTAssertEqual("\($0)", "“dog” names the rows 1 and 4; give one by its number")
    }
  }

  func testEveryFigureIsWrittenTheSameTwice() throws {
    let folder = try temporaryFolder()
    let calls: [(String, [String])] = [
      ("head-view", ["--stack", "cross", "--layer", "1", "--heads", "0,2"]),
      ("model-view", []), ("model-view", ["--stack", "encoder"]),
      ("neuron-view", ["--stack", "decoder", "--head", "1", "--query", "brun"]),
      ("heatmap", ["--stack", "cross", "--head", "3", "--rows", "predicts"]),
      ("heatmap", ["--stack", "encoder"]),
    ]
    for (kind, arguments) in calls {
      var files: [Data] = []
      for format in ["svg", "svg", "png", "pdf"] {
        let name = "\(kind).\(format)"
        let call = try Call(
          ["figure", kind, "--source", source, "--target", target, "--output", name] + arguments,
          in: folder)
        XCTAssertTrue(call.output.hasPrefix("Wrote \(name), "), call.output + call.errors)
        files.append(try Data(contentsOf: folder.appendingPathComponent(name)))
      }
      XCTAssertEqual(files[0], files[1], kind)
      XCTAssertEqual(files[2].prefix(4), Data([0x89]) + Data("PNG".utf8), kind)
      XCTAssertEqual(files[3].prefix(5), Data("%PDF-".utf8), kind)
    }
  }

  func testBadInputIsOneSentence() throws {
    let view = ["figure", "head-view", "--source", "The dog ran.", "--output"]
    try assertFails(
      view + ["f.png"],
      "translator has three kinds of attention: give --stack encoder, decoder or cross")
    try assertFails(
      view + ["f.gif", "--stack", "cross"], code: 64,
      "--output is “f.gif”, and a figure is written as .png, .svg, .pdf or .html; choose one of the four"
    )
    try assertFails(
      view + ["nowhere/f.png", "--stack", "cross"],
      "the folder nowhere does not exist; create it, or name another")
    try assertFails(
      view + ["f.png", "--stack", "cross", "--layer", "2"],
      "there is no layer 2: this stack has layers 0 to 1")
    try assertFails(
      view + ["f.png", "--stack", "cross", "--heads", "0,4"],
      "there is no head 4: a layer of this stack has heads 0 to 3")
    try assertFails(
      view + ["f.png", "--stack", "cross", "--heads", "0,0"], code: 64,
      "The value '0,0' is invalid for '--heads <list>': head 0 is listed twice")
  }
}
