import Figures
import Foundation
import Tensors
import XCTest

@testable import headlight

/// Pages of tables and words: their numbers, what pointing says, and that nothing in them does harm.
final class FigurePageTests: XCTestCase {
  private let text = "Italy -> Rome ; France ->"

  /// What each cell of each table says that is not seen, and what is seen in it.
  private func cells(_ page: String) -> [[[(shown: String, said: String)]]] {
    page.components(separatedBy: "<tbody>").dropFirst().map { part in
      part.components(separatedBy: "</tbody>")[0].components(separatedBy: "<tr>").dropFirst().map {
        $0.components(separatedBy: "<td").dropFirst().map { cell in
          (between("<bdi>", "</bdi>", in: cell) ?? "", between("<i>", "</i>", in: cell) ?? "")
        }
      }
    }
  }

  private func between(_ start: String, _ end: String, in text: String) -> String? {
    let parts = text.components(separatedBy: start)
    return parts.count < 2 ? nil : Browser.unescaped(parts[1].components(separatedBy: end)[0])
  }

  /// A number as a page writes it.
  private func number(_ text: String) throws -> Double {
    try XCTUnwrap(
      Double(text.components(separatedBy: ";")[0].replacingOccurrences(of: "−", with: "-")), text)
  }

  private func call(_ arguments: [String], in folder: URL) throws -> (page: String, json: Data) {
    let call = try Call(arguments + ["--output", "page.html", "--json"], in: folder)
    XCTAssertEqual(call.code, 0, call.errors)
    let file = folder.appendingPathComponent("page.html")
    return (try String(contentsOf: file, encoding: .utf8), Data(call.output.utf8))
  }

  func testALensPageHoldsTheReadings() throws {
    let (page, json) = try call(
      ["lens", "--model", "reader", "--text", text], in: try temporaryFolder())
    let report = try JSONDecoder().decode(LensReport.self, from: json)
    XCTAssertLessThan(page.utf8.count, 300_000)
    let rows = Array(try XCTUnwrap(cells(page).first).reversed())
    XCTAssertEqual(rows.count, report.layers.count)
    for (row, layer) in zip(rows, report.layers) {
      XCTAssertEqual(row.count, layer.count)
      for (cell, own) in zip(row, layer) {
        if own.ties == 1 { XCTAssertEqual(cell.shown, VisibleText.onPage(own.token)) }
        XCTAssertEqual(
          try number(cell.said), Double(own.probability), accuracy: 1e-3 * Double(own.probability))
        XCTAssertTrue(
          cell.said.hasSuffix(
            "; the model's surprise \(String(format: "%.2f", own.surprisal)) nats"), cell.said)
      }
    }
    XCTAssertTrue(page.contains("<th scope=\"col\" tabindex=\"-1\"><bdi>France</bdi></th>"))
  }

  func testAMapOfAttributionsHoldsTheNumbers() throws {
    let folder = try temporaryFolder()
    let words = [
      "attribute", "--source", "Translate to French: The dog ran.", "--target", "Le chien a couru.",
    ]
    let (page, json) = try call(words, in: folder)
    let report = try JSONDecoder().decode(AttributionReport.self, from: json)
    let tables = cells(page)
    XCTAssertEqual(tables.count, 2)
    let numbers = try XCTUnwrap(report.rows).map(\.source)
    XCTAssertEqual(numbers.count, tables[0].count)
    for (row, cells) in zip(numbers, tables[0]) {
      XCTAssertEqual(row.count, cells.count)
      for (value, cell) in zip(row, cells) {
        XCTAssertEqual(try number(cell.said), value, accuracy: 1e-3 * abs(value))
      }
    }
    // What a row cannot see has no value.
    XCTAssertEqual(tables[1][0][1].said, "no value")
    // One prediction is a text whose words are coloured.
    let (line, own) = try call(words + ["--position", "chien"], in: folder)
    let scores = try XCTUnwrap(JSONDecoder().decode(AttributionReport.self, from: own).source)
      .map(\.score)
    let listed = line.components(separatedBy: "<span role=\"listitem\"").dropFirst()
    XCTAssertGreaterThan(listed.count, scores.count)
    for (span, score) in zip(listed, scores) {
      XCTAssertEqual(
        try number(XCTUnwrap(between("<i>", "</i>", in: span))), score, accuracy: 1e-3 * abs(score))
    }
  }

  func testPointingSaysWhatACellIs() throws {
    let browser = try Browser()
    let folder = try temporaryFolder()
    let file = folder.appendingPathComponent("map.html")
    let map = HeatMap(
      Tensor([0.25, -1.5, .nan, 0.000_04], shape: [2, 2]), rows: ["a", "b"], columns: ["c", "d"],
      title: "Map"
    ).styled {
      ($0.rowTitle, $0.columnTitle, $0.valueTitle, $0.scale) = (
        "query", "key", "logits", .diverging
      )
    }
    try FigurePage(title: "page", figures: [map]).write(to: file)
    func told(_ place: String, _ event: String) throws -> String {
      let page = try browser.shown(
        file,
        then: "const at = document.querySelectorAll('\(place)')[0]; \(event);"
          + "document.body.append(make('pre', { id: 'found' }, byId('tip').textContent));")
      return Browser.text(of: "found", in: page)
    }
    let over = "at.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }))"
    XCTAssertEqual(try told("tbody td:nth-child(3)", over), "query “a”, key “d”\n−1.500 logits")
    XCTAssertEqual(
      try told("tbody tr:last-child td", "at.focus()"), "query “b”, key “c”\nno value logits")
    XCTAssertEqual(try told("tbody th", over), "query “a”\nd: −1.500\nc: 0.2500")
    XCTAssertEqual(try told("thead th:nth-child(3)", over), "key “d”\na: −1.500\nb: 4.000e−5")
    let right =
      "at.focus(); at.dispatchEvent(new KeyboardEvent('keydown', "
      + "{ key: 'ArrowRight', bubbles: true }))"
    XCTAssertEqual(try told("tbody td", right), "query “a”, key “d”\n−1.500 logits")
  }

  func testLabelsDoNoHarm() throws {
    let browser = try Browser()
    let folder = try temporaryFolder()
    let file = folder.appendingPathComponent("labels.html")
    let count = hostileTokens.count
    let map = HeatMap(
      Tensor((0..<count * count).map { Float($0) }, shape: [count, count]), rows: hostileTokens,
      columns: hostileTokens, title: hostileTokens[0]
    ).styled { ($0.rowTitle, $0.columnTitle) = (hostileTokens[2], hostileTokens[1]) }
    let words = TokenHeatMap(
      tokens: hostileTokens, values: hostileTokens.map { _ in 1 }, title: hostileTokens[0])
    for figure in [map, words] as [any Figure] {
      try FigurePage(title: hostileTokens[0], figures: [figure], numbers: hostileTokens.joined())
        .write(to: file)
      let shown = try browser.shown(
        file,
        then: "document.body.append(make('pre', { id: 'found' }, "
          + "document.querySelectorAll('[onclick], figure script, details script').length + ' '"
          + " + document.querySelectorAll('script').length));")
      XCTAssertFalse(shown.contains("<title>broken</title>"))
      // The page's own script, the one that counts, and no other.
      XCTAssertEqual(Browser.text(of: "found", in: shown), "0 2")
      for token in hostileTokens {
        let visible = VisibleText.onPage(token)
        XCTAssertTrue(
          shown.components(separatedBy: "<bdi>").contains {
            Browser.unescaped($0.components(separatedBy: "</bdi>")[0]).unicodeScalars
              .elementsEqual(visible.unicodeScalars)
          }, visible)
      }
    }
  }

  func testTooLargeAPageIsRefused() {
    let map = HeatMap(.zeros([250, 250]))
    XCTAssertThrowsError(try FigurePage(title: "", figures: [map]).data()) {
      XCTAssertEqual(
        "\($0)", "The page would hold 62500 cells, and a browser is quick with at most 60000.")
    }
  }
}
