import Foundation
import XCTest

/// Rooms see those below them, never one above; and what an answer is compiled with holds no method.
final class ArrowsTests: XCTestCase {
  /// Every room, the lowest first; rooms of one line do not see each other.
  private static let floors: [[String]] = [
    ["CKernels", "COpenBLAS", "CCairo", "CZlib", "CCurl", "confine"],
    ["Files"],
    ["Answering", "Tensors", "Tokenizers"],
    ["Transformers", "Figures"],
    ["Checkpoints"],
    ["Interpretability", "Models", "Hub"],
    ["Interventions", "Laboratory"],
    ["Heads", "Circuits", "Spans", "Vocabulary", "Coursework"],
    ["Training", "SheetTools"],
    ["Exercises"],
    ["Curriculum", "Evidence"],
    ["Grading"],
    ["headlight"],
  ]

  private static let floor = Dictionary(
    uniqueKeysWithValues: floors.enumerated().flatMap { floor, rooms in rooms.map { ($0, floor) } })

  /// The room of a module: those of all sheets are of two kinds.
  private static func room(of module: String) -> String {
    ["Vocabulary", "Exercises"].first { module.hasSuffix($0) } ?? module
  }

  func testArrowsPointDown() throws {
    var count = 0
    for (file, room) in try Self.sources() {
      let own = try XCTUnwrap(Self.floor[room], "\(file.path) lies in no room that is known")
      for module in try Self.imports(of: file) {
        guard let floor = Self.floor[Self.room(of: module)] else { continue }
        count += 1
        XCTAssertTrue(floor < own, "\(file.path) is of \(room) and imports \(module)")
      }
    }
    XCTAssertGreaterThan(count, 500)
  }

  /// A submission is linked with vocabularies and what these import: no method, judge, generator or
  /// picture is among it.
  func testVocabulariesHoldNoMethods() throws {
    let allowed: Set<String> = [
      "Answering", "Foundation", "Models", "Tensors", "Tokenizers", "Transformers",
    ]
    for (file, room) in try Self.sources() where room == "Vocabulary" {
      let stray = Set(try Self.imports(of: file)).subtracting(allowed)
      XCTAssertEqual(stray.sorted(), [], file.path)
    }
  }

  private static let package = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Every file of sources, and its room.
  private static func sources() throws -> [(URL, room: String)] {
    let root = package.appending(path: "Sources")
    return try FileManager.default.subpathsOfDirectory(atPath: root.path).sorted()
      .filter { $0.hasSuffix(".swift") }
      .map { path in
        let parts = path.split(separator: "/").map(String.init)
        guard parts[0] == "Curriculum" else {
          let method = parts[0] == "Interpretability" && floor[parts[1]] != nil
          return (root.appending(path: path), method ? parts[1] : parts[0])
        }
        let room = parts[1].first?.isNumber == true ? parts[2] : parts[1]
        return (root.appending(path: path), room == "Course" ? "Curriculum" : room)
      }
  }

  private static func imports(of file: URL) throws -> [String] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count <= 3, let place = words.firstIndex(of: "import"),
        words[..<place].allSatisfy({ ["public", "package", "@testable"].contains($0) })
      else { return nil }
      return words.last.map(String.init)
    }
  }
}
