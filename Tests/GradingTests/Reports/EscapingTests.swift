import Answering
import Coursework
import Foundation
import XCTest

@testable import Grading

/// What a student writes reaches every report as text and as nothing else.
final class EscapingTests: XCTestCase {
  private func hostileBook() throws -> URL {
    let folder = try reportFolder()
    let hostile = HostileText.everything
    var first = Sample.result(hostile, text: hostile, say: hostile)
    first.message = hostile
    first.status = .doesNotCompile
    first.notes = HostileText.all
    first.compileMessages = [
      CompileMessage(severity: .error, line: 3, column: 1, text: hostile, source: hostile)
    ]
    first.figures = [FigureOutcome(name: "../" + hostile, caption: hostile, missing: hostile)]
    let others = HostileText.all.map { Sample.result($0, text: $0, say: $0) }
    let book = try Sample.book([first] + others, in: folder)
    XCTAssertEqual(try book.writeReports().students, HostileText.all.count + 1)
    return folder
  }

  /// What is left of a text where control characters cannot go.
  private func shown(_ text: String) -> String {
    let parts = printable(text, limit: 100_000, keepingLines: true).unicodeScalars
      .filter { $0 != "\u{FFFE}" && $0 != "\u{FFFF}" }
    return String(String.UnicodeScalarView(parts))
  }

  func testPagesHoldHostileTextAsTextAndNoElementOfItsMaking() throws {
    let folder = try hostileBook()
    let known: Set<String> = [
      "html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "p", "small",
      "div", "section", "span", "dl", "dt", "dd", "pre", "figure", "figcaption", "table", "thead",
      "tbody", "tr", "th", "td", "a", "svg", "rect", "line", "text", "ul", "li", "code",
    ]
    for path in ["100/feedback.html", "summary.html", "marking.html"] {
      let page = try ParsedDocument(try content(folder, path))
      for element in page.elements {
        XCTAssertTrue(known.contains(element.name), "\(path): <\(element.name)>")
        for (name, value) in element.attributes {
          XCTAssertFalse(name.hasPrefix("on"), "\(path): \(name)=\(value)")
          if name == "href" { XCTAssertTrue(value.hasPrefix("./1"), value) }
        }
      }
      let body = try XCTUnwrap(page.all("body").first).text
      XCTAssertTrue(body.contains(shown(HostileText.script)), path)
      XCTAssertTrue(body.contains(shown(HostileText.entity)), path)
      let scalars = try text(folder, path).unicodeScalars
      XCTAssertFalse(scalars.contains { $0.value < 0x20 && $0 != "\n" }, path)
      XCTAssertFalse(scalars.contains { (0x7F..<0xA0).contains($0.value) }, path)
    }
  }

  func testTheNameOfAStudentIsTheHeadingOfItsPageWhateverItHolds() throws {
    let folder = try hostileBook()
    for (index, name) in HostileText.all.enumerated() {
      let page = try ParsedDocument(try content(folder, "\(101 + index)/feedback.html"))
      XCTAssertEqual(page.texts("h1"), [shown(name)])
    }
  }

  func testJUnitIsWellFormedXMLWithEveryMessage() throws {
    let folder = try hostileBook()
    for index in 0...HostileText.all.count {
      let report = try ParsedDocument(try content(folder, "\(100 + index)/junit.xml"))
      XCTAssertEqual(report.all("testcase").count, 3)
      XCTAssertEqual(
        Set(report.elements.map(\.name)).subtracting([
          "testsuites", "testsuite", "testcase", "failure", "skipped", "system-out",
        ]), [])
    }
    let failure = try XCTUnwrap(
      ParsedDocument(try content(folder, "101/junit.xml")).all("failure").first)
    XCTAssertEqual(failure.attributes["message"], HostileText.script)
    XCTAssertEqual(failure.text, HostileText.script)
  }

  func testJSONGivesBackEveryMessage() throws {
    let folder = try hostileBook()
    for (index, say) in HostileText.all.enumerated() {
      for name in ["gradescope.json", "classroom50.json"] {
        let data = try content(folder, "\(101 + index)/\(name)")
        XCTAssertFalse(data.contains { $0 < 0x20 && $0 != 0x0A }, "\(index)")
        let root = try XCTUnwrap(JSONSerialization.jsonObject(with: data) as? [String: Any])
        if name == "classroom50.json" { XCTAssertEqual(root["owner"] as? String, say) }
        if name == "gradescope.json" {
          let tests = try XCTUnwrap(root["tests"] as? [[String: Any]])
          let output = try XCTUnwrap(tests[1]["output"] as? String)
          XCTAssertTrue(output.hasPrefix(say), output)
        }
      }
    }
  }

  func testNoCellOfATableIsAFormula() throws {
    let folder = try hostileBook()
    for name in ["grades.csv", "canvas.csv", "marks.csv"] {
      let rows = cells(try text(folder, name))
      XCTAssertGreaterThan(rows.count, HostileText.all.count, name)
      XCTAssertEqual(Set(rows.map(\.count)).count, 1, "\(name): rows of different lengths")
      for cell in rows.joined() {
        let start = cell.unicodeScalars.drop { $0.properties.isWhitespace }.first
        XCTAssertFalse(start.map { "=+-@＝＋－＠".unicodeScalars.contains($0) } ?? false, cell)
        XCTAssertFalse(cell.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" }, cell)
      }
    }
    XCTAssertEqual(
      cells(try text(folder, "grades.csv")).map { $0[0] }.filter { $0.contains("HYPERLINK") }.last,
      "'=HYPERLINK(\"http://example.org\")")
  }

  func testAGuardedTextIsFoundAgainAndTwoStayTwo() {
    let texts =
      HostileText.formulas + ["=1", "'=1", "''=1", "'tis", "", "x", "it's", " =", "=\u{301}"]
    for text in texts { XCTAssertEqual(Table.unguarded(Table.guarded(text)), text) }
    XCTAssertEqual(Set(texts.map(Table.guarded)).count, Set(texts).count)
    XCTAssertEqual(Table.guarded("'tis -1"), "'tis -1")
  }

  func testALinkLeadsIntoTheFolderWhateverItsName() {
    let result = Sample.result("x")
    func link(_ name: String) -> String {
      GradeBook.Entry(folder: URL(filePath: "/g").appending(path: name), result: result).link
    }
    XCTAssertEqual(link("ada"), "./ada/feedback.html")
    XCTAssertEqual(link("javascript:alert(1)"), "./javascript%3Aalert%281%29/feedback.html")
    XCTAssertEqual(link("a b?c#d%e\"é"), "./a%20b%3Fc%23d%25e%22%C3%A9/feedback.html")
  }
}
