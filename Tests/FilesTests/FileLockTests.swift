import Files
import Foundation
import Synchronization
import XCTest

final class FileLockTests: XCTestCase {
  private func place() throws -> URL {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "lock-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    addTeardownBlock { try FileManager.default.removeItem(at: folder) }
    return folder.appending(path: "lock")
  }

  func testOneAtATimeHoldsIt() throws {
    let place = try place()
    var lock = try FileLock.take(place)
    XCTAssertNotNil(lock)
    XCTAssertNil(lock?.weakness)
    XCTAssertNil(try FileLock.take(place))
    lock = nil
    XCTAssertNotNil(try FileLock.take(place))
  }

  func testWaitersTakeTurns() throws {
    let place = try place()
    let inside = Mutex((now: 0, most: 0, times: 0))
    DispatchQueue.concurrentPerform(iterations: 30) { _ in
      guard let lock = try? FileLock.wait(for: place) else { return }
      inside.withLock {
        $0.now += 1
        $0.most = max($0.most, $0.now)
        $0.times += 1
      }
      usleep(500)
      inside.withLock { $0.now -= 1 }
      withExtendedLifetime(lock) {}
    }
    XCTAssertEqual(inside.withLock { $0.most }, 1)
    XCTAssertEqual(inside.withLock { $0.times }, 30)
  }

  /// The system lets go of it when a process ends, also one that is killed.
  func testItEndsWithTheProcess() throws {
    let place = try place()
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["flock", "--exclusive", "--no-fork", place.path, "sleep", "60"]
    do { try process.run() } catch { throw XCTSkip("there is no env") }
    defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
    for _ in 0..<1_000 where process.isRunning {
      if try FileLock.take(place) == nil { break }
      usleep(10_000)
    }
    try XCTSkipIf(!process.isRunning, "there is no flock")
    XCTAssertNil(try FileLock.take(place))
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    XCTAssertNotNil(try FileLock.take(place))
  }

  func testPlacesWithoutALock() throws {
    let place = try place()
    XCTAssertThrowsError(try FileLock.take(place.appending(path: "lock"))) {
      XCTAssertEqual("\($0)", "\(place.path)/lock cannot be written: no such file or directory")
    }
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
    XCTAssertThrowsError(try FileLock.wait(for: place)) {
      XCTAssertEqual("\($0)", "\(place.path) cannot be written: is a directory")
    }
    // A link could lead to somebody else's file.
    let link = place.deletingLastPathComponent().appending(path: "link")
    XCTAssertEqual(symlink("/tmp/other", link.path), 0)
    XCTAssertThrowsError(try FileLock.take(link))
  }
}
