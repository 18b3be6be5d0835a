import Evidence
import Foundation
import XCTest

@testable import headlight

final class EvidenceCommandTests: XCTestCase {
  func testResultsAreFilesAndAreNotMeasuredAgain() throws {
    let folder = try temporaryFolder().appending(path: "evidence")
    let arguments = [
      "evidence", "idiom-awareness", "--model", "reader-early", "--output", folder.path,
    ]
    let first = try Call(arguments)
    XCTAssertEqual(first.code, 0, first.errors)
    XCTAssertTrue(
      first.output.hasPrefix("idiom-awareness  reader-early  "), first.output)
    let file = folder.appending(path: "idiom-awareness.reader-early.json")
    let written = try Data(contentsOf: file)
    let result = try JSONDecoder().decode(EvidenceResult.self, from: written)
    XCTAssertNotNil(result.verdict)
    XCTAssertEqual(
      Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)),
      ["Figures", "README.md", file.lastPathComponent])
    XCTAssertEqual(
      try FileManager.default.contentsOfDirectory(
        atPath: folder.appending(path: "Figures").path), ["idiom-awareness.png"])

    // What is there stays, even if it could not have been measured.
    var marked = result
    marked.measurements[0].name = "as it stands"
    try JSONEncoder().encode(marked).write(to: file)
    let kept = try Data(contentsOf: file)
    XCTAssertEqual(try Call(arguments + ["--no-figures"]).code, 0)
    XCTAssertEqual(try Data(contentsOf: file), kept)

    // Another measure, or another model of the name, is measured again.
    for change in [\EvidenceResult.fingerprint, \.finding] {
      var other = marked
      other[keyPath: change] = "other"
      try JSONEncoder().encode(other).write(to: file)
      XCTAssertEqual(try Call(arguments + ["--no-figures"]).code, 0)
      XCTAssertEqual(try Data(contentsOf: file), written)
    }
  }

  func testAFolderWithoutSheetsIsRefusedBeforeAnythingIsMeasured() throws {
    let folder = try temporaryFolder()
    let results = folder.appending(path: "results")
    let call = try Call([
      "evidence", "--output", results.path, "--sheets", folder.path, "--no-figures",
    ])
    XCTAssertEqual(call.code, 1)
    XCTAssertEqual(
      call.errors,
      "Error: --sheets \(folder.path) has no text 1-Attention/README.md; name the folder Sheets of the "
        + "course\n")
    XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: results.path), [])
  }

  func testWhatCannotBeAskedIsSaidAndIsNoFailure() throws {
    let folder = try temporaryFolder()
    let call = try Call([
      "evidence", "two-hops", "--model", fixture("gpt2-tiny").path, "--output", folder.path,
    ])
    XCTAssertEqual(call.code, 0, call.errors)
    XCTAssertEqual(call.output, "two-hops  gpt2-tiny  not asked\n")
    let page = try String(contentsOf: folder.appending(path: "README.md"), encoding: .utf8)
    XCTAssertTrue(
      page.contains(
        "- *gpt2-tiny* was not asked: two-hops is not asked of gpt2-tiny: it needs the people of "
          + "the reader's world."), page)
  }

  func testCtrlCEndsWithWhatIsDone() throws {
    let folder = try temporaryFolder()
    XCTAssertEqual(
      try interrupted([
        "evidence", "induction-heads", "--model", "reader", "--output", folder.path,
      ]), 130)
    XCTAssertEqual(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
        $0.hasSuffix(".json")
      }, [])
  }

  func testAllFindingsAreListed() throws {
    let list = try Call(["evidence", "--list"]).output
    for finding in Finding.all {
      XCTAssertTrue(list.contains("\(finding.name): \(finding.title)"), finding.name)
      for figure in finding.published { XCTAssertTrue(list.contains(figure.text)) }
    }
  }

  func testFaultsAreSentences() throws {
    let names = Finding.all.map(\.name).joined(separator: ", ")
    let call = try Call(["evidence", "two-hop", "--output", "x"])
    XCTAssertEqual(call.code, 64)
    XCTAssertTrue(
      call.errors.replacingOccurrences(of: "\n", with: " ").contains(
        "there is no finding “two-hop”"),
      call.errors)
    XCTAssertFalse(names.isEmpty)
    let none = try Call(["evidence", "two-hops"])
    XCTAssertEqual(
      none.sentence, "Error: give --output DIR for the results, or --list to see what there is")
    try assertFails(
      ["evidence", "two-hops", "--model", "nothing", "--output", "/dev/null/x"],
      "the folder /dev/null/x cannot be made: not a directory; name another")
  }
}
