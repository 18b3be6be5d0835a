import Foundation
import Grading
import XCTest

/// What the students' page shows can be handed in: it compiles where submissions do.
final class StudentPageTests: XCTestCase {
  func testTheCodeOfThePageCompiles() async throws {
    let page = try String(
      contentsOf: Classroom.package.appending(path: "Sheets/README.md"), encoding: .utf8)
    let blocks = page.components(separatedBy: "```swift\n").dropFirst().map {
      $0.components(separatedBy: "```")[0]
    }
    XCTAssertGreaterThan(blocks.count, 3)
    let room = try Classroom(temporaryFolder())
    try room.handIn("page", try room.text(of: "Sheets") + "\n" + blocks.joined(separator: "\n"))
    _ = try await room.run()
    let result = try room.result("page")
    XCTAssertEqual(result.compileMessages.map(\.text), [])
    XCTAssertEqual(result.status, .graded, result.message)
  }
}
