import Foundation
import XCTest

@testable import Coursework

/// Jobs handed in to programs that stand in for Slurm's.
final class SlurmJobsTests: XCTestCase {
  private var folder = URL(fileURLWithPath: "/")
  private var path: String?

  override func setUpWithError() throws {
    folder = try temporaryFolder()
    path = ProcessInfo.processInfo.environment["PATH"]
    setenv("PATH", folder.path + ":" + (path ?? "/usr/bin:/bin"), 1)
  }

  override func tearDown() {
    if let path { setenv("PATH", path, 1) } else { unsetenv("PATH") }
  }

  private func program(_ name: String, _ text: String) throws {
    let file = folder.appending(path: name)
    try Data("#!/bin/sh\n\(text)\n".utf8).write(to: file)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
  }

  private func jobs() -> SlurmJobs {
    var jobs = SlurmJobs(name: "test", command: ["true"], processors: 1, isStopped: { false })
    jobs.pollSeconds = 0.01
    return jobs
  }

  /// How often a program was called, and with what.
  private func calls(_ name: String) -> [String] {
    let text = try? String(contentsOf: folder.appending(path: "\(name).log"), encoding: .utf8)
    return (text ?? "").split(separator: "\n").map(String.init)
  }

  func testAQueueThatCannotBeAskedIsNotEmpty() async throws {
    // Fails twice, says once that the job is there, fails again, and then knows it no more.
    try program(
      "squeue",
      """
      echo "$@" >> \(folder.path)/squeue.log
      case $(wc -l < \(folder.path)/squeue.log) in
        1|2|4) echo "slurm_load_jobs error: Unable to contact slurm controller" >&2; exit 1 ;;
        3) echo 17 ;;
        *) echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1 ;;
      esac
      """)
    var looks = 0
    let isStopped = try await jobs().wait(for: ["17"]) { looks += 1 }
    XCTAssertFalse(isStopped)
    XCTAssertEqual(looks, 5)
    XCTAssertEqual(calls("squeue").count, 5)
  }

  func testAQueueThatNeverAnswersIsAnError() async throws {
    try program(
      "squeue",
      "echo x >> \(folder.path)/squeue.log; echo 'Unable to contact slurm controller' >&2; exit 1")
    do {
      _ = try await jobs().wait(for: ["17", "18"]) {}
      XCTFail("jobs nobody knows of are gone")
    } catch let error as SlurmError {
      XCTAssertTrue(error.description.contains("Unable to contact"), error.description)
      XCTAssertTrue(error.description.contains("17 18"), error.description)
    }
    XCTAssertGreaterThan(calls("squeue").count, 2)
  }

  func testWhatWasHandedInIsTakenBackWhenTheRestIsRefused() async throws {
    try program(
      "sbatch",
      """
      echo x >> \(folder.path)/sbatch.log
      if [ $(wc -l < \(folder.path)/sbatch.log) = 1 ]; then echo "17;cluster"; exit 0; fi
      echo "sbatch: error: AssocMaxSubmitJobLimit" >&2
      exit 1
      """)
    try program("scancel", "echo \"$@\" >> \(folder.path)/scancel.log")
    let slices = (0...SlurmJobs.largestArray).map { ["\($0)"] }
    do {
      _ = try await jobs().submit(slices, in: folder.appending(path: "jobs"))
      XCTFail("a refusal is no number of a job")
    } catch let error as SlurmError {
      XCTAssertTrue(error.description.contains("AssocMaxSubmitJobLimit"), error.description)
    }
    XCTAssertEqual(calls("sbatch").count, 2)
    XCTAssertEqual(calls("scancel"), ["17"])
  }
}
