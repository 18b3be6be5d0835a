import Answering
import Coursework
import XCTest

@testable import Curriculum

/// The program that runs a student's code answers for all that the exercises ask, and nothing else.
final class AskListTests: XCTestCase {
  func testAsksAreThoseOfTheExercises() {
    XCTAssertEqual(Course.sheets.map(\.number), Array(1...Course.sheets.count))
    for sheet in Course.sheets {
      XCTAssertEqual(
        sheet.asks.all.map(\.method).sorted(), sheet.exercises.flatMap(\.methods).sorted(),
        sheet.title)
      XCTAssertEqual(sheet.vocabulary.module, sheet.title + "Vocabulary")
    }
  }

  func testStrayImportsAreNoticed() {
    let sheet = Course.sheets[0]
    XCTAssertEqual(
      sheet.strayImports(
        in: """
          import Answering
            @testable import Curriculum
          import struct Interpretability.Bootstrap
          import AttentionVocabulary
          // import Grading
          """), ["@testable Curriculum", "Interpretability"])
  }
}
