import Coursework
import Foundation
import XCTest

@testable import Curriculum
@testable import Solution1

/// The pictures of Sheet 1.
final class AttentionFiguresTests: XCTestCase {
  private func temporaryFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
    return folder
  }

  func testEveryFigureIsDrawnAndAlwaysTheSame() throws {
    let folder = try temporaryFolder()
    for figure in AttentionSheet.figures {
      let (file, again) = (folder.appending(path: figure.name), folder.appending(path: "again.png"))
      try figure.draw(Solution1.Answers(), file)
      try figure.draw(Solution1.Answers(), again)
      let bytes = try Data(contentsOf: file)
      XCTAssertEqual(Array(bytes.prefix(4)), [0x89, 0x50, 0x4E, 0x47], figure.name)
      XCTAssertEqual(try Data(contentsOf: again), bytes, figure.name)
    }
  }

  func testFiguresOfAnswersWaitForThem() throws {
    let folder = try temporaryFolder()
    for figure in AttentionSheet.answerFigures {
      let file = folder.appending(path: figure.name)
      XCTAssertThrowsError(try figure.draw(UntouchedAnswers(), file), figure.name) {
        XCTAssertTrue($0 is Unanswered, "\(figure.name): \($0)")
      }
      XCTAssertFalse(FileManager.default.fileExists(atPath: file.path), figure.name)
    }
    for figure in AttentionSheet.figures.prefix(4) {
      XCTAssertNoThrow(try figure.draw(UntouchedAnswers(), folder.appending(path: figure.name)))
    }
  }
}
