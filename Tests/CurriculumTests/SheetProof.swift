import Answering
import Coursework
import Foundation
import XCTest

/// What has to hold of every sheet as a whole.
struct SheetProof {
  let sheet: Sheet
  let untouched: any Sendable
  let solution: any Sendable

  /// The same seed makes the same cases, another seed others, and each is small and has its own name.
  func assertCasesFollowFromTheSeed(file: StaticString = #filePath, line: UInt = #line) throws {
    for exercise in sheet.exercises {
      func questions(_ seed: UInt64) throws -> [Data] {
        try exercise.cases(seed: seed).map(\.question)
      }
      let cases = try exercise.cases(seed: 7)
      XCTAssertEqual(
        try questions(7), cases.map(\.question), exercise.id, file: file, line: line)
      guard !exercise.isOpen else { continue }
      XCTAssertNotEqual(
        try questions(8), cases.map(\.question), exercise.id, file: file, line: line)
      XCTAssertEqual(
        Set(cases.map(\.name)).count, cases.count, "names of \(exercise.id)'s cases", file: file,
        line: line)
      for aCase in cases {
        XCTAssertLessThan(
          aCase.question.count, 2_000_000, "\(exercise.id), \(aCase.name)", file: file, line: line)
      }
    }
  }

  /// Every figure is a picture, with the same bytes each time.
  func assertFiguresAreAlwaysTheSame(
    file: StaticString = #filePath, line: UInt = #line
  ) throws {
    try inTemporaryFolder { folder in
      for figure in sheet.figures {
        let first = folder.appending(path: figure.name)
        let again = folder.appending(path: "again.png")
        try figure.draw(Asking(sheet.asks, of: solution), first)
        try figure.draw(Asking(sheet.asks, of: solution), again)
        let bytes = try Data(contentsOf: first)
        XCTAssertEqual(
          Array(bytes.prefix(4)), [0x89, 0x50, 0x4E, 0x47], figure.name, file: file, line: line)
        XCTAssertEqual(try Data(contentsOf: again), bytes, figure.name, file: file, line: line)
      }
    }
  }

  /// Figures of answers are not drawn, not even in part, until there are answers.
  func assertFiguresWait(
    _ figures: [SheetFigure], file: StaticString = #filePath, line: UInt = #line
  ) throws {
    try inTemporaryFolder { folder in
      for figure in figures {
        let place = folder.appending(path: figure.name)
        XCTAssertThrowsError(
          try figure.draw(Asking(sheet.asks, of: untouched), place), figure.name, file: file,
          line: line
        ) {
          XCTAssertTrue($0 is Unanswered, "\(figure.name): \($0)", file: file, line: line)
        }
        XCTAssertFalse(
          FileManager.default.fileExists(atPath: place.path), figure.name, file: file, line: line)
      }
    }
  }

  private func inTemporaryFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }
}
