import Files
import Foundation
import XCTest

final class AtomicFileTests: XCTestCase {
  private var folder = URL(filePath: "/")

  override func setUpWithError() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "files-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  override func tearDownWithError() throws { try FileManager.default.removeItem(at: folder) }

  private var left: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
  }

  private func permissions(_ file: URL) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
  }

  private func reason(_ body: @autoclosure () throws -> Void, line: UInt = #line) -> String {
    do {
      try body()
      XCTFail("no error was thrown", line: line)
      return ""
    } catch let error as FileError { return error.reason } catch {
      XCTFail("\(error)", line: line)
      return ""
    }
  }

  func testAFileAppearsWholeWhenItIsFinished() throws {
    let place = folder.appending(path: "a")
    try Data("old".utf8).write(to: place)
    let file = try AtomicFile(place)
    try file.write("new ".utf8)
    try file.write("text".utf8)
    try file.write([])
    XCTAssertEqual(try Data(contentsOf: place), Data("old".utf8))
    XCTAssertEqual(try left.count, 2)
    try file.commit()
    XCTAssertEqual(try Data(contentsOf: place), Data("new text".utf8))
    XCTAssertEqual(try left, ["a"])
  }

  /// As a caller does that was cancelled.
  func testWhatIsNotFinishedLeavesNothing() throws {
    let place = folder.appending(path: "a")
    func give() throws {
      let file = try AtomicFile(place)
      try file.write([1, 2, 3])
      throw CancellationError()
    }
    XCTAssertThrowsError(try give()) { XCTAssertTrue($0 is CancellationError) }
    XCTAssertEqual(try left, [])
  }

  func testPermissionsAreThoseOfTheOldFileOrOfAnyNewOne() throws {
    let place = folder.appending(path: "a")
    let mask = umask(0o027)
    defer { umask(mask) }
    try AtomicFile.write([1], to: place)
    XCTAssertEqual(try permissions(place), 0o640)
    XCTAssertEqual(chmod(place.path, 0o604), 0)
    try AtomicFile.write([2], to: place)
    XCTAssertEqual(try permissions(place), 0o604)
    try AtomicFile.write([1], to: folder.appending(path: "secret"), mode: 0o600)
    XCTAssertEqual(try permissions(folder.appending(path: "secret")), 0o600)
  }

  func testLinksAreFollowedOrReplaced() throws {
    let (real, link) = (folder.appending(path: "real"), folder.appending(path: "link"))
    try Data("old".utf8).write(to: real)
    XCTAssertEqual(symlink("real", link.path), 0)
    try AtomicFile.write("new".utf8, to: link)
    XCTAssertEqual(try Data(contentsOf: real), Data("new".utf8))
    XCTAssertEqual(try FileManager.default.destinationOfSymbolicLink(atPath: link.path), "real")
    try AtomicFile.write("other".utf8, to: link, links: .replaced)
    XCTAssertEqual(try Data(contentsOf: real), Data("new".utf8))
    XCTAssertEqual(try Data(contentsOf: link), Data("other".utf8))
    XCTAssertThrowsError(try FileManager.default.destinationOfSymbolicLink(atPath: link.path))
    XCTAssertEqual(try left, ["link", "real"])
  }

  func testPlacesThatCannotBeWritten() throws {
    let nowhere = folder.appending(path: "missing")
    XCTAssertEqual(
      reason(try AtomicFile.write([1], to: nowhere.appending(path: "a"))),
      "the folder \(nowhere.path) does not exist; create it first")
    XCTAssertEqual(
      reason(try AtomicFile.write([1], to: folder)), "it is a folder; choose another name")
    XCTAssertEqual(
      reason(try AtomicFile.write([1], to: URL(filePath: "/dev/null"))),
      "it is not a regular file; choose another name")
    let long = folder.appending(path: String(repeating: "n", count: 300))
    XCTAssertEqual(reason(try AtomicFile.write([1], to: long)), "file name too long")
    XCTAssertEqual(try left, [])
    let file = folder.appending(path: "a\nb")
    XCTAssertEqual(
      FileError(file.path, number: ENOSPC).description,
      "\(folder.path)/a␤b cannot be written: the disk is full; make room first")
    XCTAssertEqual(
      FileError("a", number: EROFS).description,
      "a cannot be written: the disk is read-only; name a place on another")
  }

  /// A name may have 255 bytes, and the hidden one beside it is no longer.
  func testTheLongestNameCanBeWritten() throws {
    for name in [String(repeating: "n", count: 251) + ".png", String(repeating: "日", count: 85)] {
      let place = folder.appending(path: name)
      try AtomicFile.write([1], to: place)
      XCTAssertEqual(AtomicFile.hidden(beside: place).pathExtension, place.pathExtension)
    }
    XCTAssertEqual(try left.count, 2)
  }

  #if os(Linux)
    /// A limit on the size of files fails a write half way, as a full disk does.
    func testAWriteThatFailsLeavesTheOldFileWhole() throws {
      let place = folder.appending(path: "a")
      try Data("old".utf8).write(to: place)
      let handler = signal(SIGXFSZ, SIG_IGN)
      var old = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &old)
      var small = rlimit(rlim_cur: 8_192, rlim_max: old.rlim_max)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &small)
      let text = reason(try AtomicFile.write([UInt8](repeating: 1, count: 10_000), to: place))
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &old)
      signal(SIGXFSZ, handler)
      XCTAssertEqual(text, "file too large")
      XCTAssertEqual(try left, ["a"])
      XCTAssertEqual(try Data(contentsOf: place), Data("old".utf8))
    }

    /// A device that is always full, where the reason is the disk's own.
    func testAFullDiskIsNamed() throws {
      let full = open("/dev/full", O_WRONLY)
      try XCTSkipIf(full < 0, "there is no /dev/full")
      defer { close(full) }
      XCTAssertEqual(write(full, "a", 1), -1)
      XCTAssertEqual(systemReason(), "the disk is full; make room first")
    }
  #endif

  func testWhatKilledWritersLeftIsSwept() throws {
    let place = folder.appending(path: "a.png")
    let hidden = AtomicFile.hidden(beside: place)
    try Data().write(to: hidden)
    for name in [".hidden", ".unfinished-x", ".unfinished-notes-a.png", "a.png"] {
      try Data().write(to: folder.appending(path: name))
    }
    XCTAssertTrue(AtomicFile.isHidden(hidden.lastPathComponent))
    AtomicFile.sweep(folder)
    XCTAssertEqual(try left, [".hidden", ".unfinished-notes-a.png", ".unfinished-x", "a.png"])
  }

  func testAMoveThatFailsRemovesWhatItWouldMove() throws {
    let place = folder.appending(path: "taken")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
    let hidden = AtomicFile.hidden(beside: place)
    try Data().write(to: hidden)
    XCTAssertEqual(reason(try AtomicFile.move(hidden, to: place)), "is a directory")
    XCTAssertEqual(try left, ["taken"])
  }
}
