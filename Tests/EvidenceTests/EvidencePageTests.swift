import Foundation
import Tensors
import XCTest

@testable import Evidence

/// What is kept in `Documentation`, and the page that is made of it.
final class EvidencePageTests: XCTestCase {
  private static let documentation = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Documentation")
  private static let kept = Result {
    try EvidenceFolder(documentation.appending(path: "Evidence")).results()
  }

  func testThePageIsWhatTheNumbersGive() throws {
    let page = try String(
      contentsOf: Self.documentation.appending(path: "Evidence.md"), encoding: .utf8)
    XCTAssertEqual(
      page, EvidencePage(try Self.kept.get()).markdown,
      "make it again: headlight evidence --output Documentation/Evidence --page "
        + "Documentation/Evidence.md --sheets Sheets --no-figures")
  }

  /// A sheet's text ends with what was measured.
  ///
  /// Sheet 3 treats no finding; the text of Sheet 2 has measurements of its own, with the commands that
  /// give them.
  func testSheetsQuoteWhatWasMeasured() throws {
    let page = EvidencePage(try Self.kept.get())
    let sheets = Self.documentation.deletingLastPathComponent().appending(path: "Sheets")
    let folders = try FileManager.default.contentsOfDirectory(atPath: sheets.path)
    for sheet in Set(Finding.all.map(\.sheet)).subtracting([2]).sorted() {
      let table = try XCTUnwrap(page.table(ofSheet: sheet), "nothing is kept for Sheet \(sheet)")
      let folder = try XCTUnwrap(folders.first { $0.hasPrefix("\(sheet)-") })
      let text = try String(
        contentsOf: sheets.appending(path: "\(folder)/README.md"), encoding: .utf8)
      XCTAssertTrue(
        text.contains(table),
        "Sheets/\(folder)/README.md: make it again, with --sheets Sheets; it has to hold\n\(table)")
      // What stands there is put right, and nothing else.
      let spoilt = text.replacingOccurrences(of: table, with: String(table.dropLast(9)))
      XCTAssertNotEqual(spoilt, text)
      XCTAssertEqual(page.text(spoilt, ofSheet: sheet), text)
    }
    XCTAssertNil(page.text("no table", ofSheet: 6))
    XCTAssertNil(page.table(ofSheet: 3))
  }

  func testVerdictsAreThoseOfTheRules() throws {
    for result in try Self.kept.get() where result.refusal == nil {
      let finding = try XCTUnwrap(Finding.named(result.finding), result.finding)
      let (verdict, why) = finding.rule.judgement(result.measurements)
      XCTAssertEqual(result.verdict, verdict, "\(result.finding) of \(result.model)")
      XCTAssertEqual(result.why, why)
    }
  }

  func testWhatIsKeptWasMeasuredByTheMeasureThatThereIs() throws {
    let kept = try Self.kept.get()
    for finding in Finding.all {
      let own = kept.filter { $0.finding == finding.name && $0.refusal == nil }
      // One that takes long may be measured after it was written; the page leaves it out.
      if own.isEmpty { continue }
      for result in own {
        XCTAssertEqual(result.version, finding.version, "\(finding.name) of \(result.model)")
      }
      // A rule that names what nobody measures could never hold.
      let measured = Set(own.flatMap(\.measurements).map(\.name))
      for criterion in finding.rule.criteria {
        XCTAssertTrue(
          measured.contains(criterion.measurement), "\(finding.name): \(criterion.measurement)")
      }
    }
  }

  func testIntervalsHoldTheirValues() throws {
    for result in try Self.kept.get() {
      for number in result.measurements {
        let estimate = number.estimate
        XCTAssertLessThanOrEqual(estimate.lower, estimate.upper, "\(result.finding) \(number.name)")
        XCTAssertGreaterThan(number.count, 1, "\(result.finding) \(number.name)")
      }
    }
  }

  func testNamesAreFilesAndNoTwoAreAlike() {
    let names = Finding.all.map(\.name)
    XCTAssertEqual(Set(names).count, names.count)
    XCTAssertTrue(names.allSatisfy { $0.allSatisfy { $0.isLetter || $0 == "-" } })
    let folder = EvidenceFolder(URL(filePath: "/tmp"))
    XCTAssertEqual(
      folder.file("two-hops", "own/model 1.5").lastPathComponent, "two-hops.own-model-1-5.json")
  }
}
