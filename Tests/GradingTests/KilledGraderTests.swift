import Coursework
import Foundation
import Grading
import XCTest

/// The command itself, killed at any instant.
final class KilledGraderTests: XCTestCase {
  /// `headlight grade` on a class's folder.
  private func command(_ room: Classroom, grades: String) -> Process {
    let process = Process()
    process.executableURL = ThisProgram.sibling("headlight")
    process.arguments = [
      "grade", "--sheet", "1", room.submissions.path, "--output",
      room.folder.appending(path: grades).path, "--seed-file",
      room.folder.appending(path: "seed").path, "--jobs", "2", "--no-figures", "--time-limit", "30",
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    return process
  }

  private func results(_ room: Classroom, grades: String) -> [SubmissionResult] {
    GradesFolder(room.folder.appending(path: grades)).results().map { result in
      var result = result
      // All but what a clock says.
      result.gradedAt = .distantPast
      result.durations = Durations()
      result.exercises = result.exercises.map {
        var exercise = $0
        exercise.seconds = 0
        return exercise
      }
      return result
    }
  }

  /// Five instants, or as many as `HEADLIGHT_KILLS` says: fifty take some minutes.
  func testGradesEqualThoseOfAnUndisturbedRun() throws {
    let kills = ProcessInfo.processInfo.environment["HEADLIGHT_KILLS"].flatMap { Int($0) } ?? 5
    let room = try Classroom(temporaryFolder())
    try Data("a seed".utf8).write(to: room.folder.appending(path: "seed"))
    let template = try room.text(of: "Sheets")
    for index in 0..<3 { try room.handIn("solution \(index)", room.text(of: "Solutions")) }
    for index in 0..<3 { try room.handIn("template \(index)", template) }
    try room.handIn("broken", "let x: Int = \"\"")
    try room.handIn("empty", "")

    let undisturbed = command(room, grades: "undisturbed")
    let start = ContinuousClock.now
    try undisturbed.run()
    undisturbed.waitUntilExit()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    XCTAssertEqual(undisturbed.terminationStatus, 0)
    let expected = results(room, grades: "undisturbed")
    XCTAssertEqual(expected.count, 8)

    var generator = SystemRandomNumberGenerator()
    var finished = 0
    for _ in 0..<kills {
      let process = command(room, grades: "killed")
      try process.run()
      usleep(UInt32.random(in: 1_000...UInt32(seconds * 1e6), using: &generator))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      // What is there is whole, and is what it will be in the end.
      let partial = results(room, grades: "killed")
      for result in partial { XCTAssertTrue(expected.contains(result), "\(result)") }
      // Once all is graded there is nothing to kill in the middle of: begin again.
      if partial.count == expected.count {
        finished += 1
        try FileManager.default.removeItem(at: room.folder.appending(path: "killed"))
      }
    }
    let last = command(room, grades: "killed")
    try last.run()
    last.waitUntilExit()
    XCTAssertEqual(last.terminationStatus, 0)
    XCTAssertEqual(results(room, grades: "killed"), expected)
    // Supervisors see within a fifth of a second that nobody waits for them.
    usleep(600_000)
    XCTAssertEqual(Traces.left, [])
    print("killed \(kills) times in \(seconds) s each, \(finished) times after the end")
  }

  func testControlCStopsCleanly() throws {
    let room = try Classroom(temporaryFolder())
    try Data("a seed".utf8).write(to: room.folder.appending(path: "seed"))
    for index in 0..<8 { try room.handIn("solution \(index)", room.text(of: "Solutions")) }
    let process = command(room, grades: "grades")
    try process.run()
    while process.isRunning, results(room, grades: "grades").isEmpty { usleep(20_000) }
    process.interrupt()
    process.waitUntilExit()
    XCTAssertEqual(process.terminationStatus, 130)
    let done = results(room, grades: "grades")
    XCTAssertTrue((1..<8).contains(done.count), "\(done.count)")
    XCTAssertEqual(Traces.left, [])
  }
}
