import Figures
import Foundation
import Interpretability
import Models
import Tensors
import Transformers
import XCTest

@testable import headlight

/// What options of figures do to a decoder.
final class FigureOptionTests: XCTestCase {
  private let text = "Italy -> Rome ; France ->"

  private func subject() throws -> AttentionRun.Subject {
    try AttentionRun(of: LoadedModel("reader"), source: text, target: nil, rows: .reads)
      .subject(nil)
  }

  /// A start token in front where the text has none, once, and a note where it is not asked for.
  func testTheStartTokenStandsInFrontWhereItIsAskedFor() throws {
    let folder = try folderOfSpacedTokens()
    let text = "Mary and John"
    func tokens(_ arguments: [String], _ key: String) throws -> (tokens: [String], note: String) {
      let call = try Call(arguments + ["--model", folder.path, "--json"])
      XCTAssertEqual(call.code, 0, call.errors)
      let object = try JSONSerialization.jsonObject(with: Data(call.output.utf8))
      return (try XCTUnwrap((object as? [String: Any])?[key] as? [String]), call.errors)
    }
    for (command, key) in [
      (["lens", "--text", text], "tokens"), (["attribute", "--source", text], "sourceTokens"),
    ] {
      let plain = try tokens(command, key)
      XCTAssertEqual(plain.tokens, ["Mary", " and", " John"])
      XCTAssertTrue(plain.note.contains("--start-token puts it in front"), plain.note)
      let started = try tokens(command + ["--start-token"], key)
      XCTAssertEqual(started.tokens, ["<|end|>"] + plain.tokens)
      XCTAssertEqual(started.note, "")
    }
    let loaded = try LoadedModel(folder.path)
    for (source, isWanted) in [(text, true), ("<|end|>" + text, true), ("<|end|>" + text, false)] {
      let run = try AttentionRun(
        of: loaded, PreparedInput(source: source, target: nil, startToken: isWanted, for: loaded),
        source: source, target: nil, rows: .reads)
      XCTAssertEqual(try run.subject(nil).queries, ["<|end|>", "Mary", " and", " John"])
    }
    // A decoder's row names what it predicts, the last its own best guess.
    let predicts = try AttentionRun(
      of: loaded, PreparedInput(source: text, target: nil, startToken: true, for: loaded),
      source: text, target: nil, rows: .predicts)
    XCTAssertEqual(Array(try predicts.subject(nil).queries.dropLast()), ["Mary", " and", " John"])
    // The reader's tokenizer puts one in front by itself: there is never a second.
    let reader = try LoadedModel("reader")
    XCTAssertEqual(
      try PreparedInput(source: self.text, target: nil, startToken: true, for: reader).input.tokens,
      try PreparedInput(source: self.text, target: nil, for: reader).input.tokens)
  }

  func testWithoutTheFirstTokenTheRestIsSharedOutAgain() throws {
    let subject = try subject()
    for layer in 0..<subject.shape.layerCount {
      let all = try subject.pattern(layer: layer, leavesFirstOut: false)
      let rest = try subject.pattern(layer: layer, leavesFirstOut: true)
      for head in 0..<all.shape[0] {
        // The first row looks at nothing else.
        XCTAssertEqual(rest[at: head][at: 0].values, Array(repeating: 0, count: all.shape[2]))
        for query in 1..<all.shape[1] {
          XCTAssertEqual(rest[head, query, 0], 0)
          let left = (1...query).reduce(0.0) { $0 + Double(all[head, query, $1]) }
          for key in 1..<all.shape[2] {
            XCTAssertEqual(
              Double(rest[head, query, key]), Double(all[head, query, key]) / left, accuracy: 1e-5)
          }
        }
      }
    }
  }

  /// By norms, a row shows the shares of what is carried.
  func testNormsAreSharesOfTheirRow() throws {
    let subject = try subject()
    let loaded = try LoadedModel("reader")
    let layer = 2
    let pattern = try subject.pattern(layer: layer, leavesFirstOut: false)
    let weighted = loaded.model.normWeightedAttention(
      pattern, values: try subject.activation(.value, layer: layer), stack: .blocks, layer: layer)
    let shown = try subject.pattern(layer: layer, weights: .norms, leavesFirstOut: false)
    for head in 0..<pattern.shape[0] {
      for query in 0..<pattern.shape[1] {
        let sum = weighted[at: head][at: query].values.reduce(0.0) { $0 + Double($1) }
        for key in 0..<pattern.shape[2] {
          XCTAssertEqual(
            Double(shown[head, query, key]), Double(weighted[head, query, key]) / sum,
            accuracy: 1e-5)
        }
      }
    }
    let folder = try temporaryFolder()
    let call = try Call(
      [
        "figure", "heatmap", "--model", "reader", "--source", text, "--weights", "norms", "--heads",
        "0", "--output", "f.png",
      ], in: folder)
    XCTAssertTrue(call.output.hasPrefix("Wrote f.png"), call.errors)
  }

  /// Every layer of a trace by its own greatest value, or all as they are.
  func testATracesLayersHaveOneScaleOrTheirOwn() throws {
    let loaded = try LoadedModel("reader")
    let run = try AttributionRun(of: loaded, source: text, target: nil)
    let target = try run.target(at: run.place(of: "Rome"), token: nil, foil: nil, measure: .logit)
    let trace = try run.prediction(target).gradientTrace()
    for isShared in [false, true] {
      let result = AttributionResult(
        run: run, method: .inputTimesGradient, measure: .logit,
        content: .trace(TraceMap.all(of: trace, by: .norm, in: run), .norm, isShared: isShared))
      let row = try XCTUnwrap(result.figure(title: nil) as? FigureRow)
      let map = try XCTUnwrap(row.figures[0] as? HeatMap)
      let raw = try XCTUnwrap(trace.map(of: .blocks, by: .norm))
      XCTAssertEqual(map.values.shape, raw.shape)
      XCTAssertEqual(map.range, isShared ? nil : 0...1)
      for layer in 0..<raw.shape[0] {
        let greatest = raw[at: layer].values.max()!
        XCTAssertGreaterThan(greatest, 0)
        for (shown, value) in zip(map.values[at: layer].values, raw[at: layer].values) {
          XCTAssertEqual(
            shown, isShared ? value : value / greatest, accuracy: 1e-6 * greatest + 1e-6)
        }
        // Where each has its own, the greatest stands beside its name.
        XCTAssertEqual(try XCTUnwrap(map.rowLabels)[layer].contains(": "), !isShared)
      }
    }
  }
}
