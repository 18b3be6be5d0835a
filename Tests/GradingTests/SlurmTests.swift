import Coursework
import Foundation
import Grading
import XCTest

/// Against a Slurm of one node, which the test starts and ends.
final class SlurmTests: XCTestCase {
  /// The daemons of a cluster of one machine.
  private final class Cluster {
    let configuration: URL
    private var daemons: [Process] = []

    init(in folder: URL) throws {
      let state = folder.appending(path: "slurm")
      for name in ["state", "spool"] {
        try FileManager.default.createDirectory(
          at: state.appending(path: name), withIntermediateDirectories: true)
      }
      let user = NSUserName()
      let port = 16_817 + Int(getpid() % 1_000) * 2
      configuration = state.appending(path: "slurm.conf")
      try Data(
        """
        ClusterName=ci
        SlurmctldHost=localhost(127.0.0.1)
        SlurmUser=\(user)
        SlurmdUser=\(user)
        AuthType=auth/none
        CredType=cred/none
        MpiDefault=none
        ProctrackType=proctrack/linuxproc
        TaskPlugin=task/none
        SwitchType=switch/none
        SelectType=select/cons_tres
        SelectTypeParameters=CR_CPU
        ReturnToService=2
        SlurmctldPort=\(port)
        SlurmdPort=\(port + 1)
        SlurmctldPidFile=\(state.path)/ctld.pid
        SlurmdPidFile=\(state.path)/d.pid
        SlurmctldLogFile=\(state.path)/ctld.log
        SlurmdLogFile=\(state.path)/d.log
        StateSaveLocation=\(state.path)/state
        SlurmdSpoolDir=\(state.path)/spool
        JobCompType=jobcomp/none
        AccountingStorageType=accounting_storage/none
        JobAcctGatherType=jobacct_gather/none
        SchedulerParameters=batch_sched_delay=0,sched_interval=1
        NodeName=localhost NodeAddr=127.0.0.1 CPUs=2 RealMemory=500 State=UNKNOWN
        PartitionName=ci Nodes=localhost Default=YES MaxTime=10 State=UP

        """.utf8
      ).write(to: configuration)
      setenv("SLURM_CONF", configuration.path, 1)
      for command in [["slurmctld", "-D", "-i"], ["slurmd", "-D", "-N", "localhost"]] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/sbin/\(command[0])")
        process.arguments = Array(command.dropFirst())
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        daemons.append(process)
      }
    }

    /// Waits until the node takes work.
    func waitUntilIdle() async throws {
      for _ in 0..<150 {
        let outcome = await CommandRun(
          command: ["sinfo", "-h", "-o", "%t"], environment: ProcessInfo.processInfo.environment,
          limits: ProcessLimits(seconds: 10), isSupervised: false
        ).run()
        if String(decoding: outcome.output, as: UTF8.self).hasPrefix("idle") { return }
        try await Task.sleep(for: .milliseconds(200))
      }
      throw XCTSkip("Slurm's node did not come up within 30 s")
    }

    func end() {
      for daemon in daemons.reversed() {
        // Threads of Swift's concurrency block signals, and what they start inherits that.
        kill(daemon.processIdentifier, SIGKILL)
        // Foundation waits for whatever the daemon started too, which ends in its own time.
        for _ in 0..<100 where SlurmTests.isAlive(daemon.processIdentifier) { usleep(50_000) }
      }
      unsetenv("SLURM_CONF")
    }
  }

  /// Whether a process is there, and more than an entry that nobody has read yet.
  private static func isAlive(_ process: pid_t) -> Bool {
    guard let facts = FileManager.default.contents(atPath: "/proc/\(process)/stat") else {
      return false
    }
    return !String(decoding: facts, as: UTF8.self).contains(") Z ")
  }

  func testATaskKilledInTheMiddleIsMadeUpFor() async throws {
    for program in ["/usr/sbin/slurmctld", "/usr/sbin/slurmd", "/usr/bin/sbatch"] {
      try XCTSkipUnless(
        FileManager.default.isExecutableFile(atPath: program),
        "\(program) is not there: apt install slurmctld slurmd slurm-client")
    }
    let room = try Classroom(temporaryFolder())
    let cluster = try Cluster(in: room.folder)
    defer { cluster.end() }
    try await cluster.waitUntilIdle()
    try Data("a seed".utf8).write(to: room.folder.appending(path: "seed"))
    let solution = try room.text(of: "Solutions")
    for index in 0..<4 { try room.handIn("student \(index)", solution) }
    try room.handIn("student's “own”", "let x: Int = \"\"")

    let grading = Task {
      await CommandRun(
        command: [
          ThisProgram.sibling("headlight").path, "grade", "--sheet", "1",
          room.submissions.path,
          "--output", room.grades.url.path, "--seed-file",
          room.folder.appending(path: "seed").path, "--jobs", "1", "--engine", "slurm",
          "--slice-size", "2", "--no-figures", "--time-limit", "60",
        ], environment: ProcessInfo.processInfo.environment,
        limits: ProcessLimits(seconds: 400), isSupervised: false
      ).run()
    }
    // The first task that is seen is killed while it is at work.
    var killed: [String] = []
    for _ in 0..<600 where killed.isEmpty {
      killed = tasks(of: room)
      try await Task.sleep(for: .milliseconds(100))
    }
    try await Task.sleep(for: .seconds(1))
    let task = try XCTUnwrap(killed.first.flatMap { pid_t($0) }, "no task was seen")
    XCTAssertEqual(kill(task, SIGKILL), 0)

    let outcome = await grading.value
    let said = String(decoding: outcome.output, as: UTF8.self)
    XCTAssertTrue(outcome.isSuccess, said)
    XCTAssertTrue(said.contains("tasks were lost"), said)
    XCTAssertEqual(room.grades.results().count, 5)
    for index in 0..<4 {
      XCTAssertEqual(
        try room.result("student \(index)").points,
        Double(room.sheet.points - room.sheet.openPoints))
    }
    XCTAssertEqual(try room.result("student's “own”").status, .doesNotCompile)
    XCTAssertEqual(tasks(of: room), [])
  }

  /// The processes of tasks that grade a class.
  private func tasks(of room: Classroom) -> [String] {
    let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return processes.filter { process in
      guard Int(process) != nil,
        let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline")
      else { return false }
      let words = String(decoding: line, as: UTF8.self).split(separator: "\0")
      return words.contains("--slice") && words.contains(Substring(room.submissions.path))
        && words[0].hasSuffix("headlight")
    }
  }
}
