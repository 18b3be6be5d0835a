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
