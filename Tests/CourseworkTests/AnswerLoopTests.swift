import Coursework
import CourseworkFixture
import Foundation
import XCTest

/// The answering process by itself, spoken to in bytes.
final class AnswerLoopTests: XCTestCase {
  private let nonce = [UInt8](1...16)

  /// A question to the method that doubles numbers.
  private func question(_ numbers: String) -> Data {
    let payload = "doubled\n\(numbers)"
    return Data(nonce + [UInt8(payload.utf8.count), 0, 0, 0]) + Data(payload.utf8)
  }

  private func run(_ whose: String, _ input: Data) throws -> Data {
    let process = Process()
    let (questions, answers) = (Pipe(), Pipe())
    let command = practiceProgram(whose) + ["--answer"]
    process.executableURL = URL(filePath: command[0])
    process.arguments = Array(command.dropFirst())
    process.standardInput = questions
    process.standardOutput = answers
    process.standardError = FileHandle.nullDevice
    try process.run()
    try questions.fileHandleForWriting.write(contentsOf: input)
    try questions.fileHandleForWriting.close()
    let output = try answers.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return output
  }

  func testAnAnswerIsNonceKindLengthAndPayload() throws {
    let expected = Data(nonce + [0, 7, 0, 0, 0]) + Data("[6,-14]".utf8)
    XCTAssertEqual(try run("solved", question("[3,-7]")), expected)
  }

  func testQuestionsAreAnsweredInOrderAfterTheInputHasEnded() throws {
    let expected =
      Data(nonce + [0, 3, 0, 0, 0]) + Data("[2]".utf8) + Data(nonce + [0, 3, 0, 0, 0])
      + Data("[4]".utf8)
    XCTAssertEqual(try run("solved", question("[1]") + question("[2]")), expected)
  }

  func testUnansweredAndErrorsAreKindsOfTheirOwn() throws {
    XCTAssertEqual(
      try run("untouched", question("[1]")), Data(nonce + [1, 0, 0, 0, 0]))
    let text = "no luck with [1, 2, 3]"
    XCTAssertEqual(
      try run("throws", question("[1,2,3]")),
      Data(nonce + [2, UInt8(text.utf8.count), 0, 0, 0]) + Data(text.utf8))
  }

  func testAQuestionToNobodyIsAnError() throws {
    for payload in ["tripled\n[1]", "[1]"] {
      let output = try run(
        "solved", Data(nonce + [UInt8(payload.utf8.count), 0, 0, 0]) + Data(payload.utf8))
      XCTAssertEqual(output.dropFirst(nonce.count).first, 2, payload)
    }
  }

  func testHalfAQuestionIsNoQuestion() throws {
    XCTAssertEqual(try run("solved", question("[1,2]").dropLast()), Data())
    XCTAssertEqual(try run("solved", Data(nonce.prefix(5))), Data())
  }

  func testWhatIsPrintedStaysOutOfTheAnswers() throws {
    let output = try run("chatter", question("[1,2,3]"))
    XCTAssertEqual(output, Data(nonce + [0, 7, 0, 0, 0]) + Data("[2,4,6]".utf8))
  }

  func testAnEndlessLoopDoesNotOutliveTheOneWhoAsked() throws {
    let folder = try temporaryFolder()
    let file = folder.appending(path: "question")
    try question("[1,2,3]").write(to: file)
    let shell = Process()
    let pipe = Pipe()
    shell.executableURL = URL(filePath: "/bin/sh")
    let program = (practiceProgram("loop") + ["--answer"]).map { "'\($0)'" }
    shell.arguments = [
      "-c",
      "\(program.joined(separator: " ")) <'\(file.path)' >/dev/null 2>&1 & echo $!; sleep 1; "
        + "kill -0 $! && echo alive",
    ]
    shell.standardOutput = pipe
    try shell.run()
    let output = String(
      decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    shell.waitUntilExit()
    let words = output.split(whereSeparator: \.isWhitespace)
    let process = try XCTUnwrap(words.first.flatMap { pid_t($0) })
    XCTAssertEqual(words.dropFirst(), ["alive"], "it ended while somebody could still listen")
    for _ in 0..<100 where kill(process, 0) == 0 && !isZombie(process) { usleep(20_000) }
    XCTAssertTrue(kill(process, 0) != 0 || isZombie(process))
  }

  private func isZombie(_ process: pid_t) -> Bool {
    let status = FileManager.default.contents(atPath: "/proc/\(process)/stat") ?? Data()
    return String(decoding: status, as: UTF8.self).contains(") Z ")
  }
}
