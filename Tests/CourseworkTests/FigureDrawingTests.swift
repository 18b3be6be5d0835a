import Answering
import CourseworkFixture
import Foundation
import Synchronization
import XCTest

@testable import Coursework

/// Figures drawn in a process of the grader's own, from answers that another process gives.
final class FigureDrawingTests: XCTestCase {
  private func drawn(
    _ sheet: Sheet = drawnSheet, by option: String = "--figures",
    _ answers: @escaping @Sendable ([Data]) async -> [GivenAnswer]
  ) async -> [String] {
    let drawer = StandingProcess(
      command: [ThisProgram.sibling("CourseworkFixture").path, option],
      limits: ProcessLimits(memoryBytes: 1_000_000_000), seconds: 20)
    let figures = await sheet.drawFigures(by: drawer, answers: answers)
    await drawer.end()
    return figures.map {
      switch $0 {
      case .drawn(let data): String(decoding: data, as: UTF8.self)
      case .waiting: "waits"
      case .failed(let reason): reason
      case .machineFailed(let reason): "machine: \(reason)"
      }
    }
  }

  func testFiguresAreDrawnFromAnswersThatWereAskedForTogether() async throws {
    let rounds = Mutex<[Int]>([])
    let figures = await drawn { requests in
      rounds.withLock { $0.append(requests.count) }
      return given(requests) { .answered(try! Coding.encode($0.map { $0 * 2 })) }
    }
    XCTAssertEqual(figures, ["1 2 3\n", "[2, 4, 6]\n", "2 [[4, 8], [4]]\n"])
    // Two figures ask at first, and one of them for two answers more.
    XCTAssertEqual(rounds.withLock { $0 }, [2, 2])
  }

  func testWhatIsMissingCostsTheFiguresThatShowIt() async throws {
    let unanswered = await drawn { $0.map { _ in .unanswered } }
    XCTAssertEqual(unanswered, ["1 2 3\n", "waits", "waits"])
    let failed = await drawn { $0.map { _ in .failed("your code timed out") } }
    XCTAssertEqual(failed, ["1 2 3\n", "your code timed out", "your code timed out"])
  }

  /// An empty list traps in the drawing of the third figure; the process after it draws on.
  func testAnAnswerThatDrawingStumblesOverCostsOneFigure() async throws {
    let figures = await drawn { requests in
      given(requests) { .answered(try! Coding.encode($0.count == 2 ? [] : $0)) }
    }
    XCTAssertEqual(
      figures,
      ["1 2 3\n", "[1, 2, 3]\n", "your answer cannot be drawn; see what its exercise says"])
  }

  func testAFigureThatAsksWithoutEndIsGivenUp() async throws {
    let rounds = Mutex(0)
    let figures = await drawn(endlessSheet, by: "--endless") { requests in
      rounds.withLock { $0 += 1 }
      return given(requests) { .answered(try! Coding.encode($0)) }
    }
    XCTAssertEqual(figures, ["it asks for answers without end"])
    XCTAssertLessThan(rounds.withLock { $0 }, 20)
  }

  func testAnswersWithoutMeasureAreNotDrawn() async throws {
    let blanks = Data(repeating: 0x20, count: 17_000_000)
    let figures = await drawn { requests in
      given(requests) { .answered(blanks + (try! Coding.encode($0))) }
    }
    XCTAssertEqual(
      figures,
      [
        "1 2 3\n", "[1, 2, 3]\n", "your answers take more than 32 MB, and are not drawn",
      ])
  }

  func testTheSameQuestionOfTwoFiguresIsAskedOnce() async throws {
    let asked = Mutex<[Data]>([])
    _ = await drawn { requests in
      asked.withLock { $0 += requests }
      return given(requests) { .answered(try! Coding.encode($0)) }
    }
    XCTAssertEqual(Set(asked.withLock { $0 }).count, asked.withLock { $0.count })
  }

  func testAnAnswerThatIsNoneIsSaid() async throws {
    let figures = await drawn { $0.map { _ in .answered(Data("nonsense".utf8)) } }
    XCTAssertEqual(figures[0], "1 2 3\n")
    for figure in figures.dropFirst() { XCTAssertFalse(figure.hasSuffix("\n"), figure) }
  }
}

/// A process that stays: what goes wrong over one question leaves the next to a new process.
final class StandingProcessTests: XCTestCase {
  private func process(_ whose: String, seconds: Double = 20) -> StandingProcess {
    StandingProcess(
      command: practiceProgram(whose) + ["--answer"],
      limits: ProcessLimits(memoryBytes: 1_000_000_000), seconds: seconds)
  }

  private func ask(_ process: StandingProcess, _ numbers: [Int]) async throws
    -> AnswerProcess.Reply
  {
    await process.ask(
      AskedQuestion(method: "doubled", question: try Coding.encode(numbers)).encoded)
  }

  private func numbers(_ reply: AnswerProcess.Reply) throws -> [Int] {
    guard case .answered(let data) = reply else {
      throw CocoaError(.featureUnsupported, userInfo: [NSLocalizedDescriptionKey: "\(reply)"])
    }
    return try Coding.decode([Int].self, from: data)
  }

  private func assertAnswer(
    _ expected: [Int], to numbers: [Int], of process: StandingProcess, line: UInt = #line
  ) async throws {
    let reply = try await ask(process, numbers)
    XCTAssertEqual(try self.numbers(reply), expected, line: line)
  }

  func testOneProcessAnswersAll() async throws {
    let process = process("process")
    let first = try numbers(try await ask(process, [1]))
    let second = try numbers(try await ask(process, [1, 2]))
    XCTAssertEqual(second, [first[0], first[0]])
    XCTAssertEqual(kill(pid_t(first[0]), 0), 0)
    await process.end()
    XCTAssertNotEqual(kill(pid_t(first[0]), 0), 0, "the process is still there")
  }

  func testATrapCostsItsQuestionAlone() async throws {
    let process = process("index")
    try await assertAnswer([2, 4], to: [1, 2], of: process)
    guard case .ended(.signalled) = try await ask(process, [1, 2, 3]) else {
      return XCTFail("a trap is no answer")
    }
    try await assertAnswer([8], to: [4], of: process)
    await process.end()
  }

  func testAnEndlessLoopEndsInTimeAndTheNextIsAnswered() async throws {
    let process = process("loop", seconds: 1)
    try await assertAnswer([2, 4], to: [1, 2], of: process)
    // Time that nobody asks in does not count.
    try await Task.sleep(for: .milliseconds(1_300))
    try await assertAnswer([10], to: [5], of: process)
    let reply = try await ask(process, [1, 2, 3])
    XCTAssertEqual(reply, .ended(.timedOut(seconds: 1)))
    try await assertAnswer([8], to: [4], of: process)
    await process.end()
  }

  func testAProcessThatEndedBetweenQuestionsIsReplaced() async throws {
    let process = process("process")
    let first = try numbers(try await ask(process, [1]))[0]
    kill(pid_t(first), SIGKILL)
    let second = try numbers(try await ask(process, [1]))[0]
    XCTAssertNotEqual(first, second)
    await process.end()
  }

  func testWhoeverIsCancelledDoesNotWait() async throws {
    let process = process("loop", seconds: 600)
    let request = AskedQuestion(
      method: "doubled", question: try Coding.encode([1, 2, 3])
    ).encoded
    let asking = Task { await process.ask(request) }
    try await Task.sleep(for: .milliseconds(500))
    asking.cancel()
    guard case .ended(let ending) = await asking.value else { return XCTFail("it was answered") }
    XCTAssertNotEqual(ending, .timedOut(seconds: 600))
    await process.end()
  }

  func testQuestionsAskedAtTheSameTimeAreAllAnswered() async throws {
    let process = process("solved")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<20 {
        group.addTask {
          let request = AskedQuestion(
            method: "doubled", question: try Coding.encode([number])
          ).encoded
          let expected = AnswerProcess.Reply.answered(try Coding.encode([2 * number]))
          let reply = await process.ask(request)
          XCTAssertEqual(reply, expected)
        }
      }
      try await group.waitForAll()
    }
    await process.end()
  }
}

/// What code gives for lists of numbers.
private func given(
  _ requests: [Data], _ answer: ([Int]) throws -> GivenAnswer
) rethrows -> [GivenAnswer] {
  try requests.map { request in
    let asked = try! AskedQuestion(request)
    return try answer(try! Coding.decode([Int].self, from: asked.question))
  }
}
