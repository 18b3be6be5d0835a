import XCTest

@testable import Grading

/// The marked parts of files.
///
/// The markers are put together here, for a test file is stripped as well when it is released.
final class MarkersTests: XCTestCase {
  private let sharp = "###"

  private func strip(_ lines: [String], kinds: Set<Markers.Kind> = [.solution, .hiddenTests])
    -> String
  {
    do {
      return try Markers(kinds: kinds).strip(
        lines.joined(separator: "\n"), file: "A.swift", stub: "throw Unanswered()")
    } catch { return "\(error)" }
  }

  func testASolutionGivesWayToTheStubAndHiddenTestsToNothing() {
    XCTAssertEqual(
      strip([
        "a", "    // \(sharp) BEGIN SOLUTION", "    secret", "    // \(sharp) END SOLUTION", "b",
        "<!-- \(sharp) begin hidden tests -->", "secret", "<!-- \(sharp) End Hidden  Tests -->", "",
      ]),
      "a\n    throw Unanswered()\nb\n")
  }

  func testAKindThatStaysLosesItsMarkersAlone() {
    let lines = ["// \(sharp) BEGIN INSTRUCTOR", "kept", "// \(sharp) END INSTRUCTOR"]
    XCTAssertEqual(strip(lines), "kept")
    XCTAssertEqual(strip(lines, kinds: [.instructor]), "")
  }

  func testBrokenMarkersAreNamedWithTheirLine() {
    XCTAssertEqual(
      strip(["x", "// \(sharp) BEGIN SOLUTION", "y"]),
      "A.swift, line 2: SOLUTION begins here and never ends")
    XCTAssertEqual(
      strip(["// \(sharp) BEGIN SOLUTION", "// \(sharp) BEGIN SOLUTION"]),
      "A.swift, line 2: SOLUTION begins inside SOLUTION, which began in line 1; close that one first"
    )
    XCTAssertEqual(
      strip(["// \(sharp) BEGIN SOLUTION", "// \(sharp) BEGIN HIDDEN TESTS"]),
      "A.swift, line 2: HIDDEN TESTS begins inside SOLUTION, which began in line 1; close that one "
        + "first")
    XCTAssertEqual(
      strip(["// \(sharp) END SOLUTION"]), "A.swift, line 1: SOLUTION ends here and never began")
    XCTAssertEqual(
      strip(["", "// \(sharp) BEGIN SOLUTION", "// \(sharp) END HIDDEN TESTS"]),
      "A.swift, line 3: HIDDEN TESTS ends here, and what is open since line 2 is SOLUTION")
    XCTAssertEqual(
      strip(["// \(sharp) BEGIN SOLUTIONS"]),
      "A.swift, line 1: this marks no part that is known; the kinds are SOLUTION, HIDDEN TESTS, "
        + "INSTRUCTOR")
  }

  func testATextWithoutMarkersStaysAsItIs() {
    for text in ["", "\n", "a\r\nb", "## BEGIN SOLUTION\n", "no end"] {
      XCTAssertEqual(strip([text]), text)
    }
  }
}
