import Coursework
import Curriculum
import Foundation
import Grading
import XCTest

extension XCTestCase {
  /// A folder that is gone after the test.
  func temporaryFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "grading-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
    return folder
  }

  /// Skips, saying so, where the strongest sandbox is not installed.
  func requireBubblewrap() throws {
    let found = ["/usr/bin/bwrap", "/usr/local/bin/bwrap"].contains {
      FileManager.default.isExecutableFile(atPath: $0)
    }
    try XCTSkipUnless(found, "bubblewrap is not installed: apt install bubblewrap")
  }
}

/// A class's submissions and grades in a folder of a test's own.
struct Classroom {
  let folder: URL
  let sheet: Sheet
  var options = GradingOptions(jobs: 2, drawsFigures: false)
  var seedText = "a secret for tests"

  init(_ folder: URL, sheet number: Int = 1) throws {
    self.folder = folder
    sheet = try XCTUnwrap(Course.sheets.first { $0.number == number })
    try FileManager.default.createDirectory(at: submissions, withIntermediateDirectories: true)
  }

  var submissions: URL { folder.appending(path: "submissions") }
  var grades: GradesFolder { GradesFolder(folder.appending(path: "grades")) }

  /// The package's own folder.
  static var package: URL { PackageCheckout.courseFolder() }

  /// What the sheet's solution, or its untouched template, says.
  func text(of kind: String) throws -> String {
    try String(
      contentsOf: Self.package.appending(path: "\(kind)/\(sheet.folder)/Answers.swift"),
      encoding: .utf8)
  }

  /// Hands in a file for a student.
  func handIn(_ student: String, _ text: String, as path: String = "Answers.swift") throws {
    let place = submissions.appending(path: student).appending(path: path)
    try FileManager.default.createDirectory(
      at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: place)
  }

  func run(_ change: (inout GradingRun) -> Void = { _ in }) async throws -> GradingRun.Summary {
    var run = GradingRun(
      sheet: sheet, submissions: submissions, grades: grades, seed: try Seed(text: seedText),
      options: options)
    run.terminal = Terminal(width: 80, isInteractive: false, hasColours: false) { _ in }
    change(&run)
    return try await run.run()
  }

  func result(_ student: String) throws -> SubmissionResult {
    try XCTUnwrap(
      SubmissionResult(inFolder: grades.folder(of: Submission.folderName(for: student))), student)
  }
}
