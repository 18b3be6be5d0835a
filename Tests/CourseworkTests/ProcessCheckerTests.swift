import Coursework
import CourseworkFixture
import XCTest

final class ProcessCheckerTests: XCTestCase {
  private func check(
    _ deed: String, limits: ProcessLimits = ProcessLimits()
  ) async -> ExerciseResult {
    await ProcessChecker(command: practiceProgram(deed), limits: limits).check(doubleExercise)
  }

  /// The case with three numbers is the second of four; it alone may suffer.
  private func assertCostsOneCase(
    _ result: ExerciseResult, _ status: Verdict.Status, _ message: String,
    file: StaticString = #filePath, line: UInt = #line
  ) {
    XCTAssertEqual(
      result.cases.map(\.verdict.status), [.passed, status, .passed, .passed],
      file: file, line: line)
    XCTAssertEqual(result.cases[1].verdict.message, message, file: file, line: line)
    // 3 of 4 cases of 3 points are 2.25, rounded down to halves.
    XCTAssertEqual(result.points, 2, file: file, line: line)
    XCTAssertEqual(result.status, .partial, file: file, line: line)
    XCTAssertEqual(
      result.message, "3 numbers: \(message) (3 of 4 cases right)", file: file, line: line)
  }

  func testAgreesWithTheCheckInProcess() async throws {
    for (whose, answers) in [
      ("solved", Solved() as any PracticeAnswers), ("untouched", Untouched()),
      ("nan", Mischief("nan")), ("throws", Mischief("throws")), ("silent", Mischief("silent")),
    ] {
      for exercise in practiceSheet.exercises {
        for seed in [Checker.publicSeed, 77] {
          let outside = await ProcessChecker(command: practiceProgram(whose))
            .check(exercise, seed: seed)
          let inside = Checker.check(exercise, answers, seed: seed)
          XCTAssertEqual(outside.cases, inside.cases, "\(whose) \(exercise.id)")
          XCTAssertEqual(outside.points, inside.points)
          XCTAssertEqual(outside.text, inside.text)
        }
      }
    }
  }

  func testWhatIsAskedTwiceIsAskedOfTwoProcesses() async throws {
    let exercise = Exercise(
      "9.2", "Double the numbers", points: 3, difficulty: 1, importance: 2, minutes: 5,
      hints: ["a", "b", "c"], interpretation: "",
      cases: { _ in
        (2...5).map { count in
          let numbers = Array(1...count)
          return Case("\(count) numbers", question: numbers, key: numbers.map { $0 * 2 })
        }
      },
      parts: [
        Part(
          askingTwice: PracticeAsks.doubled,
          merging: { first, second in if first != second { first = [] } },
          judge: { Expected($0, named: "the list") })
      ])
    let program = practiceProgram
    let changing = await ProcessChecker(command: program("process")).check(exercise)
    XCTAssertEqual(changing.points, 0)
    for (count, result) in zip(2..., changing.cases) {
      XCTAssertEqual(
        result.verdict.message, "the list has 0 entries, not \(count)")
    }
    let right = await ProcessChecker(command: program("solved")).check(exercise)
    XCTAssertEqual(right.status, .passed, right.explanation)
    // Nothing is asked again that was not answered.
    assertCostsOneCase(
      await ProcessChecker(command: program("exit")).check(exercise), .crashed,
      await check("exit").cases[1].verdict.message)
  }

  func testIndexOutOfRangeIsATrap() async throws {
    let result = await check("index")
    assertCostsOneCase(
      result, .crashed, "your code stopped with a trap: an index was out of range")
    XCTAssertTrue(try XCTUnwrap(result.detail).contains("Fatal error: Index out of range"))
  }

  func testNilIsATrap() async throws {
    assertCostsOneCase(
      await check("nil"), .crashed, "your code stopped with a trap: a nil was unwrapped")
  }

  func testWhatAStudentWritesBeforeATrapIsDetailAlone() async throws {
    let result = await check("fatal")
    assertCostsOneCase(
      result, .crashed,
      "your code stopped with a trap: an index out of range, a nil that was unwrapped, "
        + "an overflow or a precondition that failed")
    XCTAssertTrue(try XCTUnwrap(result.detail).contains("I give up on"))
    XCTAssertNil(result.concealed.detail)
    XCTAssertFalse(result.concealed.message.contains("I give up"))
  }

  func testRecursionWithoutEnd() async {
    assertCostsOneCase(
      await check("recursion"), .crashed,
      "your code touched memory it does not have, most often by a recursion without end")
  }

  func testEarlyExitIsNoAnswer() async {
    for (deed, code) in [("exit", 0), ("exit3", 3)] {
      assertCostsOneCase(
        await check(deed), .crashed,
        "your code ended the process before answering, with exit code \(code); "
          + "an answer is returned, never a call of exit")
    }
  }

  func testAbortAndKill() async {
    assertCostsOneCase(await check("abort"), .crashed, "your code aborted")
    assertCostsOneCase(
      await check("kill"), .crashed,
      "your code was stopped by the system, most often because it ran out of memory")
  }

  func testTimeIsLimitedForTheWholeExercise() async {
    for deed in ["loop", "sleep"] {
      let result = await check(deed, limits: ProcessLimits(seconds: 0.7))
      XCTAssertEqual(
        result.cases.map(\.verdict.status), [.passed, .timedOut, .timedOut, .timedOut])
      XCTAssertEqual(
        result.message, "3 numbers: timed out after 0.7 s (1 of 4 cases right)")
      XCTAssertGreaterThan(result.seconds, 0.65)
      XCTAssertLessThan(result.seconds, 3)
    }
  }

  func testCancellingStopsTheProcess() async throws {
    let start = ContinuousClock.now
    let checker = ProcessChecker(
      command: practiceProgram("loop"), limits: ProcessLimits(seconds: 60))
    let check = Task { await checker.check(doubleExercise) }
    try await Task.sleep(for: .milliseconds(400))
    check.cancel()
    let result = await check.value
    XCTAssertLessThan(ContinuousClock.now - start, .seconds(5))
    XCTAssertLessThan(result.points, 3)
  }

  func testManyAtOnceDoNotDisturbEachOther() async {
    await withTaskGroup(of: (String, ExerciseResult).self) { group in
      for number in 0..<24 {
        let deed = ["solved", "index", "child", "exit"][number % 4]
        group.addTask {
          (
            deed,
            await ProcessChecker(
              command: practiceProgram(deed), limits: ProcessLimits(seconds: 60)
            ).check(doubleExercise)
          )
        }
      }
      for await (deed, result) in group {
        XCTAssertEqual(result.points, deed == "solved" ? 3 : 2, "\(deed): \(result.explanation)")
      }
    }
  }

  func testTheExercisesOwnTimeLimitHolds() async {
    let result = await check("loop")
    XCTAssertEqual(result.cases[1].verdict.message, "timed out after 2 s")
  }

  func testFloodOfOutputIsStopped() async {
    let result = await check("flood", limits: ProcessLimits(printedBytes: 200_000))
    XCTAssertEqual(result.cases.map(\.verdict.status), [.passed, .crashed, .crashed, .crashed])
    XCTAssertEqual(
      result.cases[1].verdict.message, "your code printed more than 200 kB and was stopped")
  }

  func testForgedFramesAreRefused() async {
    assertCostsOneCase(
      await check("forge"), .invalid,
      "your code wrote into the channel that is kept for answers; print instead")
  }

  func testPrintingAndReadingDisturbNothing() async {
    for deed in ["chatter", "reads"] {
      let result = await check(deed)
      XCTAssertEqual(result.status, .passed, "\(deed): \(result.explanation)")
    }
  }

  func testClosingTheChannelIsNoAnswer() async {
    let result = await check("closes", limits: ProcessLimits(seconds: 5))
    assertCostsOneCase(
      result, .crashed, "your code closed the channel that is kept for answers")
    XCTAssertLessThan(result.seconds, 4)
  }

  func testTooLargeAnAnswerIsRefused() async {
    let result = await ProcessChecker(
      command: practiceProgram("solved"), limits: ProcessLimits(answerBytes: 15)
    ).check(doubleExercise)
    XCTAssertEqual(result.cases[0].verdict.status, .passed)
    XCTAssertEqual(result.cases[3].verdict.status, .invalid)
    XCTAssertTrue(
      result.cases[3].verdict.message.hasSuffix("bytes, and at most 15 bytes are read"))
  }

  func testUnansweredInOneCaseCostsThatCase() async {
    assertCostsOneCase(await check("unanswered"), .unanswered, "not answered yet")
  }

  func testErrorsKeepTheirTextInTheDetail() async {
    let result = await check("throws")
    assertCostsOneCase(result, .failed, "your code threw an error")
    XCTAssertTrue(result.detail?.hasPrefix("no luck with [") == true)
    XCTAssertFalse(result.detail?.contains("\u{1B}") == true)
  }

  func testProcessesLeftBehindAreStopped() async throws {
    let before = try sleepers()
    let result = await check("child")
    XCTAssertLessThan(result.seconds, 3)
    XCTAssertEqual(result.cases[1].verdict.status, .crashed)
    XCTAssertEqual(try sleepers().subtracting(before), [])
  }

  /// The processes that `Mischief` leaves behind.
  private func sleepers() throws -> Set<String> {
    let processes = try FileManager.default.contentsOfDirectory(atPath: "/proc")
    return Set(
      processes.filter { process in
        let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
        return String(decoding: line, as: UTF8.self) == "/bin/sleep\u{0}7531\u{0}"
      })
  }

  func testAMissingProgramIsOneSentence() async {
    let result = await ProcessChecker(command: ["/no/such/program"]).check(doubleExercise)
    XCTAssertEqual(result.status, .invalid)
    XCTAssertEqual(result.points, 0)
    XCTAssertTrue(
      result.message.contains("your answers could not be started: /no/such/program"),
      result.message)
  }

  func testAnotherProgramIsOneSentence() async {
    let result = await ProcessChecker(command: ["/bin/echo"]).check(doubleExercise)
    XCTAssertEqual(result.points, 0)
    XCTAssertTrue([.crashed, .invalid].contains(result.status))
  }

  func testOpenTextIsCollectedWithoutControlCharacters() async {
    let result = await ProcessChecker(command: practiceProgram("index")).check(openExercise)
    XCTAssertEqual(result.status, .collected)
    XCTAssertEqual(result.text, "hm, so")
    XCTAssertEqual(result.points, 0)
  }
}
