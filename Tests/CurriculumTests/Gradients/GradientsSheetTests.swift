import Coursework
import Foundation
import XCTest

@testable import Curriculum
@testable import Solution3

/// Sheet 3 as a whole.
final class GradientsSheetTests: XCTestCase {
  func testStubsEarnNothingAndTheSolutionEverything() {
    let faults = GradientsSheet.sheet.faults(
      untouched: UntouchedGradients(), solution: Solution3.Answers())
    XCTAssertEqual(faults, [])
  }

  func testFortyPointsAreCheckedAndFourMarkedByHand() {
    XCTAssertEqual(GradientsSheet.sheet.exercises.reduce(0) { $0 + $1.points }, 44)
    XCTAssertEqual(GradientsSheet.sheet.openPoints, 4)
  }

  func testCasesFollowFromTheSeedAndAreSmall() throws {
    for exercise in GradientsSheet.sheet.exercises {
      let cases = try exercise.questions(seed: 7)
      XCTAssertEqual(try exercise.questions(seed: 7), cases, exercise.id)
      guard case .coding = exercise.kind else { continue }
      XCTAssertNotEqual(try exercise.questions(seed: 8), cases, exercise.id)
      XCTAssertEqual(Set(cases.map(\.name)).count, cases.count, "names of \(exercise.id)'s cases")
      for encoded in cases { XCTAssertLessThan(encoded.question.count, 2_000_000, exercise.id) }
    }
  }

  func testEveryFigureIsDrawnAndAlwaysTheSame() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for figure in GradientsSheet.figures {
      let (file, again) = (folder.appending(path: figure.name), folder.appending(path: "again.png"))
      try figure.draw(Solution3.Answers(), file)
      try figure.draw(Solution3.Answers(), again)
      let bytes = try Data(contentsOf: file)
      XCTAssertEqual(Array(bytes.prefix(4)), [0x89, 0x50, 0x4E, 0x47], figure.name)
      XCTAssertEqual(try Data(contentsOf: again), bytes, figure.name)
    }
  }

  func testFiguresOfAnswersWaitForThem() throws {
    for figure in GradientsSheet.answerFigures {
      let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).png")
      XCTAssertThrowsError(try figure.draw(UntouchedGradients(), file), figure.name) {
        XCTAssertTrue($0 is Unanswered, "\(figure.name): \($0)")
      }
      XCTAssertFalse(FileManager.default.fileExists(atPath: file.path), figure.name)
    }
  }
}
