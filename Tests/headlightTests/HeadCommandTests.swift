import Foundation
import Heads
import Interpretability
import Interventions
import Laboratory
import Models
import Tensors
import Transformers
import XCTest

@testable import headlight

/// heads, ablate, suppression and browse, from the command line to the numbers.
final class HeadCommandTests: XCTestCase {
  private static let lines = [
    "\"Anna lives at number one . Boris lives at number two .\"",
    "{\"text\": \"Anna lives at number seven .\"}",
    "{\"text-ids\": [1, 5, 9, 5, 9, 12]}",
  ]

  private func texts(in folder: URL) throws -> HeadTexts {
    let file = folder.appendingPathComponent("texts.jsonl")
    try Data(Self.lines.joined(separator: "\n").utf8).write(to: file)
    return try HeadTexts(file.path, for: LoadedModel("reader-tours"))
  }

  private func object(_ arguments: [String], in folder: URL) throws -> [String: Any] {
    let call = try Call(arguments + ["--model", "reader-tours", "--json"], in: folder)
    XCTAssertEqual(call.code, 0, call.errors)
    let value = try JSONSerialization.jsonObject(with: Data(call.output.utf8))
    return try XCTUnwrap(value as? [String: Any])
  }

  func testScoresAreTheLibrarys() throws {
    let folder = try temporaryFolder()
    let texts = try texts(in: folder)
    let found = try object(
      ["heads", "--texts", "texts.jsonl", "--score", "ov-copy,negative,qk-copy,previous-token"],
      in: folder)
    let rows = try XCTUnwrap(found["heads"] as? [[String: Any]])
    let circuits = try HeadCircuits(LoadedModel("reader-tours").model)
    let scores = try circuits.scores(
      [.outputCopy, .negative, .queryCopy, .previousToken], in: circuits.embedded(.mlp0),
      texts: texts.input)
    XCTAssertEqual(rows.count, circuits.heads.count)
    for (row, head) in zip(rows, circuits.heads) {
      XCTAssertEqual(row["head"] as? String, "\(head.layer).\(head.head)")
      XCTAssertEqual(row.count, 5)
      for score in [HeadScore.outputCopy, .negative, .queryCopy, .previousToken] {
        XCTAssertEqual(
          try XCTUnwrap(row[score.rawValue] as? Double), scores[head]![score]!, accuracy: 1e-9)
      }
    }
  }

  func testAblationsAreTheLibrarys() throws {
    let folder = try temporaryFolder()
    let texts = try texts(in: folder)
    let model = try LoadedModel("reader-tours").model
    for together in [false, true] {
      let found = try object(
        ["ablate", "--texts", "texts.jsonl", "--heads", "0.1,1.0", "--kind", "mean"]
          + (together ? ["--together"] : []), in: folder)
      let heads = [(0, 1), (1, 0)].map { HeadAddress(.blocks, layer: $0.0, head: $0.1) }
      let expected = try HeadAblation(model, texts.input, kind: .mean)
        .effects(of: together ? [heads] : heads.map { [$0] })
      XCTAssertEqual(
        try XCTUnwrap(found["loss"] as? Double), expected.clean.loss, accuracy: 1e-6)
      let rows = try XCTUnwrap(found["heads"] as? [[String: Any]])
      XCTAssertEqual(
        rows.compactMap { $0["head"] as? String }, together ? ["0.1,1.0"] : ["0.1", "1.0"])
      for (row, effect) in zip(rows, expected.effects) {
        XCTAssertEqual(
          try XCTUnwrap(row["loss-change"] as? Double), effect.score.loss - expected.clean.loss,
          accuracy: 1e-6)
        XCTAssertEqual(row["changed"] as? Double, effect.score.changed)
      }
    }
  }

  func testSuppressionKeepsAllOrNothingAtItsEnds() throws {
    let folder = try temporaryFolder()
    _ = try texts(in: folder)
    let size = try LoadedModel("reader-tours").model.configuration.vocabularySize
    for (keys, share) in [(size, 1.0), (0, 0.0)] {
      let found = try object(
        [
          "suppression", "--head", "1.0", "--texts", "texts.jsonl", "--keys", "\(keys)",
          "--unembeddings", "\(size)",
        ], in: folder)
      XCTAssertEqual(try XCTUnwrap(found["recovered"] as? Double), share, accuracy: 1e-3)
      let divergences = try XCTUnwrap(found["kl"] as? [String: Double])
      XCTAssertGreaterThan(try XCTUnwrap(divergences["ablated"]), 0)
    }
  }

  func testMistakesAreSaid() throws {
    let folder = try temporaryFolder()
    _ = try texts(in: folder)
    let path = folder.appendingPathComponent("texts.jsonl").path
    try assertFails(
      ["ablate", "--model", "reader-tours", "--texts", path, "--heads", "9.0", "--json"],
      "there is no head 9.0: the model has layers 0 to 2 with heads 0 to 3")
    try assertFails(
      ["heads", "--model", "translator", "--json"], HeadError.isEncoderDecoder.description)
    try assertFails(
      [
        "suppression", "--model", "reader-tours", "--head", "1.0", "--texts", path, "--keys",
        "100000", "--json",
      ],
      "--keys is 100000, and reader-tours has "
        + "\(try LoadedModel("reader-tours").model.configuration.vocabularySize) tokens; give a number "
        + "up to that")
    try assertFails(
      ["browse", "--model", "reader-tours", "--head", "1.0", "--output", "a.html"], code: 64,
      "the texts are missing: give --texts, --text or --text-ids")
  }

  func testControlCEndsCommandsWithASentence() throws {
    let folder = try temporaryFolder()
    let path = folder.appendingPathComponent("texts.jsonl").path
    // So many that the work lasts until Ctrl-C is heard.
    let lines = (0..<400).flatMap { _ in Self.lines }
    try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path))
    for arguments in [
      ["heads", "--texts", path, "--json"],
      ["heads", "--texts", path, "--score", "previous-token", "--json"],
      ["suppression", "--head", "1.0", "--texts", path, "--json"],
      [
        "browse", "--head", "1.0", "--texts", path, "--output",
        folder.appendingPathComponent("page.html").path,
      ],
    ] {
      XCTAssertEqual(
        try interrupted(arguments + ["--model", "reader-tours"]), 130, arguments[0])
    }
    XCTAssertEqual(
      try FileManager.default.contentsOfDirectory(atPath: folder.path), ["texts.jsonl"])
  }

  func testScoresThatAreNoNumbersAreAnError() throws {
    let folder = try modelWithoutNumbers("transformer.wte.weight", row: 3)
    for score in ["ov-copy", "negative"] {
      let call = try Call(
        ["heads", "--model", folder.path, "--score", score, "--effective", "embedding", "--json"])
      XCTAssertEqual(call.code, 1, call.output)
      XCTAssertTrue(
        call.sentence.hasPrefix("Error: the score \(score) of head 0.0 is nan"), call.errors)
    }
    let call = try Call([
      "heads", "--model", folder.path, "--score", "ov-copy", "--ranks", "0.0", "--json",
    ])
    XCTAssertEqual(call.code, 1, call.output)
  }

  /// What the page shows of a token in a browser is what the library says of it.
  func testAPageShowsTheNumbersItWasMadeFrom() throws {
    let browser = try Browser()
    let folder = try temporaryFolder()
    let texts = try texts(in: folder)
    let call = try Call(
      [
        "browse", "--model", "reader-tours", "--head", "1.0", "--texts", "texts.jsonl", "--output",
        "page.html",
      ], in: folder)
    XCTAssertEqual(call.output, "Wrote page.html.\n", call.errors)
    let loaded = try LoadedModel("reader-tours")
    let circuits = try HeadCircuits(loaded.model)
    let examples = try circuits.examples(
      of: HeadAddress(.blocks, layer: 1, head: 0), on: texts.input, count: BrowsePage.listed)
    for (row, position) in [(0, 5), (2, 3)] {
      let example = try XCTUnwrap(
        examples.first { $0.place.row == row && $0.place.position == position - 1 })
      let page = try browser.shown(
        folder.appendingPathComponent("page.html"), at: "\(row).\(position)")
      func label(_ id: Int) -> String { loaded.labels(of: [id])[0] }
      func signed(_ value: Float, plus: Bool = true) -> String {
        let rounded = (value * 100).rounded() / 100
        let sign = rounded < 0 ? "−" : rounded > 0 && plus ? "+" : ""
        return sign + String(format: "%.2f", abs(rounded))
      }
      XCTAssertTrue(page.contains("loss change \(signed(example.lossChange)) nats"))
      for (id, listed) in [("before", example.before), ("after", example.after)] {
        let rows = Browser.rows(of: id, in: page)
        XCTAssertEqual(rows.count, BrowsePage.listed)
        for (cells, entry) in zip(rows, listed) {
          XCTAssertEqual(
            cells,
            [
              label(entry.token), signed(entry.value, plus: false),
              signed(example.added[entry.token]!),
            ])
        }
      }
      let lens = Browser.rows(of: "lens", in: page)
      XCTAssertEqual(lens.count, BrowsePage.listed)
      XCTAssertEqual(lens.count, example.lens.count)
      for (cells, entry) in zip(lens, example.lens) {
        XCTAssertEqual(cells, [label(entry.token), String(format: "%.3f", entry.value)])
      }
      let attended = Browser.rows(of: "pattern", in: page)
      XCTAssertFalse(attended.isEmpty)
      for cells in attended {
        let key = try XCTUnwrap(Int(cells[0]))
        XCTAssertEqual(cells[2], String(format: "%.3f", example.pattern[key]))
        XCTAssertEqual(cells[1], texts.texts[row].labels[key])
      }
      let effects = Browser.rows(of: "effects", in: page)
      XCTAssertFalse(effects.isEmpty)
      for cells in effects {
        let index = try XCTUnwrap(
          circuits.heads.firstIndex { "\($0.layer).\($0.head)" == cells[0] })
        XCTAssertEqual(cells[1], signed(example.effects[index]))
      }
      XCTAssertEqual(Browser.rows(of: "neighbours", in: page).count, 6)
      // Every token but the first is a button that says its number.
      XCTAssertEqual(
        page.components(separatedBy: "aria-pressed=\"true\"").count - 1, 1)
      XCTAssertEqual(
        page.components(separatedBy: "aria-label=").count - 1,
        texts.texts.map { $0.ids.count - 1 }.reduce(0, +))
    }
  }
}
