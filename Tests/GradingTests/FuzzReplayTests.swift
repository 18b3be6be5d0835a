import Foundation
import XCTest

@testable import Grading

/// What fuzzing found worth keeping (see `Tests/Fuzzing/run`), read again: nothing traps, and
/// whatever comes of an input is a value or a sentence.
final class FuzzReplayTests: XCTestCase {
  private func inputs(_ target: String) throws -> [Data] {
    let folder = Classroom.package.appending(path: "Tests/Fixtures/Fuzzing/\(target)")
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    XCTAssertGreaterThan(files.count, 10)
    return try files.map { try Data(contentsOf: $0) }
  }

  func testArchives() throws {
    var limits = CollectingLimits()
    limits.unpackedBytes = 1_000_000
    limits.answersBytes = 10_000
    for input in try inputs("Archive") {
      var files = SubmittedFiles(limits: limits)
      do {
        try files.addArchive(Array(input))
        try files.openInnerArchives()
      } catch { XCTAssertFalse("\(error)".isEmpty) }
      let choice = AnswersChoice(files, sheet: SheetFile(folder: "1-Attention"))
      XCTAssertNotEqual(choice.text == nil, choice.problem == nil)
      XCTAssertTrue(files.files.allSatisfy { $0.bytes.count <= limits.answersBytes })
    }
  }

  func testMarks() throws {
    let table = MarksTable(results: ["00123", "123", "ada", "Jos\u{E9}"].map { Sample.result($0) })
    for input in try inputs("Marks") {
      guard let reading = try? table.reading(of: input, file: "m.csv") else { continue }
      XCTAssertTrue(reading.problems.allSatisfy { $0.hasPrefix("m.csv, line ") })
      for mark in reading.marks.values.compactMap(\.self) {
        XCTAssertTrue((0...2).contains(mark.points))
      }
    }
  }

  func testTextsThatDoNotCompile() throws {
    let template = try XCTUnwrap(
      AnswersTemplate(
        """
        import Coursework
        struct Answers: SampleAnswers {
          func one(of x: [Int]) throws -> Int { throw Unanswered() }
          func two(_ x: Float, y: Float) throws -> Float { throw Unanswered() }
        }
        """))
    for input in try inputs("Answers") where input.count > 2 {
      let text = String(decoding: input.dropFirst(2), as: UTF8.self)
      guard var salvage = Salvage(text, template: template) else { continue }
      let lines = text.utf8.count { $0 == UInt8(ascii: "\n") }
      for _ in 0..<4 {
        let fault = Diagnostics.Fault(line: Int(input[0]), column: Int(input[1]), text: "no")
        guard salvage.takeOut([fault]) else { break }
        XCTAssertEqual(salvage.text.utf8.count { $0 == UInt8(ascii: "\n") }, lines)
      }
    }
  }
}
