import Coursework
import Curriculum
import Foundation
import XCTest

@testable import Grading

final class ZipWriterTests: XCTestCase {
  /// A short file, whose zip Python's `zipfile` and `unzip` read back as it was.
  func testAStoredEntryHasTheBytesOfTheFormat() throws {
    var zip = ZipWriter()
    try zip.add("run", Data("hi".utf8), isExecutable: true)
    // By hand after APPNOTE 4.3; the checksum of "hi" is D8932AAC.
    let facts: [UInt8] =
      [20, 0, 0, 8, 0, 0, 0, 0, 33, 0] + [0xAC, 0x2A, 0x93, 0xD8] + [2, 0, 0, 0, 2, 0, 0, 0]
      + [3, 0, 0, 0]
    let local: [UInt8] = [0x50, 0x4B, 3, 4] + facts + Array("runhi".utf8)
    let central: [UInt8] =
      [0x50, 0x4B, 1, 2, 20, 3] + facts + [0, 0, 0, 0, 0, 0] + [0, 0, 0xED, 0x81]
      + [0, 0, 0, 0] + Array("run".utf8)
    let end: [UInt8] =
      [0x50, 0x4B, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0] + [UInt8(central.count), 0, 0, 0]
      + [UInt8(local.count), 0, 0, 0, 0, 0]
    XCTAssertEqual(Array(zip.data), local + central + end)
  }

  func testTheSameFilesGiveTheSameZipAndLongTextsShrink() throws {
    func zip() throws -> Data {
      var zip = ZipWriter()
      try zip.add("ä/b.txt", Data(repeating: 0x61, count: 100_000))
      try zip.add("empty", Data())
      return zip.data
    }
    XCTAssertEqual(try zip(), try zip())
    XCTAssertLessThan(try zip().count, 1_000)
  }

  /// `unzip` and Python are where a developer is; elsewhere the bytes above have to do.
  func testTheAutograderUnpacksWithItsPermissions() throws {
    let python = URL(filePath: "/usr/bin/python3")
    guard FileManager.default.isExecutableFile(atPath: python.path) else {
      throw XCTSkip("There is no Python here to read the zip with.")
    }
    let package = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let folder = try reportFolder()
    let zip = folder.appending(path: "a.zip")
    try AutograderBundle(course: package, sheet: Course.sheets[0], seed: Data("12\n".utf8)).zip()
      .write(to: zip)
    let process = Process()
    let output = Pipe()
    process.executableURL = python
    process.arguments = [
      "-c",
      """
      import sys, zipfile
      z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None
      n = set(z.namelist())
      for i in z.infolist():
        if i.external_attr >> 16 & 0o111: print(oct(i.external_attr >> 16), i.filename)
      print(z.read("seed").decode().strip(), any("Solutions" in x for x in n))
      print({"headlight/Package.swift", "headlight/Sources/Grading/Reports/GradeBook.swift",
             "headlight/Sheets/1-Attention/Answers.swift"} <= n)
      """, zip.path,
    ]
    process.standardOutput = output
    try process.run()
    let said = String(
      decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    XCTAssertEqual(
      said,
      """
      0o100755 setup.sh
      0o100755 run_autograder
      0o100755 headlight/setup
      12 False
      True

      """)
  }
}
