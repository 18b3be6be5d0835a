import ArgumentParser
import Coursework
import Curriculum
import Foundation
import XCTest

@testable import headlight

/// What the README, the guide, the sheets and the articles say of commands and points is so.
final class DocumentsTests: XCTestCase {
  static let package = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// A command's words, as a shell reads them: quotation marks hold together, a backslash at the end of
  /// a line goes on, and behind a number sign there is nothing.
  static func words(_ text: String) -> [String] {
    var words: [String] = []
    var word: String?
    var isQuoted = false
    for character in text.replacing("\\\n", with: " ") {
      switch character {
      case "\"":
        isQuoted.toggle()
        word = word ?? ""
      case "#" where !isQuoted && word == nil: return words
      case " " where !isQuoted, "\n" where !isQuoted:
        if let whole = word { words.append(whole) }
        word = nil
      default: word = (word ?? "") + [character]
      }
    }
    return words + (word.map { [$0] } ?? [])
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOf: Self.package.appending(path: path), encoding: .utf8)
  }

  /// The pages that show commands.
  private func pages() throws -> [String] {
    let all = try FileManager.default.subpathsOfDirectory(atPath: Self.package.path)
    return all.filter { path in
      path.hasSuffix(".md") && !path.hasPrefix(".")
        && ["README.md", "CONTRIBUTING.md", "Documentation/", "Sheets/", "Sources/"]
          .contains { path.hasPrefix($0) }
    }.sorted()
  }

  /// The calls of the program in a page's blocks, each as its arguments.
  private func calls(in page: String) -> [[String]] {
    let blocks = page.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }
    return blocks.flatMap { block in
      block.element.replacing("\\\n", with: " ").split(separator: "\n").compactMap { line in
        var words = Self.words(String(line))
        for start in [["swift", "run", "-c", "release"], ["swift", "run"]]
        where words.starts(with: start) {
          words.removeFirst(start.count)
        }
        guard words.first == "headlight" else { return nil }
        return Array(words.dropFirst())
      }
    }
  }

  func testEveryCommandThatIsShownIsUnderstood() throws {
    var count = 0
    for path in try pages() {
      for call in calls(in: try text(path)) {
        XCTAssertNoThrow(
          try Headlight.parseAsRoot(TextArguments.prepared(call, for: Headlight.self)),
          "\(path): headlight \(call.joined(separator: " "))")
        count += 1
      }
    }
    XCTAssertGreaterThan(count, 90, "some pages were not found")
  }

  func testTheReadmeSaysTheSheetsPoints() throws {
    let readme = try text("README.md")
    for sheet in Course.sheets {
      let row = readme.split(separator: "\n").first {
        $0.hasPrefix("| \(sheet.number), [\(sheet.title)](Sheets/\(sheet.folder)/README.md) |")
      }
      XCTAssertEqual(
        row?.hasSuffix(" | \(sheet.points) |"), true, "\(sheet.title): \(sheet.points) points")
    }
  }

  func testTheGuideSaysTheSheetsHours() throws {
    let guide = try text("Documentation/Teaching.md")
    for sheet in Course.sheets {
      let open = sheet.exercises.filter(\.isOpen).reduce(0) { $0 + $1.points }
      let minutes = sheet.exercises.reduce(0) { $0 + $1.minutes }
      let hours = String(format: "%.1f", Double(minutes) / 60)
      let row =
        "| \(sheet.number), \(sheet.title) | \(sheet.exercises.count) | \(sheet.points) | \(open) "
        + "| \(hours) |"
      XCTAssertTrue(guide.contains(row), row)
    }
  }
}
