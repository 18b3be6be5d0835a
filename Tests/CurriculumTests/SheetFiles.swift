import Coursework
import Foundation
import XCTest

extension SheetProof {
  /// The table at the head of the sheet's text names every exercise with its points, difficulty,
  /// importance and minutes.
  func assertTheIndexTableIsTheSheets(file: StaticString = #filePath, line: UInt = #line) throws {
    let text = try XCTUnwrap(
      String(data: repositoryFile("Sheets/\(sheet.folder)/README.md"), encoding: .utf8))
    for exercise in sheet.exercises {
      let row =
        "| \(exercise.id) | \(exercise.title) | \(exercise.points) | \(exercise.difficulty) | "
        + "\(exercise.importance) | \(exercise.minutes) |"
      XCTAssertTrue(text.contains(row), row, file: file, line: line)
    }
  }

  private func repositoryFile(_ path: String) throws -> Data {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return try Data(contentsOf: root.appending(path: path))
  }
}
