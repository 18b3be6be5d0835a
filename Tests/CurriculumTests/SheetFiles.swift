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

  /// The expected pictures are what the solution draws, and all of them are there.
  ///
  /// - Parameter ofTraining: Pictures of what is trained while a sheet runs, whose last digits depend on
  ///   how a processor rounds: only their size in pixels is held.
  func assertExpectedPicturesAreDrawn(
    ofTraining: Set<String> = [], file: StaticString = #filePath, line: UInt = #line
  ) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for figure in sheet.figures {
      let drawn = folder.appending(path: figure.name)
      try figure.draw(Asking(sheet.asks, of: solution), drawn)
      let (found, wanted) = (
        try Data(contentsOf: drawn),
        try repositoryFile("Solutions/\(sheet.folder)/Figures/\(figure.name)")
      )
      if ofTraining.contains(figure.name) {
        // Width and height stand at the same place of every PNG.
        XCTAssertEqual(found[16..<24], wanted[16..<24], figure.name, file: file, line: line)
      } else {
        XCTAssertTrue(found == wanted, "\(figure.name) is another picture", file: file, line: line)
      }
    }
  }

  private func repositoryFile(_ path: String) throws -> Data {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return try Data(contentsOf: root.appending(path: path))
  }
}
