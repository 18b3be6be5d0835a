import Coursework
import Foundation
import XCTest

@testable import headlight

/// Sweeps over files of inputs, with the command itself.
final class SweepTests: XCTestCase {
  private static let model = fixture("gpt2-tiny").path

  private func inputs(_ count: Int, in folder: URL) throws -> URL {
    let file = folder.appending(path: "inputs.jsonl")
    let lines = (0..<count).map { index in
      index == 3
        ? "{\"clean-ids\": [1, 2, 3]}"
        : "{\"clean-ids\": [1, 2, \(3 + index % 5)], \"corrupted-ids\": [1, 9, \(3 + index % 5)]}"
    }
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
    return file
  }

  private func sweep(_ file: URL, into output: URL, jobs: Int = 2) -> Process {
    let process = Process()
    process.executableURL = ThisProgram.sibling("headlight")
    process.arguments = [
      "sweep", "patch", "--model", Self.model, "--answer", "#5", "--foil", "#6", "--over",
      file.path, "--output", output.path, "--jobs", "\(jobs)",
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    return process
  }

  private func run(_ process: Process) throws -> Int32 {
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  private func table(_ output: URL) throws -> String {
    try String(contentsOf: output.appending(path: "table.json"), encoding: .utf8)
  }

  func testABadInputCostsItsRowAndWhatIsDoneStays() throws {
    let folder = try temporaryFolder()
    let (file, output) = (try inputs(8, in: folder), folder.appending(path: "sweep"))
    XCTAssertEqual(try run(sweep(file, into: output)), 1)
    let rows = try JSONSerialization.jsonObject(with: Data(table(output).utf8)) as? [[String: Any]]
    XCTAssertEqual(rows?.compactMap { $0["line"] as? Int }, Array(1...8))
    XCTAssertEqual(rows?.indices.filter { rows?[$0]["error"] != nil }, [3])
    XCTAssertEqual(rows?.indices.filter { rows?[$0]["result"] != nil }, [0, 1, 2, 4, 5, 6, 7])
    let csv = try String(contentsOf: output.appending(path: "table.csv"), encoding: .utf8)
    XCTAssertEqual(csv.split(separator: "\n").count, 9)
    let whole = try table(output)
    try FileManager.default.removeItem(at: output.appending(path: "results/0/5.json"))
    XCTAssertEqual(try run(sweep(file, into: output, jobs: 1)), 1)
    XCTAssertEqual(try table(output), whole)
  }

  func testOtherDataAreRefused() throws {
    let folder = try temporaryFolder()
    let (file, output) = (try inputs(2, in: folder), folder.appending(path: "sweep"))
    XCTAssertEqual(try run(sweep(file, into: output)), 0)
    let before = try table(output)
    _ = try inputs(3, in: folder)
    XCTAssertNotEqual(try run(sweep(file, into: output)), 0)
    XCTAssertEqual(try table(output), before)
  }

  /// Five instants, or as many as `HEADLIGHT_KILLS` says.
  func testKilledAtAnyInstantItEndsAsAnUndisturbedOne() throws {
    let kills = ProcessInfo.processInfo.environment["HEADLIGHT_KILLS"].flatMap { Int($0) } ?? 5
    let folder = try temporaryFolder()
    let file = try inputs(40, in: folder)
    let (calm, killed) = (folder.appending(path: "calm"), folder.appending(path: "killed"))
    let start = ContinuousClock.now
    XCTAssertEqual(try run(sweep(file, into: calm)), 1)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    for _ in 0..<kills {
      let process = sweep(file, into: killed)
      try process.run()
      usleep(UInt32.random(in: 1_000...UInt32(seconds * 1e6)))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    XCTAssertEqual(try run(sweep(file, into: killed)), 1)
    XCTAssertEqual(try table(killed), try table(calm))
  }

  func testControlCKeepsWhatIsDone() throws {
    let folder = try temporaryFolder()
    let (file, output) = (try inputs(400, in: folder), folder.appending(path: "sweep"))
    let process = sweep(file, into: output, jobs: 1)
    try process.run()
    let first = output.appending(path: "results/0/2.json").path
    while process.isRunning, !FileManager.default.fileExists(atPath: first) { usleep(5_000) }
    process.interrupt()
    process.waitUntilExit()
    XCTAssertEqual(process.terminationStatus, 130)
    XCTAssertTrue(FileManager.default.fileExists(atPath: first))
  }

  /// Programs that stand in for Slurm's: tasks run one after the other, and the first array loses its
  /// second task.
  private func standIns(in folder: URL) throws -> URL {
    let place = folder.appending(path: "bin")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    let programs = [
      "sbatch": """
      for word in "$@"; do
        case $word in
          --array=0-*) last=${word#--array=0-} ;;
          --output=*) log=${word#--output=} ;;
        esac
        script=$word
      done
      touch \(folder.path)/running
      (
        for task in $(seq 0 $last); do
          if [ $task = 1 ] && [ ! -e \(folder.path)/lost ]; then
            touch \(folder.path)/lost
            continue
          fi
          SLURM_ARRAY_TASK_ID=$task sh $script > $(echo $log | sed s/%a/$task/) 2>&1
        done
        rm \(folder.path)/running
      ) > /dev/null 2>&1 < /dev/null &
      echo 17
      """,
      "squeue": "if [ -e \(folder.path)/running ]; then echo 17; fi",
      "scancel": "exit 0",
    ]
    for (name, text) in programs {
      let file = place.appending(path: name)
      try Data("#!/bin/bash\n\(text)\n".utf8).write(to: file)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    }
    return place
  }

  func testATaskThatSlurmLosesIsMadeUpFor() throws {
    let folder = try temporaryFolder()
    let (file, output) = (try inputs(10, in: folder), folder.appending(path: "sweep"))
    let process = sweep(file, into: output, jobs: 1)
    process.arguments! += ["--engine", "slurm", "--slice-size", "3"]
    var environment = ProcessInfo.processInfo.environment
    environment["PATH"] = try standIns(in: folder).path + ":" + (environment["PATH"] ?? "/usr/bin")
    process.environment = environment
    let said = Pipe()
    process.standardError = said
    XCTAssertEqual(try run(process), 1)
    let errors = String(decoding: said.fileHandleForReading.availableData, as: UTF8.self)
    XCTAssertTrue(errors.contains("3 inputs are handed in to Slurm again"), errors)
    let rows = try JSONSerialization.jsonObject(with: Data(table(output).utf8)) as? [[String: Any]]
    XCTAssertEqual(rows?.count, 10)
    XCTAssertEqual(rows?.indices.filter { rows?[$0]["error"] != nil }, [3])
    // A log a task names the inputs it was at.
    let logs = try FileManager.default.subpathsOfDirectory(
      atPath: output.appending(path: "slurm").path
    ).filter { $0.hasSuffix(".log") }
    XCTAssertEqual(logs.count, 4)
    for log in logs {
      let text = try String(contentsOf: output.appending(path: "slurm/\(log)"), encoding: .utf8)
      XCTAssertTrue(text.contains("Line "), text)
    }
  }

  func testWhatLinesNameMayNotChangeEither() throws {
    let folder = try temporaryFolder()
    let (texts, file) = (folder.appending(path: "a.jsonl"), folder.appending(path: "inputs.jsonl"))
    let model = folder.appending(path: "model")
    try FileManager.default.copyItem(at: URL(fileURLWithPath: Self.model), to: model)
    try Data("{\"text-ids\": [1, 2, 3]}\n".utf8).write(to: texts)
    try Data("{\"texts\": \"\(texts.path)\", \"model\": \"\(model.path)\"}\n".utf8)
      .write(to: file)
    func sweep(_ output: String) throws -> Call {
      try Call([
        "sweep", "ablate", "--over", file.path, "--output", folder.appending(path: output).path,
      ])
    }
    XCTAssertEqual(try sweep("one").code, 0)
    XCTAssertEqual(try sweep("one").code, 0)
    try Data("{\"text-ids\": [1, 2, 4]}\n".utf8).write(to: texts)
    let refused = try sweep("one")
    XCTAssertEqual(refused.code, 1)
    XCTAssertTrue(refused.sentence.contains("\(texts.path) has changed since"), refused.errors)
    XCTAssertEqual(try sweep("two").code, 0)
    try Data("{}".utf8).write(to: model.appending(path: "generation_config.json"))
    let other = try sweep("two")
    XCTAssertEqual(other.code, 1)
    XCTAssertTrue(other.sentence.contains("\(model.path) has changed since"), other.errors)
  }

  /// A disk that takes no more than a kilobyte: what a command printed is cut off.
  func testAResultThatDoesNotFitTheDiskIsAFault() throws {
    let folder = try temporaryFolder()
    let ids = (0..<24).map { "\($0 % 9 + 1)" }.joined(separator: ", ")
    let input = "{\"clean-ids\": [\(ids)], \"corrupted-ids\": [9, \(ids.dropFirst(3))]}"
    let process = Process()
    let (questions, answers) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = [
      "-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "bash",
      ThisProgram.sibling("headlight").path, "sweep-worker", "--folder", folder.path, "patch",
      "--model", Self.model, "--answer", "#5", "--foil", "#6",
    ]
    process.standardInput = questions
    process.standardOutput = answers
    process.standardError = FileHandle.nullDevice
    try process.run()
    try questions.fileHandleForWriting.write(
      contentsOf: Data("1 \(input)\n".utf8))
    try questions.fileHandleForWriting.close()
    let answer = String(
      decoding: try answers.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    XCTAssertTrue(answer.hasPrefix("fault "), answer)
    XCTAssertFalse(SweepFolder(url: folder).isDone(line: 1))
  }

  func testOnlyAFileIsReadAgain() throws {
    let folder = try temporaryFolder()
    for path in ["/dev/null", folder.path] {
      XCTAssertThrowsError(try LineReader(path)) {
        XCTAssertTrue("\($0)".contains("is no file"), "\($0)")
      }
    }
    XCTAssertThrowsError(try LineReader(folder.appending(path: "none").path)) {
      XCTAssertTrue("\($0)".contains("cannot be read"), "\($0)")
    }
  }

  func testALockSaysWhoHoldsIt() throws {
    let folder = SweepFolder(url: try temporaryFolder())
    let lock = try folder.lock()
    defer { withExtendedLifetime(lock) {} }
    // The lock is the first opening's, and stays.
    XCTAssertThrowsError(try folder.lock()) {
      XCTAssertTrue("\($0)".contains("another process"), "\($0)")
    }
    let other = SweepFolder(url: try temporaryFolder())
    try FileManager.default.createDirectory(
      at: other.url.appending(path: ".lock"), withIntermediateDirectories: false)
    XCTAssertThrowsError(try other.lock()) {
      XCTAssertFalse("\($0)".contains("another process"), "\($0)")
      XCTAssertTrue("\($0)".contains("is a directory"), "\($0)")
    }
  }

  func testThreadsAreNoMoreThanCores() {
    XCTAssertEqual(SweepPool.threads(2, inTask: false, of: 7), 3)
    XCTAssertEqual(SweepPool.threads(9, inTask: false, of: 2), 1)
    // A task was given a processor a job, and other tasks have the machine's others.
    XCTAssertEqual(SweepPool.threads(2, inTask: true, of: 64), 1)
  }

  func testWorkersShareTheCores() throws {
    let folder = try temporaryFolder()
    let (file, output) = (try inputs(400, in: folder), folder.appending(path: "sweep"))
    let process = sweep(file, into: output, jobs: 2)
    var environment = ProcessInfo.processInfo.environment
    environment["HEADLIGHT_THREADS"] = "7"
    process.environment = environment
    try process.run()
    defer {
      process.interrupt()
      process.waitUntilExit()
    }
    let parent = process.processIdentifier
    func children() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/\(parent)/task")
        .flatMap { task -> [String] in
          let list = FileManager.default.contents(atPath: "/proc/\(parent)/task/\(task)/children")
          return String(decoding: list ?? Data(), as: UTF8.self).split(separator: " ").map(
            String.init)
        }
    }
    var workers: [String] = []
    while process.isRunning, workers.count < 2 {
      usleep(5_000)
      // A thread may end while it is looked at.
      workers = (try? children()) ?? []
    }
    XCTAssertEqual(workers.count, 2)
    for child in workers {
      func threads() -> [String] {
        let facts = FileManager.default.contents(atPath: "/proc/\(child)/environ") ?? Data()
        return String(decoding: facts, as: UTF8.self).split(separator: "\0").map(String.init)
          .filter { $0.hasPrefix("HEADLIGHT_THREADS=") }
      }
      // Until a worker is the program, it shows what its parent was given.
      for _ in 0..<400 where threads() == ["HEADLIGHT_THREADS=7"] { usleep(5_000) }
      XCTAssertEqual(threads(), ["HEADLIGHT_THREADS=3"])
    }
  }

  func testInputsBecomeOptions() throws {
    XCTAssertEqual(
      try SweepInput.options(
        of: Data(
          "{\"text\": \"- a\", \"clean-ids\": [1, 2], \"window\": 2, \"from\": [\"a\", -1], "
            .utf8) + Data("\"together\": true, \"baseline\": false}".utf8)),
      ["--clean-ids=1,2", "--from=a", "--from=-1", "--text=- a", "--together", "--window=2"])
    for line in ["[]", "3", "{", "{\"json\": true}", "{\"A b\": 1}", "{\"a\": {}}"] {
      XCTAssertThrowsError(try SweepInput.options(of: Data(line.utf8)), line)
    }
  }
}
