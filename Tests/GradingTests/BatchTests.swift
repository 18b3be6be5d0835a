import Coursework
import Foundation
import Grading
import XCTest

final class BatchTests: XCTestCase {
  /// A file that fails to compile at once: a whole submission in the shortest time.
  private let broken = "let x: Int = \"\"\n"

  func testOnlyWhatIsMissingIsGraded() async throws {
    var room = try Classroom(temporaryFolder())
    for name in ["ada", "bob", "eve"] { try room.handIn(name, broken) }
    var summary = try await room.run()
    XCTAssertEqual(summary.graded, 3)
    XCTAssertEqual(summary.sandbox, try room.result("ada").sandbox)
    summary = try await room.run()
    XCTAssertEqual([summary.graded, summary.reused], [0, 3])
    XCTAssertNil(summary.sandbox)

    // Another text, half a result, and a result by an older grader.
    try room.handIn("ada", broken + "\n")
    let bob = room.grades.folder(of: "bob").appending(path: SubmissionResult.fileName)
    try Data(contentsOf: bob).prefix(200).write(to: bob)
    var eve = try room.result("eve")
    eve.grader = "0"
    try eve.encoded().write(to: room.grades.folder(of: "eve").appending(path: "result.json"))
    try room.handIn("zoe", broken)
    summary = try await room.run()
    XCTAssertEqual([summary.graded, summary.reused], [4, 0])

    // The grader's own failures are tried again.
    eve = try room.result("eve")
    eve.status = .error
    try eve.encoded().write(to: room.grades.folder(of: "eve").appending(path: "result.json"))
    summary = try await room.run()
    XCTAssertEqual([summary.graded, summary.reused], [1, 3])

    summary = try await room.run { $0.regrades = true }
    XCTAssertEqual([summary.graded, summary.reused], [4, 0])
    let seed = try room.result("ada").seed
    room.seedText = "another secret"
    summary = try await room.run()
    XCTAssertEqual([summary.graded, summary.reused], [4, 0])
    XCTAssertNotEqual(try room.result("ada").seed, seed)
  }

  /// What Gradescope finds when it stops the container in the middle.
  func testWhatIsKnownSoFarIsThereWhenGradingIsStopped() async throws {
    var room = try Classroom(temporaryFolder())
    let file = room.folder.appending(path: "results.json")
    room.options.progressFile = file
    // Public and hidden questions hang, so there is time to stop in.
    let text = try room.text(of: "Solutions")
    let head = "func origin(of map: Tensor) throws -> MapOrigin {"
    XCTAssertTrue(text.contains(head))
    try room.handIn("ada", text.replacing(head, with: head + " while true {} "))
    let summary = try await room.run {
      $0.isStopped = { (try? String(contentsOf: file, encoding: .utf8))?.contains("1.2;") == true }
    }
    XCTAssertTrue(summary.isInterrupted)
    XCTAssertNil(SubmissionResult(inFolder: room.grades.folder(of: "ada")))
    struct Report: Decodable {
      struct Test: Decodable {
        let status: String?
        let score: Double
      }
      let score: Double
      let output: String
      let tests: [Test]
    }
    let report = try JSONDecoder().decode(Report.self, from: Data(contentsOf: file))
    XCTAssertTrue(report.output.hasPrefix("grading did not get further than"), report.output)
    XCTAssertFalse(report.output.contains("All public checks passed"))
    XCTAssertEqual(report.tests.count, room.sheet.exercises.count)
    XCTAssertTrue(report.tests.prefix(2).allSatisfy { $0.status == "passed" })
    XCTAssertEqual(report.score, report.tests.reduce(0) { $0 + $1.score })
    XCTAssertGreaterThan(report.score, 0)
  }

  func testAnotherSeedAsksOtherQuestions() throws {
    let room = try Classroom(temporaryFolder())
    let seeds = try ["one", "two", " one\n"].map { try Seed(text: $0) }
    XCTAssertEqual(seeds[0].fingerprint, seeds[2].fingerprint)
    XCTAssertNotEqual(seeds[0].fingerprint, seeds[1].fingerprint)
    XCTAssertEqual(seeds[0].fingerprint.count, 12)
    XCTAssertThrowsError(try Seed(text: " \n"))
    let cases = try seeds.map { seed in
      try room.sheet.exercise("1.2").cases(key: seed.key(ofExercise: "1.2")).map(\.question)
    }
    XCTAssertEqual(cases[0], cases[2])
    XCTAssertTrue(zip(cases[0], cases[1]).allSatisfy { $0 != $1 })
    // Neither is what students have.
    let open = try room.sheet.exercise("1.2").cases(seed: Checker.publicSeed).map(\.question)
    XCTAssertTrue(zip(cases[0], open).allSatisfy { $0 != $1 })
  }

  func testAnExercisesKeyIsItsOwn() throws {
    let seed = try Seed(text: "one")
    // HMAC-SHA256 of "headlight hidden cases of exercise 5.5" by Python's `hmac`, with the SHA-256 of
    // "headlight seed one" as key.
    let bytes: [UInt8] = [
      0x5D, 0x5B, 0x8D, 0xB5, 0x4C, 0x92, 0x3B, 0xDC, 0xC2, 0xE0, 0x7B, 0x38, 0x6C, 0x1B, 0x31,
      0x1A, 0xFF, 0xDC, 0xD9, 0xAC, 0x52, 0x55, 0x6D, 0xD7, 0x90, 0x8F, 0x54, 0xB7, 0xA5, 0xA0,
      0xA8, 0x11,
    ]
    XCTAssertEqual(seed.key(ofExercise: "5.5"), CaseKey(bytes))
    XCTAssertNotEqual(seed.key(ofExercise: "5.5"), seed.key(ofExercise: "5.6"))
    XCTAssertNotEqual(seed.key(ofExercise: "5.5"), try Seed(text: "two").key(ofExercise: "5.5"))
  }

  func testASeedIsDrawnOnceAndKeptFromOthers() throws {
    let folder = GradesFolder(try temporaryFolder().appending(path: "grades"))
    let first = try OpenGrades(folder, seedFile: nil)
    let file = try XCTUnwrap(first.newSeedFile)
    let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions]
    XCTAssertEqual(mode as? Int, 0o600)
    XCTAssertThrowsError(try OpenGrades(folder, seedFile: nil)) {
      XCTAssertEqual(
        "\($0)", "another grader is writing to \(folder.url.path); wait until it has ended")
    }
    let shared = try OpenGrades(folder, seedFile: nil, isShared: true)
    XCTAssertNil(shared.newSeedFile)
    XCTAssertEqual(shared.seed.fingerprint, first.seed.fingerprint)
  }

  func testTheLockOfADeadGraderHoldsNobodyUp() throws {
    let folder = GradesFolder(try temporaryFolder())
    do { _ = try OpenGrades(folder, seedFile: nil) }
    XCTAssertNoThrow(try OpenGrades(folder, seedFile: nil))
  }

  func testBeingStoppedKeepsWhatIsDoneAndLeavesNothing() async throws {
    let room = try Classroom(temporaryFolder())
    for index in 0..<6 { try room.handIn("student \(index)", broken) }
    let done = room.grades
    let summary = try await room.run { run in
      run.isStopped = { !done.results().isEmpty }
    }
    XCTAssertTrue(summary.isInterrupted)
    XCTAssertLessThan(summary.graded, 6)
    XCTAssertEqual(room.grades.results().count, summary.graded)
    XCTAssertEqual(Traces.left, [])
    let rest = try await room.run()
    XCTAssertEqual(rest.graded + rest.reused, 6)
    XCTAssertEqual(rest.reused, summary.graded)
  }

  func testAFolderThatCannotBeWrittenStopsNobodyElse() async throws {
    let room = try Classroom(temporaryFolder())
    try room.handIn("ada", broken)
    try room.handIn("bob", broken)
    // Where ada's folder should be, there is a file.
    try FileManager.default.createDirectory(at: room.grades.url, withIntermediateDirectories: true)
    try Data().write(to: room.grades.url.appending(path: "ada"))
    let summary = try await room.run()
    XCTAssertEqual(summary.faults.count, 1)
    XCTAssertTrue(summary.faults[0].hasPrefix("ada: "), summary.faults[0])
    XCTAssertEqual(try room.result("bob").status, .doesNotCompile)
  }
}
