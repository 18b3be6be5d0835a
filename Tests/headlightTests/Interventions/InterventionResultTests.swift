import ArgumentParser
import Checkpoints
import Figures
import Foundation
import Interpretability
import Interventions
import Laboratory
import Models
import Tensors
import Transformers
import XCTest

@testable import headlight

/// What comes of the commands that change a run: figures, tables and parts.
final class InterventionResultTests: XCTestCase {
  func testWhatIsWrittenIsATableForEveryChoiceOfLayers() throws {
    for (sources, targets, rows, title) in [
      ([0, 1, 2], [0, 1, 2], ["0": "0 to 0", "1": "1 to 1", "2": "2 to 2"], "source layer"),
      ([1], [0, 1, 2], ["0": "1 to 0", "1": "1 to 1", "2": "1 to 2"], "target layer"),
      ([0, 1, 2], [1], ["0": "0 to 1", "1": "1 to 1", "2": "2 to 1"], "source layer"),
      ([2], [0], ["2": "2 to 0"], "source layer"),
    ] {
      let result = PatchscopeResult(
        title: "",
        report: PatchscopeReport(
          sourceLayers: sources, targetLayers: targets, cells: [],
          texts: sources.map { source in targets.map { "\(source) to \($0)" } }))
      let table = try XCTUnwrap(result.figure(title: nil) as? TextTable)
      XCTAssertEqual(
        Dictionary(uniqueKeysWithValues: table.rows.map { ($0.name, $0.text ?? "") }), rows)
      XCTAssertEqual(table.rowTitle, title)
    }
  }

  /// Bananas are not a banana.
  func testTheWordIsExchangedAndNoPartOfAnother() throws {
    let folder = try temporaryFolder()
    try Data("{\"text\": \"The bananas and banana are\", \"subject\": \"banana\"}\n".utf8)
      .write(to: folder.appendingPathComponent("prompts.jsonl"))
    let apple = try LoadedModel("reader").encode("apple").last!
    let command = ["relation", "--model", "reader", "--prompts", "prompts.jsonl", "--json"]
    let words = try Call(command + ["--subject", "apple"], in: folder)
    let ids = try Call(command + ["--subject-ids", String(apple)], in: folder)
    XCTAssertEqual(words.errors, "")
    XCTAssertEqual(words.code, 0)
    XCTAssertEqual(words.output, ids.output)
  }

  func testWhatIsStoppedIsAPartAndSaysSo() throws {
    let loaded = try LoadedModel(fixture("gpt2-tiny").path)
    let work = Work("Patching")
    defer { signal(SIGINT, SIG_DFL) }
    var options = SweepOptions(threads: 1)
    options.keepsPartial = true
    // A few positions at a time, so that there is something left to stop.
    options.memory = 1
    let reading = TextChoice(option: "--clean", name: "", text: nil, ids: [1, 2, 3])
    let other = TextChoice(option: "--corrupted", name: "", text: nil, ids: [4, 5, 6])
    let pair = TextPair(
      clean: try Reading(source: reading, target: nil, for: loaded),
      corrupted: try Reading(source: other, target: nil, for: loaded))
    let metric = Metric.logitDifference([5], against: [6])
    let effects = try ActivationPatching(
      loaded.model, clean: pair.clean.input, corrupted: pair.corrupted.input, metric: metric
    ).effects(of: .residual, options: options) { progress in
      // What comes before is not listened for.
      XCTAssertTrue(work.goesOn(finished: 0, of: progress.total))
      raise(SIGINT)
      return work.goesOn(progress)
    }
    let partial = try XCTUnwrap(work.partial)
    XCTAssertEqual(partial.total, 6)
    let report = try PatchResult(
      loaded: loaded, pair: pair,
      measure: Measure(metric: metric, position: 2, caption: "logit difference"),
      metric: .logitDifference, at: SiteName(argument: "residual")!, stack: .blocks,
      effects: effects, partial: partial
    ).report
    XCTAssertEqual(report.effect.joined().count { $0 != nil }, partial.finished)
    XCTAssertTrue(try jsonText(report).contains("null"))
    XCTAssertThrowsError(try work.end()) { XCTAssertEqual(($0 as? ExitCode)?.rawValue, 130) }
  }

  func testFiguresAreDrawnAndPagesHoldTheNumbers() throws {
    let folder = try temporaryFolder()
    let words = ["--text", "The capital of France is", "--answer", "Paris"]
    let pair = [
      "--clean", "The capital of France is", "--corrupted", "The capital of Italy is", "--answer",
      "Paris", "--foil", "Rome",
    ]
    try Data("{\"text\": \"The capital of Italy is\", \"subject\": \"Italy\"}\n".utf8)
      .write(to: folder.appendingPathComponent("prompts.jsonl"))
    for (index, arguments) in [
      ["patch"] + pair, ["patch", "--at", "head"] + pair, ["path-patch"] + pair,
      ["attribute-logit"] + words, ["attribute-logit", "--components", "layers"] + words,
      ["attribute-logit", "--components", "neurons"] + words,
      ["knockout", "--from", "-1", "--to", "France"] + words,
      ["causal-trace", "--subject", "France", "--samples", "2"] + words,
      ["patchscope", "--source", "France", "--prompt", "Italy is"],
      ["patchscope", "--source", "France", "--prompt", "Italy is", "--generate", "3"],
      ["relation", "--prompts", "prompts.jsonl", "--subject", "France"],
    ].enumerated() {
      let kind = ["png", "svg", "pdf", "html"][index % 4]
      let call = try Call(
        arguments + ["--model", "reader", "--output", "figure.\(kind)"], in: folder)
      XCTAssertEqual(call.errors, "", "\(arguments)")
      XCTAssertEqual(call.output, "Wrote figure.\(kind).\n")
      let data = try Data(contentsOf: folder.appendingPathComponent("figure.\(kind)"))
      if kind == "html" {
        let page = String(decoding: data, as: UTF8.self)
        XCTAssertTrue(page.hasPrefix("<!DOCTYPE html>"))
        // What has cells is a table to point at, other plots are drawn.
        XCTAssertTrue(page.contains("<svg") || page.contains("<tbody>"))
        XCTAssertFalse(page.contains("<?xml"))
        XCTAssertTrue(page.contains("<summary>Numbers</summary>"))
      } else {
        let marks = ["png": "\u{89}PNG", "svg": "<?xml", "pdf": "%PDF"]
        XCTAssertEqual(
          String(decoding: data.prefix(4), as: Unicode.ASCII.self).suffix(3),
          marks[kind]!.prefix(4).suffix(3))
      }
    }
  }
}
