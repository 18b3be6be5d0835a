#if os(Linux)
  import Foundation
  import XCTest

  @testable import Coursework

  final class LoadTests: XCTestCase {
    /// Many endless loops on few processors: each is starved, all together are not.
    func testWhoWaitsForAProcessorIsStarvedAndWhoCrowdsItselfOutIsNot() async throws {
      let count = ProcessInfo.processInfo.activeProcessorCount * 6
      let parent = Process()
      parent.executableURL = URL(filePath: "/bin/sh")
      parent.arguments = [
        "-c", "for i in $(seq \(count)); do (while :; do :; done) & done; wait",
      ]
      try parent.run()
      let root = parent.processIdentifier
      defer {
        for process in ProcessTree.descendants(of: root).reversed() { kill(process, SIGKILL) }
        parent.waitUntilExit()
      }
      while ProcessTree.descendants(of: root).count <= count {
        try await Task.sleep(for: .milliseconds(10))
      }
      let one = try XCTUnwrap(ProcessTree.descendants(of: root).last)
      let before = (one: Load(of: one), all: Load(of: root))
      try await Task.sleep(for: .seconds(2))
      XCTAssertTrue(Load(of: one).isStarved(since: before.one, passed: 2, due: 2))
      // A part of the time even where the machine is busy with others.
      XCTAssertFalse(Load(of: root).isStarved(since: before.all, passed: 2, due: 0.5))
    }

    func testWhoSleepsWaitsForNobody() async throws {
      let sleeper = Process()
      sleeper.executableURL = URL(filePath: "/bin/sleep")
      sleeper.arguments = ["60"]
      try sleeper.run()
      defer { sleeper.terminate() }
      let before = Load(of: sleeper.processIdentifier)
      try await Task.sleep(for: .milliseconds(500))
      XCTAssertFalse(
        Load(of: sleeper.processIdentifier).isStarved(since: before, passed: 0.5, due: 0.5))
    }
  }
#endif
