import Coursework
import Foundation
import XCTest

@testable import Curriculum

/// The list of what is given on purpose says what is so.
final class GivenHelpersTests: XCTestCase {
  /// What is given is used, by the exercises that it is given for: a helper that no answer needs has
  /// no business being within reach.
  func testTheSolutionUsesWhatIsGiven() throws {
    for helper in GivenHelper.all {
      for exercise in helper.exercises {
        let sheet = String(exercise.prefix { $0 != "." })
        let answer = try Self.answer(to: exercise, in: Self.solution(of: sheet))
        XCTAssertTrue(
          answer.contains(helper.name + "(") || answer.contains(helper.name + ":")
            || answer.contains(helper.name + " {"), "\(helper.name) in \(exercise)")
      }
    }
  }

  /// What is given is within reach.
  func testWhatIsGivenIsPublic() throws {
    let texts = try rooms().flatMap { room in
      try Self.swiftFiles(in: room).map { try String(contentsOf: $0, encoding: .utf8) }
    }
    for helper in GivenHelper.all {
      let name = helper.name.prefix { $0 != "(" }
      let declared = try Regex("public [a-z ]*(func|struct|var|let) \(name)\\b")
      XCTAssertTrue(texts.contains { $0.contains(declared) }, helper.name)
    }
  }

  /// Walks over everything that an answer can call: nothing is within reach by oversight.
  func testEverythingWithinReachIsListed() throws {
    let listed =
      PlainHelpers.all.values.flatMap { $0 }
      + GivenHelper.all.map { String($0.name.prefix { $0 != "(" }) }
    let function = #/public [a-z ]*func (\S+?) ?[(<]|public [a-z ]*(subscript)/#
    // A stored value holds what somebody put into it.
    let computed = #/public [a-z ]*var (\w+): [^={\n]+\{/#
    var reached: Set<String> = []
    for room in try rooms() {
      for file in try Self.swiftFiles(in: room) {
        let text = try String(contentsOf: file, encoding: .utf8)
        for match in text.matches(of: function) { reached.insert(String(match.1 ?? match.2 ?? "")) }
        for match in text.matches(of: computed) { reached.insert(String(match.1)) }
      }
    }
    XCTAssertEqual(reached.subtracting(listed), [], "public, and in neither list")
    XCTAssertEqual(
      Set(PlainHelpers.all.values.flatMap { $0 }).subtracting(reached), [], "listed, and not there")
  }

  /// The folders of all that an answer is compiled with.
  private func rooms() throws -> [URL] {
    let sources = Self.package.appending(path: "Sources")
    let sheets = try FileManager.default.contentsOfDirectory(
      atPath: sources.appending(path: "Curriculum").path)
    return
      (["Answering", "Models", "Tensors", "Tokenizers", "Transformers"]
      + sheets.map { "Curriculum/\($0)/Vocabulary" }).map { sources.appending(path: $0) }
  }

  private static func swiftFiles(in folder: URL) throws -> [URL] {
    guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
    return try FileManager.default.subpathsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".swift") }
      .map { folder.appending(path: $0) }
  }

  /// What a solution says between an exercise's mark and the next, and whatever else of the file
  /// this calls, directly or through another: answers are made of earlier answers too.
  private static func answer(to exercise: String, in solution: String) throws -> String {
    let parts = solution.components(separatedBy: "// MARK: ")
    var text = try XCTUnwrap(parts.first { $0.hasPrefix(exercise + " ") }, exercise)
    let starts = solution.matches(of: /\b(?:func|struct|extension) (\w+)/)
    var waiting = starts.indices.map { place in
      let end = place + 1 < starts.count ? starts[place + 1].range.lowerBound : solution.endIndex
      let body = solution[starts[place].range.lowerBound..<end]
      return (name: String(starts[place].1), body: String(body))
    }
    while let place = waiting.firstIndex(where: { called in
      text.contains("\(called.name)(") || text.contains("\(called.name).")
    }) {
      text += waiting.remove(at: place).body
    }
    return text
  }

  func testEveryExerciseThatIsNamedExists() {
    let known = Set(Course.sheets.flatMap { $0.exercises.map(\.id) })
    for helper in GivenHelper.all {
      XCTAssertTrue(known.isSuperset(of: helper.exercises), helper.name)
    }
  }

  func testNothingIsListedTwice() {
    let names = GivenHelper.all.map(\.name)
    XCTAssertEqual(names.count, Set(names).count)
  }

  private static let package = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private static func solution(of sheet: String) throws -> String {
    let solutions = package.appending(path: "Solutions")
    let folder = try XCTUnwrap(
      FileManager.default.contentsOfDirectory(at: solutions, includingPropertiesForKeys: nil)
        .first { $0.lastPathComponent.hasPrefix(sheet + "-") })
    return try String(contentsOf: folder.appending(path: "Answers.swift"), encoding: .utf8)
  }
}
