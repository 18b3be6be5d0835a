import Coursework
import Dispatch
import Foundation
import Synchronization
import Tensors

/// Processes that run a sweep's inputs, each one input at a time.
final class SweepPool: Sendable {
  private let folder: SweepFolder
  private let command: [String]
  private let jobs: Int
  /// Whether what workers say goes to files of the folder, or to this process's own channel.
  private let keepsLogs: Bool

  private struct State {
    var reader: LineReader
    var isStopped = false
    var fault: String?
    var running: [Int: pid_t] = [:]
  }
  private let state: Mutex<State>
  private let only: Set<Int>?

  init(
    _ folder: SweepFolder, command: [String], over path: String, only: Set<Int>?, jobs: Int
  ) throws {
    self.folder = folder
    self.command = command
    self.jobs = jobs
    self.only = only
    keepsLogs = only == nil
    state = Mutex(State(reader: try LineReader(path)))
  }

  /// Runs what is missing.
  ///
  /// - Returns: whether it came to its end.
  /// - Throws: ``CommandError`` when results cannot be kept.
  func run(_ bar: ProgressBar) throws -> Bool {
    signal(SIGPIPE, SIG_IGN)
    if keepsLogs {
      try FileManager.default.createDirectory(at: folder.logs, withIntermediateDirectories: true)
    }
    let threads = DispatchGroup()
    for job in 0..<jobs {
      DispatchQueue.global().async(group: threads) { self.work(job, bar) }
    }
    var patience = 100
    while threads.wait(timeout: .now() + .milliseconds(50)) == .timedOut {
      guard StopSignals.signal != nil else { continue }
      // Inputs that are at work may come to their end; after five seconds they are given up.
      let running = state.withLock { state in
        state.isStopped = true
        return Array(state.running.values)
      }
      patience -= 1
      if patience == 0 { for process in running { kill(process, SIGKILL) } }
    }
    if let fault = state.withLock({ $0.fault }) {
      throw CommandError("results cannot be kept: \(fault)")
    }
    return StopSignals.signal == nil
  }

  private func next() -> (number: Int, line: Data)? {
    state.withLock { state in
      while !state.isStopped, StopSignals.signal == nil {
        do {
          guard let input = try state.reader.next() else { return nil }
          if let only, !only.contains(input.number) { continue }
          if !folder.isDone(line: input.number) { return input }
        } catch {
          state.fault = "\(error)"
          state.isStopped = true
        }
      }
      return nil
    }
  }

  private func work(_ job: Int, _ bar: ProgressBar) {
    var worker: Worker?
    var again: (number: Int, line: Data)?
    while let input = again ?? next() {
      let isSecond = again != nil
      again = nil
      do {
        let running = try worker ?? start(job)
        worker = running
        state.withLock { $0.running[job] = running.process.processIdentifier }
        let answer = running.ask(input)
        state.withLock { $0.running[job] = nil }
        switch answer {
        case "done"?, "failed"?: bar.advance()
        case let fault? where fault.hasPrefix("fault "):
          state.withLock { state in
            state.fault = String(fault.dropFirst(6))
            state.isStopped = true
          }
        default:
          worker = nil
          let ending = running.ending()
          // One that was stopped from outside has done nothing wrong.
          if state.withLock({ $0.isStopped }) || StopSignals.signal != nil { break }
          if !isSecond {
            // It may have been the machine's fault, or somebody's who ended a process.
            again = input
            break
          }
          try SweepFolder.write(
            SweepRow(line: input.number, input: input.line, outcome: .error(ending)).json,
            to: folder.result(ofLine: input.number))
          bar.advance()
        }
      } catch {
        state.withLock { state in
          state.fault = "\(error)"
          state.isStopped = true
        }
      }
    }
    worker?.end()
  }

  private func start(_ job: Int) throws -> Worker {
    var log: FileHandle?
    if keepsLogs {
      let file = folder.logs.appending(path: "worker-\(job).log")
      let descriptor = open(file.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else {
        throw CommandError("\(file.path): \(String(cString: strerror(errno)))")
      }
      log = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }
    return try Worker(
      ["sweep-worker", "--folder", folder.url.path] + command, log: log,
      threads: Self.threads(jobs, inTask: !keepsLogs))
  }

  /// How many threads each worker has.
  ///
  /// A task of a cluster has a processor a job, of however many its machine has.
  static func threads(_ jobs: Int, inTask: Bool, of cores: Int = Parallel.threads) -> Int {
    inTask ? 1 : max(1, cores / jobs)
  }

  /// A process at work.
  private final class Worker {
    let process = Process()
    private let questions = Pipe()
    private let answers = Pipe()
    private var buffer = Data()

    init(_ arguments: [String], log: FileHandle?, threads: Int) throws {
      process.executableURL = ThisProgram.url
      process.arguments = arguments
      // Workers that each took all cores would wait for one another.
      var environment = ProcessInfo.processInfo.environment
      environment["HEADLIGHT_THREADS"] = "\(threads)"
      process.environment = environment
      process.standardInput = questions
      process.standardOutput = answers
      if let log { process.standardError = log }
      try process.run()
    }

    /// The answer to an input, or nil when the process ended.
    func ask(_ input: (number: Int, line: Data)) -> String? {
      let question = Data("\(input.number) ".utf8) + input.line + Data("\n".utf8)
      do { try questions.fileHandleForWriting.write(contentsOf: question) } catch { return nil }
      while true {
        if let end = buffer.firstIndex(of: 0x0A) {
          defer { buffer = Data(buffer[buffer.index(after: end)...]) }
          return String(decoding: buffer[..<end], as: UTF8.self)
        }
        let chunk = answers.fileHandleForReading.availableData
        if chunk.isEmpty { return nil }
        buffer += chunk
      }
    }

    /// How the process ended, in a sentence.
    func ending() -> String {
      try? questions.fileHandleForWriting.close()
      process.waitUntilExit()
      return process.terminationReason == .uncaughtSignal
        ? "the process that ran it was ended by signal \(process.terminationStatus)"
          + (process.terminationStatus == SIGKILL ? ", perhaps for want of memory" : "")
        : "the process that ran it ended with exit code \(process.terminationStatus)"
    }

    func end() {
      try? questions.fileHandleForWriting.close()
      process.waitUntilExit()
    }
  }
}
