import Figures
import Foundation
import Laboratory
import Models
import Tensors
import Transformers
import XCTest

@testable import headlight

/// Pages of attention: what pointing shows, in a browser, beside the trace.
final class AttentionPageTests: XCTestCase {
  private let source = "Translate to French: The brown dog ran."
  private let target = "Le chien brun a couru."

  private func page(
    _ view: String, _ arguments: [String] = [], in folder: URL
  ) throws -> URL {
    let call = try Call(
      ["figure", view, "--source", source, "--target", target, "--output", "page.html"] + arguments,
      in: folder)
    XCTAssertEqual(call.output, "Wrote page.html.\n", call.errors)
    return folder.appendingPathComponent("page.html")
  }

  /// The patterns of the run that a page shows, from the model alone.
  private func patterns(_ point: (Int) -> HookPoint) throws -> [Tensor] {
    let loaded = try LoadedModel("translator")
    let prepared = try PreparedInput(source: source, target: target, for: loaded)
    let run = try loaded.model.run(prepared.input, capturing: .matching("*attn.*"))
    return try (0..<2).map { try run.trace[point($0)][at: 0] }
  }

  /// Points at a token as a mouse does.
  private func pointing(_ side: String, _ index: Int) -> String {
    "document.querySelectorAll('.token.\(side)')[\(index)]"
      + ".dispatchEvent(new PointerEvent('pointerenter'));"
  }

  func testPointingShowsTheTrace() throws {
    let browser = try Browser()
    let folder = try temporaryFolder()
    let page = try page("head-view", in: folder)
    for (part, point, layer) in [
      (0, { HookPoint.block(.encoder, $0, .attention(.own, .pattern)) }, 0),
      (1, { HookPoint.block(.decoder, $0, .attention(.own, .pattern)) }, 1),
      (2, { HookPoint.block(.decoder, $0, .attention(.cross, .pattern)) }, 1),
    ] as [(Int, (Int) -> HookPoint, Int)] {
      let pattern = try patterns(point)[layer]
      let (heads, queries, keys) = (pattern.shape[0], pattern.shape[1], pattern.shape[2])
      for (side, index) in [("query", queries - 2), ("key", 1)] {
        let shown = try browser.shown(
          page, at: "part=\(part)&layer=\(layer)", then: pointing(side, index))
        let rows = Browser.rows(of: "row", in: shown)
        XCTAssertEqual(rows.count, side == "query" ? keys : queries)
        for (place, cells) in rows.enumerated() {
          XCTAssertEqual(cells.count, heads + 2)
          let values = (0..<heads).map { head in
            side == "query" ? pattern[head, index, place] : pattern[head, place, index]
          }
          let mean = values.reduce(0, +) / Float(heads)
          for (cell, value) in zip(cells.dropFirst(), [mean] + values) {
            XCTAssertEqual(try XCTUnwrap(Float(cell)), value, accuracy: 0.000_06)
          }
        }
      }
    }
  }

  /// What is left of a row beside its first token, shared out again, from the trace in doubles.
  func testTheFirstTokenIsLeftOut() throws {
    let browser = try Browser()
    let folder = try temporaryFolder()
    let page = try page("model-view", ["--stack", "cross"], in: folder)
    let pattern = try patterns { .block(.decoder, $0, .attention(.cross, .pattern)) }[0]
    let shown = try browser.shown(
      page, at: "layer=0&heads=2", then: "byId('first').click();" + pointing("query", 3))
    let rows = Browser.rows(of: "row", in: shown)
    let left = (1..<pattern.shape[2]).reduce(0.0) { $0 + Double(pattern[2, 3, $1]) }
    XCTAssertEqual(rows.count, pattern.shape[2])
    for (key, cells) in rows.enumerated() {
      XCTAssertEqual(cells.count, 2)
      XCTAssertEqual(
        try XCTUnwrap(Double(cells[1])), key == 0 ? 0 : Double(pattern[2, 3, key]) / left,
        accuracy: 0.000_07)
    }
    XCTAssertTrue(
      Browser.text(of: "view-title", in: shown).hasSuffix("head 2, without the first token"))
    // The option says the same from the start.
    let other = try self.page("heatmap", ["--stack", "cross", "--without-first"], in: folder)
    let asked = try browser.shown(other, at: "layer=0&heads=2&query=3")
    XCTAssertEqual(Browser.rows(of: "row", in: asked), rows)
  }

  func testKeysGoFromTokenToToken() throws {
    let browser = try Browser()
    let folder = try temporaryFolder()
    let page = try page("head-view", ["--stack", "cross", "--rows", "predicts"], in: folder)
    func keys(_ names: [String]) -> String {
      "document.querySelectorAll('.token.query')[0].focus();"
        + names.map {
          "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', "
            + "{ key: '\($0)', bubbles: true }));"
        }.joined()
        + "document.activeElement.id = 'active';"
        + "document.body.append(make('pre', { id: 'found' }, document.activeElement"
        + ".getAttribute('aria-label')));"
    }
    for (names, found) in [
      (["ArrowDown", "ArrowDown"], "query 2, ␣brun"), (["End"], "query 6, </s>"),
      (["ArrowDown", "ArrowRight"], "key 1, ␣to"), (["ArrowRight", "End"], "key 9, </s>"),
    ] {
      let shown = try browser.shown(page, then: keys(names))
      XCTAssertEqual(Browser.text(of: "found", in: shown), found)
      // One token alone is on the way of the tab key.
      let view = shown.components(separatedBy: "<div class=\"lines\"")[1]
        .components(separatedBy: "</section>")[0]
      XCTAssertEqual(view.components(separatedBy: "tabindex=\"0\"").count - 1, 1)
    }
    let chosen = try browser.shown(
      page, then: keys(["ArrowDown"]) + "document.activeElement.click();")
    XCTAssertEqual(chosen.components(separatedBy: "aria-pressed=\"true\" ").count > 1, true)
    XCTAssertTrue(
      Browser.text(of: "row-title", in: chosen).hasPrefix("Query 1 “␣chien”, layer 1"),
      Browser.text(of: "row-title", in: chosen))
  }

  func testWhatIsAskedForIsAllThatThePageHolds() throws {
    let browser = try Browser()
    let folder = try temporaryFolder()
    let all = try browser.shown(try page("model-view", in: folder))
    for name in ["encoder self-attention", "decoder self-attention", "cross-attention"] {
      XCTAssertTrue(all.contains(">\(name)</option>"), name)
    }
    XCTAssertEqual(all.components(separatedBy: "<canvas data-width").count - 1, 8)
    let one = try browser.shown(
      try page("head-view", ["--stack", "cross", "--layer", "0", "--heads", "1,3"], in: folder))
    XCTAssertEqual(one.components(separatedBy: "<canvas data-width").count - 1, 2)
    XCTAssertTrue(one.contains("aria-label=\"layer 0, head 3\""))
    XCTAssertFalse(one.contains("<select id=\"part\""))
  }

  /// Twelve layers of twelve heads.
  private func large(_ count: Int, _ tokens: [String]? = nil) -> AttentionPage {
    var generator = SeededGenerator(seed: 1)
    let tokens = tokens ?? (0..<count).map { "▁token\($0)" }
    let layers = (0..<12).map { layer in
      (
        number: layer,
        pattern: Tensor.randomNormal([12, count, count], standardDeviation: 2, using: &generator)
          .softmax()
      )
    }
    return AttentionPage(
      title: "Large",
      parts: [
        .init(
          "attention", layers: layers, heads: Array(0..<12), queries: tokens, keys: tokens,
          queryTitle: "query")
      ], view: .lines)
  }

  func testAPageOfTwelveByTwelveHeadsIsSmallAndNeedsNothingElse() throws {
    let data = try large(20).data()
    XCTAssertLessThan(data.count, 300_000)
    let page = String(decoding: data, as: UTF8.self)
    XCTAssertTrue(page.contains("default-src 'none'"))
    for word in ["http:", "https:", " src=", "url(", "import "] {
      XCTAssertFalse(page.contains(word), word)
    }
    XCTAssertEqual(try large(20).data(), data)
  }

  /// Pointing at every token of a large page: the numbers are right; the time is printed, not judged.
  func testALargePageIsPointedAt() throws {
    let browser = try Browser()
    let folder = try temporaryFolder()
    let large = large(64)
    let file = folder.appendingPathComponent("large.html")
    try large.write(to: file)
    let shown = try browser.shown(
      file, at: "layer=7",
      then: """
        const times = [];
        for (const token of document.querySelectorAll('.token')) {
          const start = performance.now();
          token.dispatchEvent(new PointerEvent('pointerenter'));
          document.body.offsetHeight;
          times.push(performance.now() - start);
        }
        times.sort((a, b) => a - b);
        document.body.append(make('pre', { id: 'found' }, `${times.length} ${times[64].toFixed(1)} `
          + times[127].toFixed(1)));
        """)
    let found = Browser.text(of: "found", in: shown).split(separator: " ").compactMap {
      Double($0)
    }
    XCTAssertEqual(found.first, 128)
    guard found.count == 3 else { return }
    print("pointing at 12 × 12 × 64: median \(found[1]) ms, longest \(found[2]) ms")
    // The last that was pointed at is the last key.
    let rows = Browser.rows(of: "row", in: shown)
    let pattern = large.parts[0].layers[7].pattern
    XCTAssertEqual(rows.count, 64)
    for (query, cells) in rows.enumerated() {
      for head in 0..<12 {
        XCTAssertEqual(
          try XCTUnwrap(Float(cells[head + 2])), pattern[head, query, 63], accuracy: 0.000_06)
      }
    }
  }

  func testTokensDoNoHarm() throws {
    let browser = try Browser()
    let folder = try temporaryFolder()
    let tokens = hostileTokens
    let page = large(tokens.count, tokens)
    let file = folder.appendingPathComponent("hostile.html")
    try page.write(to: file)
    let shown = try browser.shown(file, at: "query=2")
    XCTAssertTrue(shown.contains("<title>Large</title>"))
    for token in tokens {
      let visible = VisibleText.onPage(token)
      let count = shown.components(separatedBy: "<bdi>").filter {
        Browser.unescaped($0.components(separatedBy: "</bdi>")[0]).unicodeScalars
          .elementsEqual(visible.unicodeScalars)
      }.count
      // In both columns, in the list and in the row.
      XCTAssertGreaterThanOrEqual(count, 4, visible)
    }
    XCTAssertEqual(Browser.rows(of: "row", in: shown).count, tokens.count)
  }

  func testWhatCannotBeShownIsRefusedInASentence() throws {
    let page = large(200)
    XCTAssertThrowsError(try page.data()) {
      XCTAssertEqual(
        "\($0)",
        "The page would hold 5760000 numbers of attention, and a browser is quick with at most 4000000."
      )
    }
    var wrong = large(3)
    wrong.parts[0].layers[1].pattern[2, 1, 0] = .nan
    XCTAssertThrowsError(try wrong.data()) {
      XCTAssertEqual(
        "\($0)",
        "Layer 1 of a page needs attention between 0 and 1, but head 2 gives nan from query 1 to key 0; "
          + "draw the pattern, not the scores before the softmax.")
    }
    let view = ["figure", "model-view", "--source", "The dog ran.", "--output"]
    try assertFails(
      view + ["nowhere/f.html"], "the folder nowhere does not exist; create it, or name another")
    let long = Array(repeating: "The dog ran.", count: 500).joined(separator: " ")
    let call = try Call(
      ["figure", "model-view", "--source", long, "--target", "Le chien.", "--output", "f.html"],
      in: try temporaryFolder())
    XCTAssertEqual(call.code, 1)
    XCTAssertTrue(
      call.sentence.hasSuffix(
        "Choose one --stack, --layer or --heads where there are any, or a shorter text."),
      call.errors)
  }
}

/// Tokens that end a script, a string or a line, run to the left, or have no letter to stand on.
let hostileTokens = [
  "</script><script>document.title = 'broken'</script>", "<!--\u{301}<script>", "\"' onclick=\"",
  "a\nb\r", "\u{202E}evil", "عربى", "\u{301}", "<\u{338}/script>", "&lt;b&gt;", "", " ", "\\u003c",
  "\u{2028}", "]]>", "`${1}`", "שלום", "\u{0}", "👩‍👩‍👧",
]
