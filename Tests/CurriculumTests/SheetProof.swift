import Answering
import Coursework
import Foundation
import Pictures
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

  /// Every figure of the solution is the picture that is kept of it, and none is kept of another.
  ///
  /// - Parameter ofTraining: Pictures of what is trained while the sheet runs, which ends elsewhere on
  ///   another kind of processor: their size alone is held.
  func assertFiguresAreTheExpectedOnes(
    ofTraining: Set<String> = [], file: StaticString = #filePath, line: UInt = #line
  ) throws {
    let kept = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Solutions/\(sheet.folder)/Figures")
    XCTAssertEqual(
      try FileManager.default.contentsOfDirectory(atPath: kept.path).sorted(),
      sheet.figures.map(\.name).sorted(), file: file, line: line)
    try inTemporaryFolder { folder in
      for figure in sheet.figures {
        let drawn = folder.appending(path: figure.name)
        try figure.draw(Asking(sheet.asks, of: solution), drawn)
        let (ours, theirs) = (
          try Data(contentsOf: drawn), try Data(contentsOf: kept.appending(path: figure.name))
        )
        // Labels are of 8 points; on a page whose text is 6.5 inches wide they are printed at 6.
        XCTAssertLessThanOrEqual(
          try Pixels(png: ours).width, Int(6.5 * 200 * 8 / 6), "\(figure.name) is too wide",
          file: file, line: line)
        guard ours != theirs else { continue }
        XCTAssertLessThan(
          try Pixels(png: ours).share(differingFrom: Pixels(png: theirs)),
          ofTraining.contains(figure.name) ? 1 : 0.003,
          "\(figure.name) is not the picture in \(kept.lastPathComponent); look at what is drawn, and "
            + "keep it when it is right", file: file, line: line)
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
