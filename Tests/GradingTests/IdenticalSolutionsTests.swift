import Coursework
import Foundation
import Grading
import XCTest

/// Whoever hands in the same gets the same, whatever the machine is busy with.
final class IdenticalSolutionsTests: XCTestCase {
  /// How many hand in the same; fewer where a suite is to be quick.
  private var students: Int {
    ProcessInfo.processInfo.environment["HEADLIGHT_IDENTICAL"].flatMap { Int($0) } ?? 3
  }

  func testIdenticalSolutionsEarnIdenticalResults() async throws {
    // Two loops a processor that never end, so that nothing gets one to itself.
    let busy = try (0..<ProcessInfo.processInfo.activeProcessorCount * 2).map { _ in
      let process = Process()
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments = ["-c", "while :; do :; done"]
      try process.run()
      return process
    }
    // Whoever ignores the polite signal hands that down.
    defer { for process in busy { kill(process.processIdentifier, SIGKILL) } }

    for level in SandboxLevel.allCases {
      var room = try Classroom(temporaryFolder())
      room.options.strongestSandbox = level
      room.options.requiredSandbox = level
      room.options.seconds = 120
      let solution = try room.text(of: "Solutions")
      for index in 1...students { try room.handIn("student-\(index)", solution) }
      do {
        let summary = try await room.run()
        XCTAssertEqual(summary.faults, [], "\(level)")
      } catch let refusal as SandboxRefusal {
        print("not tried: \(refusal)")
        continue
      }
      let results = try (1...students).map { index in
        var result = try room.result("student-\(index)")
        // What may differ: who it is, and how long it took.
        result.student = ""
        result.gradedAt = Date(timeIntervalSince1970: 0)
        result.durations = Durations()
        for index in result.exercises.indices { result.exercises[index].seconds = 0 }
        return result
      }
      XCTAssertEqual(results[0].points, Double(room.sheet.points - room.sheet.openPoints))
      XCTAssertTrue(results[0].exercises.contains { $0.isOpen && $0.text != nil })
      for result in results { XCTAssertEqual(result, results[0], "\(level)") }
    }
  }
}
