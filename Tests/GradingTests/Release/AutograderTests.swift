import Coursework
import Curriculum
import Foundation
import XCTest

@testable import Grading

/// Gradescope's script as its container runs it, with this build's own grader.
final class AutograderTests: XCTestCase {
  private struct Report: Decodable {
    let score: Double
    let output: String
    let tests: [Test]?

    struct Test: Decodable {
      let number: String
      let status: String?
    }
  }

  /// What the script leaves in `results.json`.
  private func report(
    on answers: String?, before: (_ headlight: URL) throws -> Void = { _ in }
  ) throws -> Report {
    let root = try temporaryFolder()
    let files = FileManager.default
    let build = root.appending(path: "source/headlight/.build/release")
    for folder in [build, root.appending(path: "submission/src")] {
      try files.createDirectory(at: folder, withIntermediateDirectories: true)
    }
    let headlight = build.appending(path: "headlight")
    // A container has a release build, which this one need not be.
    let grader = ThisProgram.sibling("headlight").path
    try Data("#!/bin/sh\nexec '\(grader)' \"$@\"\n".utf8).write(to: headlight)
    try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: headlight.path)
    try before(headlight)
    try Data("a secret for tests".utf8).write(to: root.appending(path: "source/seed"))
    if let answers {
      try Data(answers.utf8).write(to: root.appending(path: "submission/src/Answers.swift"))
    }
    let sheet = try XCTUnwrap(Course.sheets.first)
    let script = root.appending(path: "run_autograder")
    let bundle = AutograderBundle(course: Classroom.package, sheet: sheet, seed: Data())
    try Data(bundle.runAutograder.utf8).write(to: script)

    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = [script.path]
    process.environment = ProcessInfo.processInfo.environment
      .merging(["AUTOGRADER_ROOT": root.path]) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    XCTAssertEqual(process.terminationStatus, 0)
    return try JSONDecoder().decode(
      Report.self, from: Data(contentsOf: root.appending(path: "results/results.json")))
  }

  func testASubmissionIsGraded() throws {
    let sheet = try XCTUnwrap(Course.sheets.first)
    let solution = try report(on: try Classroom(temporaryFolder()).text(of: "Solutions"))
    XCTAssertEqual(solution.score, Double(sheet.points - sheet.openPoints))
    XCTAssertEqual(solution.tests?.map(\.number), sheet.exercises.map(\.id))
    XCTAssertTrue(solution.output.contains("All public checks passed."), solution.output)

    let broken = try report(
      on: "let x: Int = \"\"\n" + Classroom(temporaryFolder()).text(of: "Sheets"))
    XCTAssertEqual(broken.score, 0)
    XCTAssertTrue(broken.output.contains("does not compile: `x`: line 1: "), broken.output)

    let nothing = try report(on: nil)
    XCTAssertEqual(nothing.score, 0)
    XCTAssertTrue(nothing.output.contains("Answers.swift"), nothing.output)
  }

  func testAGraderThatFailsLeavesAReport() throws {
    let failed = try report(on: "") { headlight in
      try FileManager.default.removeItem(at: headlight)
    }
    XCTAssertEqual(failed.score, 0)
    XCTAssertTrue(failed.output.contains("no fault of yours"), failed.output)
  }
}
