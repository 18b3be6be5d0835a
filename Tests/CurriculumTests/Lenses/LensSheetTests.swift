import Coursework
import Foundation
import XCTest

@testable import Curriculum
@testable import Solution5

/// Sheet 5 as a whole.
final class LensSheetTests: XCTestCase {
  func testStubsEarnNothingAndTheSolutionEverything() {
    let faults = LensSheet.sheet.faults(
      untouched: UntouchedLenses(), solution: Solution5.Answers())
    XCTAssertEqual(faults, [])
  }

  func testCasesFollowFromTheSeed() throws {
    for exercise in LensSheet.sheet.exercises {
      let cases = try exercise.questions(seed: 7)
      XCTAssertEqual(try exercise.questions(seed: 7), cases, exercise.id)
      guard case .coding = exercise.kind else { continue }
      XCTAssertNotEqual(try exercise.questions(seed: 8), cases, exercise.id)
      XCTAssertEqual(Set(cases.map(\.name)).count, cases.count, "names of \(exercise.id)'s cases")
      for aCase in cases {
        XCTAssertLessThan(aCase.question.count, 2_000_000, "\(exercise.id), \(aCase.name)")
      }
    }
  }

  func testEveryFigureIsDrawnAndAlwaysTheSame() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
    for figure in LensSheet.figures {
      let (file, again) = (folder.appending(path: figure.name), folder.appending(path: "again.png"))
      try figure.draw(Solution5.Answers(), file)
      try figure.draw(Solution5.Answers(), again)
      let bytes = try Data(contentsOf: file)
      XCTAssertEqual(Array(bytes.prefix(4)), [0x89, 0x50, 0x4E, 0x47], figure.name)
      XCTAssertEqual(try Data(contentsOf: again), bytes, figure.name)
    }
    for figure in LensSheet.answerFigures {
      let file = folder.appending(path: "waits.png")
      XCTAssertThrowsError(try figure.draw(UntouchedLenses(), file), figure.name) {
        XCTAssertTrue($0 is Unanswered, "\(figure.name): \($0)")
      }
    }
  }
}
