import Coursework
import Foundation
import XCTest

@testable import Curriculum

/// The list of what is given on purpose says what is so.
final class GivenHelpersTests: XCTestCase {
  /// What is given is used: a helper that no answer needs has no business being within reach.
  func testTheSolutionUsesWhatIsGiven() throws {
    for helper in GivenHelper.all {
      for sheet in Set(helper.exercises.map { $0.prefix { $0 != "." } }) {
        let solution = try Self.solution(of: String(sheet))
        XCTAssertTrue(
          solution.contains(helper.name + "(") || solution.contains(helper.name + ":")
            || solution.contains(helper.name + " {"), "\(helper.name) on sheet \(sheet)")
      }
    }
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

  private static func solution(of sheet: String) throws -> String {
    let solutions = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Solutions")
    let folder = try XCTUnwrap(
      FileManager.default.contentsOfDirectory(at: solutions, includingPropertiesForKeys: nil)
        .first { $0.lastPathComponent.hasPrefix(sheet + "-") })
    return try String(contentsOf: folder.appending(path: "Answers.swift"), encoding: .utf8)
  }
}
