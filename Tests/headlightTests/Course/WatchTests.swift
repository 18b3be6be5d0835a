import CourseworkFixture
import Foundation
import Synchronization
import XCTest

@testable import Coursework
@testable import headlight

/// A sheet that is watched, with the practice sheet of the tests.
final class WatchTests: XCTestCase {
  /// Events as a test writes them.
  private final class Script: WatchEvents {
    private let rest: Mutex<[WatchEvent]>
    /// Whether a save is waiting while a check runs.
    private let interrupts: Bool
    private let start = ContinuousClock.now

    init(_ events: [WatchEvent], interrupts: Bool = false) {
      rest = Mutex(events)
      self.interrupts = interrupts
    }

    func next() async -> WatchEvent {
      rest.withLock { $0.isEmpty ? .stop : $0.removeFirst() }
    }

    func interruption() async {
      while !Task.isCancelled {
        try? await Task.sleep(for: .milliseconds(20))
        if interrupts, start.duration(to: .now) > .milliseconds(500) { return }
      }
    }
  }

  private func watch(
    _ events: Script, in folder: URL, hasKeys: Bool = true,
    prepare: @escaping @Sendable () throws -> Void = {}
  ) async throws -> String {
    let recorder = Recorder()
    let program = ThisProgram.sibling("CourseworkFixture").path
    let who = folder.appending(path: "who").path
    let session = WatchSession(
      sheet: practiceSheet, file: "Sheets/9-Practice/Answers.swift", hasKeys: hasKeys,
      prepare: prepare,
      checker: ProcessChecker(
        command: ["/bin/sh", "-c", "PRACTICE=$(cat \(who)) exec \(program) \"$@\"", "sh"]),
      progress: ProgressFile(package: folder), terminal: recorder.terminal())
    try await session.run(events)
    return recorder.text
  }

  private func folder(_ whose: String) throws -> URL {
    let folder = try temporaryFolder()
    try Data(whose.utf8).write(to: folder.appending(path: "who"))
    return folder
  }

  func testItSaysWhatIsNextAndHintsSayMoreEachTime() async throws {
    let folder = try folder("untouched")
    let text = try await watch(Script([.key("h"), .key("h"), .key("x"), .key("q")]), in: folder)
    XCTAssertEqual(
      text,
      """
      Sheet 9 · Practice
      Watching Sheets/9-Practice/Answers.swift. Ctrl-C ends.

      0 of 6 points
      Next: 9.1 Transpose a matrix, about 10 min, difficulty 2 of 5.
      h: a hint · r: check again · q: quit
      9.1, hint 1 of 3: \(transposeExercise.hints[0])
      9.1, hint 2 of 3: \(transposeExercise.hints[1])
      h: a hint · r: check again · q: quit


      """)
    XCTAssertEqual(try ProgressFile(package: folder).load().progress["9.1"].hintsRevealed, 2)
  }

  func testASaveShowsWhatHasChangedAndKeepsProgress() async throws {
    let folder = try folder("index")
    let count = Mutex(0)
    let text = try await watch(
      Script([.saved, .saved, .stop]), in: folder, hasKeys: false,
      prepare: {
        let round = count.withLock { count in
          count += 1
          return count
        }
        if round > 1 { try Data("solved".utf8).write(to: folder.appending(path: "who")) }
      })
    let rounds = text.components(separatedBy: "\n\n")
    XCTAssertEqual(rounds.count, 5, text)
    XCTAssertTrue(rounds[1].contains("✗ 9.1 Transpose a matrix (0 of 3)"), text)
    XCTAssertTrue(rounds[1].contains("◐ 9.2 Double the numbers (2 of 3)"), text)
    XCTAssertTrue(rounds[1].hasSuffix("difficulty 2 of 5."), text)
    XCTAssertTrue(rounds[2].hasPrefix("✓ 9.1 Transpose a matrix (3 of 3)"), text)
    XCTAssertTrue(rounds[2].contains("✓ 9.2 Double the numbers (3 of 3)"), text)
    XCTAssertFalse(rounds[2].contains("9.3"), "nothing is new there: \(text)")
    XCTAssertEqual(
      rounds[3],
      "6 of 6 points\nEvery public check passed; the grade comes from other questions like these."
    )
    XCTAssertEqual(try ProgressFile(package: folder).load().progress["9.2"].bestPoints, 3)
  }

  func testWhatDoesNotCompileIsShownAndNothingIsChecked() async throws {
    let folder = try folder("solved")
    let text = try await watch(
      Script([.stop]), in: folder,
      prepare: { throw CommandError("Sheet9 does not build:\nA.swift:3:1: error: no\u{1B}[31m") })
    XCTAssertEqual(
      text,
      """
      Sheet 9 · Practice
      Watching Sheets/9-Practice/Answers.swift. Ctrl-C ends.

      Sheet9 does not build:
      A.swift:3:1: error: no
      Checked again as soon as you save.


      """)
  }

  func testAStopDoesNotWaitForAnAnswer() async throws {
    let folder = try folder("sleep")
    let start = ContinuousClock.now
    let text = try await watch(Script([.stop], interrupts: true), in: folder)
    XCTAssertLessThan((ContinuousClock.now - start) / .seconds(1), 5)
    XCTAssertFalse(text.contains("points"), text)
  }

  func testASaveInPlaceOrByARenameIsSeenOnce() async throws {
    let file = try temporaryFolder().appending(path: "Answers.swift")
    try Data("one".utf8).write(to: file)
    let events = FileEvents(file: file, keyboard: nil)
    func waits() async -> Bool {
      let next = Task { await events.next() }
      let clock = Task {
        try await Task.sleep(for: .milliseconds(400))
        next.cancel()
      }
      defer { clock.cancel() }
      return await next.value == .stop
    }
    let waitsAtFirst = await waits()
    XCTAssertTrue(waitsAtFirst)
    try Data("two!".utf8).write(to: file)
    var event = await events.next()
    XCTAssertEqual(event, .saved)
    let other = file.appendingPathExtension("new")
    try Data("six!".utf8).write(to: other)
    XCTAssertEqual(rename(other.path, file.path), 0)
    event = await events.next()
    XCTAssertEqual(event, .saved)
    let waitsAgain = await waits()
    XCTAssertTrue(waitsAgain)
    try FileManager.default.removeItem(at: file)
    let waitsForTheFile = await waits()
    XCTAssertTrue(waitsForTheFile)
  }
}
