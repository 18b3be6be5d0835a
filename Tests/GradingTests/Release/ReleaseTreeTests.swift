import Answering
import Coursework
import CourseworkFixture
import Curriculum
import Foundation
import XCTest

@testable import Grading

/// What students get, of a small package made for the test and of this one.
final class ReleaseTreeTests: XCTestCase {
  private let sharp = "###"
  private let secret = "return scores.map { $0 * twoHundred + threeHundred }"

  /// A package with one sheet, its solution, and things that are nobody's business.
  private func course() throws -> URL {
    let course = try reportFolder()
    let body = { (line: String) in
      "// The sheet.\nstruct Answers {\n  func scores() throws -> [Int] {\n    \(line)\n  }\n}\n"
    }
    let files = [
      "Package.swift": """
      let sheets = [
        (number: 8, title: "Other", methods: ["Heads", "Spans"]),
        (number: 9, title: "Practice", methods: []),
      ]
      // \(sharp) BEGIN INSTRUCTOR
      grading()
      // \(sharp) END INSTRUCTOR
      """,
      "README.md": """
      ![shown](Solutions/9-Practice/Figures/1-a.png)
      | [Gone](#gone) | x |
      | [Here](#a-section-here) | x |
      ## A section here
      | 8, [Other](Sheets/8-Other/README.md) | 3 |
      | 9, [Practice](Sheets/9-Practice/README.md) | 8 |
      """,
      "setup": "#!/bin/sh\n", ".gitignore": "x\n", ".swift-format": "{}\n", "seed": "4711\n",
      ".ci/run": "x", ".env": "TOKEN=1",
      "Sheets/README.md": "what answers are written with\n",
      "Sheets/9-Practice/Answers.swift": body("throw Unanswered()"),
      "Sheets/9-Practice/.hidden": "x",
      "Sheets/9-Practice/README.md": "![p](../../Solutions/9-Practice/Figures/1-a.png)\n",
      "Sheets/8-Other/Answers.swift": body("throw Unanswered()"),
      "Solutions/9-Practice/Answers.swift": body(secret),
      "Solutions/9-Practice/Figures/1-a.png": "picture",
      "Solutions/9-Practice/Figures/2-b.png": "picture",
      "Solutions/8-Other/Answers.swift": body("throw SomethingElseAltogether(of: the, kind)"),
      "Sources/Library/A.swift": "let a = 1\n", "Sources/Library/model.bin": "weights",
      "Sources/Grading/Grader.swift": "let g = 1\n",
      "Sources/headlight/Grading/Grade.swift": "let g = 1\n",
      "Tests/Sheet9Tests/Sheet9Tests.swift": "// test\n",
      "Tests/LibraryTests/Misconceptions.swift": "x\n", "Benchmarks/B/main.swift": "x\n",
    ]
    for (path, text) in files {
      let file = course.appending(path: path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    return course
  }

  private func tree(_ course: URL, _ purpose: ReleaseTree.Purpose = .students) -> ReleaseTree {
    ReleaseTree(course: course, sheets: [practiceSheet], purpose: purpose)
  }

  private func append(_ text: String, to path: String, in course: URL) throws {
    let file = course.appending(path: path)
    let old = (try? Data(contentsOf: file)) ?? Data()
    try (old + Data(text.utf8)).write(to: file)
  }

  func testStudentsGetWhatIsNamedAndNothingElse() throws {
    let files = try tree(course()).files()
    XCTAssertEqual(
      files.map(\.path),
      [
        ".gitignore", ".swift-format", "Package.swift", "README.md",
        "Sheets/9-Practice/Answers.swift", "Sheets/9-Practice/README.md",
        "Sheets/Expected/9-Practice/1-a.png", "Sheets/README.md", "Sources/Library/A.swift",
        "Sources/Library/model.bin", "Tests/Sheet9Tests/Sheet9Tests.swift", "setup",
      ])
    func text(_ path: String) -> String? {
      files.first { $0.path == path }.map { String(decoding: $0.content, as: UTF8.self) }
    }
    XCTAssertEqual(text("Package.swift"), "let sheets = [\n  (number: 9, title: \"Practice\", methods: []),\n]")
    XCTAssertEqual(
      text("README.md"),
      "![shown](Sheets/Expected/9-Practice/1-a.png)\n"
        + "| [Here](#a-section-here) | x |\n## A section here\n"
        + "| 9, [Practice](Sheets/9-Practice/README.md) | 8 |")
    XCTAssertEqual(
      text("Sheets/9-Practice/README.md"), "![p](../../Sheets/Expected/9-Practice/1-a.png)\n")
  }

  func testAMachineThatGradesGetsTheRoomForItAndNoSolution() throws {
    let paths = try tree(course(), .grading).files().map(\.path)
    XCTAssertTrue(paths.contains("Sources/Grading/Grader.swift"))
    XCTAssertTrue(paths.contains("Sources/headlight/Grading/Grade.swift"))
    XCTAssertFalse(paths.contains { $0.hasPrefix("Solutions") })
  }

  func testALineOfASolutionAnywhereStopsTheRelease() throws {
    for path in [
      "Sheets/9-Practice/Answers.swift", "setup", "Package.swift",
      "Tests/Sheet9Tests/Sheet9Tests.swift",
    ] {
      let course = try course()
      try append("\n// like this: \(secret)\n", to: path, in: course)
      XCTAssertThrowsError(try tree(course).files(), path) {
        XCTAssertEqual(
          "\($0)",
          "nothing is released, because a solution would be:\n"
            + "\(path) holds line 4 of Solutions/9-Practice/Answers.swift: \(secret)")
      }
    }
  }

  func testASheetThatSomeoneAnsweredStopsTheRelease() throws {
    let course = try course()
    try Data(contentsOf: course.appending(path: "Solutions/9-Practice/Answers.swift"))
      .write(to: course.appending(path: "Sheets/9-Practice/Answers.swift"))
    XCTAssertThrowsError(try tree(course).files())
  }

  func testTheLibraryMayShareAnIdiomButNotAWholeSolution() throws {
    let solution = (1...9).map { "    let longEnoughName\($0) = somethingOrOther(\($0))" }
    let test = LeakTest(solutions: [
      (file: "S.swift", text: solution.joined(separator: "\n"), sheet: "")
    ])
    XCTAssertEqual(test.lineCount, 9)
    func leaks(_ count: Int, _ path: String) -> [String] {
      let text = "struct X {\n" + solution.prefix(count).joined(separator: "\n  }\n") + "\n}"
      return test.leaks(in: path, Data(text.utf8))
    }
    XCTAssertEqual(leaks(7, "Sources/A.swift"), [])
    XCTAssertEqual(
      leaks(8, "Sources/A.swift"), ["Sources/A.swift holds 8 lines of S.swift from line 1 on"])
    XCTAssertEqual(leaks(8, "Sheets/1/README.md").count, 1)
    XCTAssertEqual(leaks(1, "Sheets/1/Answers.swift").count, 1)
    let binary = Data([0, 0xFF, 0xFE]) + Data(solution[2].utf8) + Data([0])
    XCTAssertEqual(test.leaks(in: "Sources/weights.bin", binary).count, 1)
  }

  func testWithoutSolutionsNothingIsProvedAndNothingReleased() throws {
    let course = try course()
    try FileManager.default.removeItem(at: course.appending(path: "Solutions"))
    let picture = course.appending(path: "Solutions/9-Practice/Figures")
    try FileManager.default.createDirectory(at: picture, withIntermediateDirectories: true)
    try Data("picture".utf8).write(to: picture.appending(path: "1-a.png"))
    XCTAssertThrowsError(try tree(course).files()) {
      XCTAssertEqual(
        "\($0)",
        "there are no solutions in \(course.path) to look for, so nothing would be proved; release "
          + "from the instructor's package")
    }
  }

  func testAFolderThatHoldsSomethingIsLeftAlone() throws {
    let (course, folder) = (try course(), try reportFolder())
    try Data().write(to: folder.appending(path: "thesis.tex"))
    XCTAssertThrowsError(try tree(course).write(to: folder)) {
      XCTAssertEqual(
        "\($0)", "\(folder.path) is not empty; name a new folder, or delete it first")
    }
    XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: folder.path), ["thesis.tex"])
  }

  func testALinkIsNotFollowed() throws {
    let course = try course()
    try FileManager.default.createSymbolicLink(
      at: course.appending(path: "Sources/Library/link.swift"),
      withDestinationURL: course.appending(path: "seed"))
    XCTAssertThrowsError(try tree(course).files()) {
      XCTAssertEqual(
        "\($0)",
        "Sources/Library/link.swift is missing or no regular file, so nothing can be released")
    }
  }

  func testThisPackageIsReleasedWithoutALineOfAnySolution() throws {
    let package = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    for sheets in [Array(Course.sheets.prefix(1)), Course.sheets] {
      let tree = ReleaseTree(course: package, sheets: sheets, purpose: .students)
      let files = try tree.files()
      let paths = Set(files.map(\.path))
      for sheet in Course.sheets {
        let isReleased = sheets.contains { $0.number == sheet.number }
        XCTAssertEqual(paths.contains("Sheets/\(sheet.folder)/Answers.swift"), isReleased)
      }
      XCTAssertFalse(paths.contains { $0.hasPrefix("Solutions/") || $0.contains("confine") })
      XCTAssertFalse(paths.contains { $0.contains("CurriculumTests") || $0.contains("Grading/") })
      let manifest = try XCTUnwrap(files.first { $0.path == "Package.swift" })
      let text = String(decoding: manifest.content, as: UTF8.self)
      for word in ["path: \"Solutions", "Grading", "path: \"Tests/C", "BEGIN", "headlightTests"] {
        XCTAssertFalse(text.contains(word), word)
      }
    }
  }
}
