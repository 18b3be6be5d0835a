import CourseworkFixture
import Foundation
import XCTest

@testable import Coursework
@testable import headlight

final class PackageCheckoutTests: XCTestCase {
  /// A folder that looks like a checkout with a built program, all files of one age.
  private func makeCheckout() throws -> (folder: URL, program: URL) {
    let folder = try temporaryFolder()
    let products = folder.appendingPathComponent(".build/triple/debug")
    let files = ["Package.swift", "Sheets/9-Practice/Answers.swift", "Sources/Room/File.swift"]
    for place in ["Sheets/9-Practice", "Sources/Room"] {
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent(place), withIntermediateDirectories: true)
    }
    try FileManager.default.createDirectory(at: products, withIntermediateDirectories: true)
    let program = products.appendingPathComponent("Sheet9")
    for file in files.map(folder.appendingPathComponent) + [program] {
      try Data().write(to: file)
      try age(file, 100)
    }
    return (folder, program)
  }

  private func age(_ file: URL, _ seconds: Double) throws {
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1_800_000_000 - seconds)],
      ofItemAtPath: file.path)
  }

  func testACheckoutIsFoundFromTheProgramInIt() throws {
    let (folder, program) = try makeCheckout()
    let checkout = try XCTUnwrap(PackageCheckout(of: program))
    XCTAssertEqual(checkout.folder.standardizedFileURL.path, folder.standardizedFileURL.path)
    XCTAssertEqual(checkout.configuration, "debug")
    XCTAssertEqual(checkout.scratch.lastPathComponent, ".build")
    XCTAssertNil(PackageCheckout(of: URL(fileURLWithPath: "/usr/local/bin/headlight")))
  }

  func testAProgramIsOldOnceASourceIsNewer() throws {
    let (folder, program) = try makeCheckout()
    let checkout = try XCTUnwrap(PackageCheckout(of: program))
    let sheet = practiceSheet
    XCTAssertTrue(checkout.isCurrent(program, of: sheet))
    for file in ["Package.swift", "Sheets/9-Practice/Answers.swift", "Sources/Room/File.swift"] {
      try age(folder.appendingPathComponent(file), 50)
      XCTAssertFalse(checkout.isCurrent(program, of: sheet), file)
      try age(folder.appendingPathComponent(file), 100)
    }
    try FileManager.default.removeItem(at: program)
    XCTAssertFalse(checkout.isCurrent(program, of: sheet))
  }

  func testABuildsErrorsAreALineEach() {
    let said = """
      Building for debugging...
      /home/ada/course/Sheets/1-Attention/Answers.swift:30:9: error: cannot find 'x' in scope
      /home/ada/course/Sheets/1-Attention/Answers.swift:30:9: error: cannot find 'x' in scope
       30 |   x
      /home/ada/course/Sheets/1-Attention/Answers.swift:31:1: warning: unused
      """
    XCTAssertEqual(
      PackageCheckout.sentence(
        status: 1, said: Data(said.utf8), "Sheet1", folder: URL(fileURLWithPath: "/home/ada/course")
      ),
      """
      Sheet1 does not build, so nothing was checked:
      Sheets/1-Attention/Answers.swift:30:9: error: cannot find 'x' in scope
      """)
    XCTAssertEqual(
      PackageCheckout.sentence(
        status: 127, said: Data(), "Sheet1", folder: URL(fileURLWithPath: "/")),
      "Sheet1 is to be built, and there is no `swift` to build it with in your PATH")
  }
}
