import Foundation
import XCTest

/// A sheet's stub is what its solution gives: the same methods, documented in the same words, without
/// their bodies and without what is private.
final class StubTests: XCTestCase {
  func testStubsAreWhatSolutionsGive() throws {
    let package = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let folders = try FileManager.default.contentsOfDirectory(
      atPath: package.appending(path: "Solutions").path
    ).filter { $0.first?.isNumber == true }.sorted()
    XCTAssertFalse(folders.isEmpty)
    for folder in folders {
      func lines(_ kind: String) throws -> [String] {
        try String(
          contentsOf: package.appending(path: "\(kind)/\(folder)/Answers.swift"), encoding: .utf8
        ).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      }
      XCTAssertEqual(
        Self.stub(of: try lines("Sheets")), Self.stub(of: try lines("Solutions")), folder)
      XCTAssertFalse(try Self.stub(of: lines("Sheets")).isEmpty, folder)
      let untouched = try lines("Sheets").count { $0 == "    throw Unanswered()" }
      XCTAssertEqual(untouched, try lines("Sheets").count { $0.hasPrefix("  func ") }, folder)
    }
  }

  /// The methods that a student is asked for, with what stands before each.
  private static func stub(of lines: [String]) -> [String] {
    guard let begin = lines.firstIndex(where: { $0.hasPrefix("struct Answers") }),
      let end = lines[begin...].firstIndex(of: "}")
    else { return [] }
    var stub: [String] = []
    var before: [String] = []
    var place = begin + 1
    while place < end {
      let line = lines[place]
      if line.hasPrefix("  func ") || line.hasPrefix("  private ") {
        var signature = [line]
        while !signature[signature.count - 1].hasSuffix("{") {
          place += 1
          signature.append(lines[place])
        }
        place = lines[place...].firstIndex(of: "  }") ?? end
        if line.hasPrefix("  func ") {
          stub += before.filter { !$0.isEmpty } + signature
          before = []
        } else {
          before.removeAll { $0.hasPrefix("  ///") }
        }
      } else {
        before.append(line)
      }
      place += 1
    }
    return stub
  }
}
