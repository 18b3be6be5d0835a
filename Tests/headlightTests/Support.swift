import ArgumentParser
import Checkpoints
import Coursework
import Foundation
import Synchronization
import Tensors
import XCTest

@testable import headlight

/// What became of a call of the built program.
struct Call {
  let output: String
  let errors: String
  let code: Int32

  /// Calls `headlight` with arguments, as a user would.
  init(_ arguments: [String], in folder: URL? = nil) throws {
    let process = Process()
    let (output, errors) = (Pipe(), Pipe())
    process.executableURL = ThisProgram.sibling("headlight")
    process.arguments = arguments
    process.currentDirectoryURL = folder
    var environment = ProcessInfo.processInfo.environment
    // Messages are wrapped at the terminal's width.
    environment["COLUMNS"] = "100"
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    // What is written to standard error is short: it fits the pipe while the output is read.
    self.output = String(
      decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    self.errors = String(
      decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    code = process.terminationStatus
  }

  /// The first line of the errors, which is the sentence; the usage may follow.
  var sentence: String { errors.split(separator: "\n").first.map(String.init) ?? "" }
}

extension XCTestCase {
  /// A folder that is gone after the test.
  func temporaryFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("headlight-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
    return folder
  }

  /// Runs the program where nothing may be written, and compares how it fails.
  func assertFails(
    _ arguments: [String], code: Int32 = 1, _ sentence: String, file: StaticString = #filePath,
    line: UInt = #line
  ) throws {
    let folder = try temporaryFolder()
    let call = try Call(arguments, in: folder)
    XCTAssertEqual(call.sentence, "Error: " + sentence, file: file, line: line)
    XCTAssertEqual(call.output, "", file: file, line: line)
    XCTAssertEqual(call.code, code, file: file, line: line)
    XCTAssertEqual(
      try FileManager.default.contentsOfDirectory(atPath: folder.path), [], file: file, line: line)
  }
}

extension XCTestCase {
  /// Runs a command while Ctrl-C is pressed again and again.
  ///
  /// - Returns: Its exit code; 0 when it came to its end.
  func interrupted(_ arguments: [String]) throws -> Int32 {
    var command = try Headlight.parseAsRoot(
      TextArguments.prepared(arguments, for: Headlight.self))
    StopSignals.watch()
    let isOver = Mutex(false)
    let presses = DispatchGroup()
    DispatchQueue.global().async(group: presses) {
      while !isOver.withLock(\.self) {
        kill(getpid(), SIGINT)
        usleep(200)
      }
    }
    defer {
      isOver.withLock { $0 = true }
      presses.wait()
      for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
    }
    do { try command.run() } catch { return Headlight.exitCode(for: error).rawValue }
    return 0
  }

  /// A tiny model, one of whose weights holds no numbers, in one row or at all.
  func modelWithoutNumbers(_ weight: String, row: Int? = nil) throws -> URL {
    let folder = try temporaryFolder()
    let file = try SafetensorsFile(contentsOf: fixture("gpt2-tiny/model.safetensors"))
    var writer = SafetensorsWriter(metadata: ["format": "pt"])
    for name in file.names {
      var tensor = try file.tensor(name)
      if name == weight, let row {
        for column in 0..<tensor.shape[1] { tensor[row, column] = .nan }
      } else if name == weight {
        tensor = tensor * .nan
      }
      writer.add(name, tensor)
    }
    try writer.write(to: folder.appendingPathComponent("model.safetensors"))
    try FileManager.default.copyItem(
      at: fixture("gpt2-tiny/config.json"), to: folder.appendingPathComponent("config.json"))
    return folder
  }
}

/// A committed fixture by its path under `Tests/Fixtures`.
func fixture(_ path: String) -> URL {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/\(path)")
}

/// A terminal that keeps what is written to it.
final class Recorder: Sendable {
  private let kept = Mutex("")

  var text: String { kept.withLock { $0 } }

  func terminal(width: Int = 80) -> Terminal {
    Terminal(width: width, isInteractive: false, hasColours: false) { text in
      self.kept.withLock { $0 += text }
    }
  }
}
