import Coursework
import CourseworkFixture
import Foundation
import XCTest

@testable import Grading

final class PageTests: XCTestCase {
  func testBarsHoldTheirLowerBoundAndTheLastFullMarks() {
    let points = [0, 2.5, 3, 3.5, 15, 29.5, 30]
    XCTAssertEqual(Histogram(points: points, of: 30).counts, [2, 2, 0, 0, 0, 1, 0, 0, 0, 2])
    XCTAssertEqual(Histogram(points: [], of: 30).counts, [Int](repeating: 0, count: 10))
    XCTAssertEqual(Histogram(points: [-1, 50], of: 30).counts, [1, 0, 0, 0, 0, 0, 0, 0, 0, 1])
  }

  func testBarsOfTheHistogramAreAsTallAsTheirCounts() throws {
    let picture = Histogram(points: [1, 1, 1, 1, 9, 9], of: 10).picture
    let parsed = try ParsedDocument(Data(picture.source.utf8))
    let tall = parsed.all("rect").compactMap { Double($0.attributes["height"] ?? "") }
    XCTAssertEqual(tall, [0, 120, 0, 0, 0, 0, 0, 0, 0, 60])
    XCTAssertEqual(
      parsed.all("svg")[0].attributes["aria-label"],
      "4 from 1 to less than 2 points, 2 from 9 to 10 points")
  }

  func testBarsBeginAndEndAtWholePoints() throws {
    // The points of the sheets, and others.
    for (points, edges) in [
      (48, [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 48]),
      (52, [0, 6, 12, 18, 24, 30, 36, 42, 48, 52]),
      (44, [0, 5, 10, 15, 20, 25, 30, 35, 40, 44]), (3, [0, 1, 2, 3]), (0, [0, 1]),
    ] {
      let histogram = Histogram(points: edges.map(Double.init), of: points)
      XCTAssertEqual(histogram.edges, edges)
      // Each edge is in the bar that it begins, and the last with what is before it.
      XCTAssertEqual(histogram.counts.reduce(0, +), edges.count)
      XCTAssertEqual(histogram.counts.dropLast(), Array(repeating: 1, count: edges.count - 2)[...])
      XCTAssertEqual(histogram.counts.last, 2)
    }
    let picture = Histogram(points: [4.9, 5, 46, 48], of: 48).picture
    let parsed = try ParsedDocument(Data(picture.source.utf8))
    XCTAssertEqual(
      parsed.all("svg")[0].attributes["aria-label"],
      "1 from 0 to less than 5 points, 1 from 5 to less than 10 points, 2 from 45 to 48 points")
    // The bar of three points is three fifths as wide as the others, without the gaps between them.
    let widths = parsed.all("rect").compactMap { Double($0.attributes["width"] ?? "") }
    XCTAssertEqual(widths.count, 10)
    XCTAssertEqual((widths[9] + 4) / (widths[0] + 4), 0.6, accuracy: 0.01)
  }

  func testTheExerciseMissedMostOftenComesFirstWithWhatWasSaid() {
    let results = [
      Sample.result("a", points: [0, 3], say: "row 2 is wrong (1 of 2 cases right)"),
      Sample.result("b", points: [1.5, 3], say: "row 2 is wrong (0 of 2 cases right)"),
      Sample.result("c", points: [0, 0], text: nil, say: "a NaN"),
      Sample.result("d", points: [3, 3]),
    ]
    let exercises = ClassStatistics(results: results).exercises
    XCTAssertEqual(exercises.map(\.id), ["9.1", "9.2"], "9.3 is not marked")
    XCTAssertEqual(exercises.map(\.missed), [3, 1])
    XCTAssertEqual(exercises.map(\.count), [4, 4])
    XCTAssertEqual(exercises[0].meanPoints, 4.5 / 4)
    XCTAssertEqual(exercises[0].commonest?.message, "row 2 is wrong")
    XCTAssertEqual(exercises[0].commonest?.count, 2)
    let silent = results.map { Sample.result($0.student, points: [3, 3], text: nil) }
    let open = ClassStatistics(results: silent).exercises[0]
    XCTAssertEqual(open.id, "9.3")
    XCTAssertEqual(open.unanswered, 4)
    XCTAssertNil(open.commonest?.message)
  }

  func testMeanAndMedianLeaveOutWhatTheGraderFailedOn() {
    var failed = Sample.result("x", points: [0, 0])
    failed.status = .error
    let results = [[3, 3], [3, 0], [0, 0], [3, 1.5]].enumerated().map {
      Sample.result("\($0)", points: $1)
    }
    let statistics = ClassStatistics(results: results + [failed])
    XCTAssertEqual(statistics.mean, 13.5 / 4)
    XCTAssertEqual(statistics.median, 3.75)
    XCTAssertEqual(ClassStatistics(results: [failed]).median, 0)
  }

  func testTheSummaryWarnsOfMixedSandboxesAndSeeds() throws {
    let folder = try reportFolder()
    var weak = Sample.result("bob")
    weak.sandbox = .limits
    weak.seed = "0ther"
    try Sample.book([Sample.result("ada"), weak], in: folder).writeReports()
    let notices = try ParsedDocument(try content(folder, "summary.html")).all("p")
      .filter { $0.attributes["class"] == "notice" }.map(\.text)
    XCTAssertEqual(
      notices,
      [
        "2 answers in words are not marked yet: read marking.html, fill in marks.csv, and run the "
          + "report again.",
        "Submissions ran in different sandboxes: bubblewrap, limits.",
        "Submissions were asked different hidden questions: their seeds are 0ther, 5eed.",
      ])
  }

  func testTheMarkingPageHasPromptRubricAndEveryAnswer() throws {
    let folder = try reportFolder()
    let results = [
      Sample.result("ada", text: "One.\nTwo."), Sample.result("bob", text: nil),
      Sample.result("carl", text: "Three words here."),
    ]
    try Sample.book(results, in: folder).writeReports()
    let page = try ParsedDocument(try content(folder, "marking.html"))
    XCTAssertEqual(page.texts("h2"), ["9.3 In words, 2 points"])
    XCTAssertEqual(page.texts("li"), ["one point for rows", "one point for columns"])
    XCTAssertEqual(page.texts("h3"), ["ada", "carl"])
    let answers = page.all("div").filter { $0.attributes["class"] == "answer" }.map(\.text)
    XCTAssertEqual(answers, ["One.\nTwo.", "Three words here."])
    XCTAssertTrue(page.texts("p").contains("What does a transpose do?"))
    XCTAssertTrue(page.texts("p").contains("1 of 3 gave no answer."))
  }

  // MARK: Figures

  /// A picture of one pixel, as its format says.
  private let pixel = Data(
    base64Encoded:
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
  )!

  func testAFigureOfTheStudentStandsBesideTheExpectedOne() throws {
    let (folder, course) = (try reportFolder(), try reportFolder())
    var result = Sample.result("ada")
    result.figures = [
      FigureOutcome(name: "1-a.png", caption: "first"),
      FigureOutcome(name: "2-b.png", caption: "second", missing: "it waits for an answer"),
    ]
    let expected = course.appending(path: "Solutions/9-Practice/Figures")
    let own = folder.appending(path: "100/figures")
    for place in [expected, own] {
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    }
    try pixel.write(to: own.appending(path: "1-a.png"))
    try pixel.write(to: expected.appending(path: "1-a.png"))
    try pixel.write(to: expected.appending(path: "2-b.png"))
    _ = try Sample.book([result], in: folder)
    try GradeBook(directory: folder, sheets: [practiceSheet], course: course)
      .writeReports()
    let page = try ParsedDocument(try content(folder, "100/feedback.html"))
    let pictures = page.all("img")
    XCTAssertEqual(
      pictures.map { $0.attributes["alt"] },
      ["Yours: first", "Expected: first", "Expected: second"])
    for picture in pictures {
      let parts = try XCTUnwrap(picture.attributes["src"]).split(separator: ",")
      XCTAssertEqual(parts[0], "data:image/png;base64")
      XCTAssertEqual(Data(base64Encoded: String(parts[1])), pixel)
    }
    XCTAssertTrue(page.texts("div").contains("it waits for an answer"))
  }

  func testOnlyAPictureOfAReasonableSizeInItsFolderIsShown() throws {
    let folder = try reportFolder()
    func write(_ data: Data, _ name: String) throws {
      try data.write(to: folder.appending(path: name))
    }
    var wide = pixel
    wide.replaceSubrange(16..<20, with: [0, 1, 0, 0])
    try write(pixel, "good.png")
    try write(wide, "bomb.png")
    try write(Data("<svg onload='alert(1)'/>".utf8) + Data(count: 100), "text.png")
    try write(pixel + Data(count: FigurePair.largestFile), "huge.png")
    try write(pixel.prefix(20), "short.png")
    try FileManager.default.createSymbolicLink(
      at: folder.appending(path: "link.png"), withDestinationURL: folder.appending(path: "good.png")
    )
    XCTAssertEqual(mkfifo(folder.appending(path: "pipe.png").path, 0o600), 0)
    XCTAssertEqual(FigurePair.picture("good.png", in: folder), pixel)
    for name in [
      "bomb.png", "text.png", "huge.png", "short.png", "link.png", "pipe.png", "none.png",
      "../\(folder.lastPathComponent)/good.png", ".good.png", "",
    ] { XCTAssertNil(FigurePair.picture(name, in: folder), name) }
  }

  // MARK: JPlag

  func testJPlagGetsAFolderAStudentWithTheirFileAlone() throws {
    let (folder, course) = (try reportFolder(), try reportFolder())
    _ = try Sample.book([Sample.result("ada"), Sample.result("bob")], in: folder)
    try Data("struct Answers {}".utf8).write(to: folder.appending(path: "100/Answers.swift"))
    let stale = folder.appending(path: "jplag/submissions/gone")
    try FileManager.default.createDirectory(at: stale, withIntermediateDirectories: true)
    let sheet = course.appending(path: "Sheets/9-Practice")
    try FileManager.default.createDirectory(at: sheet, withIntermediateDirectories: true)
    try Data("// untouched".utf8).write(to: sheet.appending(path: "Answers.swift"))
    let summary = try GradeBook(
      directory: folder, sheets: [practiceSheet], course: course
    ).writeReports()
    let paths = try FileManager.default.subpathsOfDirectory(
      atPath: folder.appending(path: "jplag").path)
    XCTAssertEqual(
      paths.filter { $0.hasSuffix(".swift") }.sorted(),
      ["submissions/100/Answers.swift", "template/Answers.swift"])
    XCTAssertFalse(paths.contains("submissions/gone"))
    XCTAssertEqual(try text(folder, "jplag/template/Answers.swift"), "// untouched")
    XCTAssertEqual(
      summary.notes,
      ["1 of 2 students have no file to compare with others', and are not in jplag"])
  }
}
