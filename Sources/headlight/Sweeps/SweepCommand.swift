import ArgumentParser
import Checkpoints
import Coursework
import Files
import Foundation
import Laboratory
import Models

struct SweepCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Run a command for every line of a file, so that nothing that is done is lost.",
    discussion: """
      A line of --over gives options of the command by name, as in {"text": "The dog", "answer": \
      " barks"}, ids as lists, as in {"text-ids": [5, 6, 7]}; options behind the command are for all \
      lines. Every line's result is a file in DIR/results, written as a whole; what is missing is run \
      when the same sweep is begun again. A line that fails costs its row: its error is in the table. \
      At the end DIR/table.csv and DIR/table.json have a row a line.

      Commands: \(commands.sorted().joined(separator: ", ")).

      Example:
        headlight sweep knockout --model reader --answer Paris --from -1 --to France \\
          --over texts.jsonl --output sweep
      """)

  /// The commands that print a result for one input.
  static let commands: Set<String> = [
    "ablate", "attribute", "attribute-logit", "causal-trace", "circuit", "heads", "idioms",
    "knockout", "lens", "patch", "patchscope", "path-patch", "relation", "suppression",
  ]

  enum Engine: String, ExpressibleByArgument, CaseIterable {
    case local
    case slurm
  }

  @Argument(
    parsing: .allUnrecognized,
    help: ArgumentHelp("The command and the options all inputs share.", valueName: "command …"))
  var command: [String] = []
  @Option(help: ArgumentHelp("A file of JSON lines, an input each.", valueName: "file.jsonl"))
  var over: String
  @Option(help: "Where the work is done: local or slurm.")
  var engine = Engine.local
  @Option(
    help: ArgumentHelp(
      "How many inputs are run at a time, each in a process of its own; by default as many as there "
        + "are cores.", valueName: "n"))
  var jobs: Int?
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The folder of results.", valueName: "dir"))
  var output: String
  @Option(help: ArgumentHelp("With --engine slurm: how many inputs a task runs.", valueName: "n"))
  var sliceSize = 100
  @Option(help: .hidden) var slice: String?

  func validate() throws {
    guard let name = command.first else {
      throw ValidationError("there is no command to sweep: give one, such as patch")
    }
    guard Self.commands.contains(name) else {
      throw ValidationError(
        "“\(name)” cannot be swept; choose one of "
          + Self.commands.sorted().joined(separator: ", "))
    }
    if let jobs, jobs < 1 { throw ValidationError("--jobs is \(jobs), and at least 1 is needed") }
    if sliceSize < 1 {
      throw ValidationError("--slice-size is \(sliceSize), and at least 1 is needed")
    }
    guard slice == nil || engine == .local else {
      throw ValidationError("a slice is run on one machine")
    }
  }

  func run() async throws {
    StopSignals.watch()
    let folder = SweepFolder(url: URL(fileURLWithPath: output).standardizedFileURL)
    if let slice {
      try runSlice(slice, folder)
      return
    }
    let manifest = try manifest()
    try folder.claim(manifest)
    let lock = try folder.lock()
    defer { withExtendedLifetime(lock) {} }
    let (done, missing) = try missing(in: folder)
    let bar = ProgressBar(
      "Sweeping", total: manifest.inputs, startingAt: done, unit: "inputs")
    var ended = true
    if !missing.isEmpty {
      switch engine {
      case .local:
        ended = try SweepPool(
          folder, command: command, over: over, only: nil,
          jobs: min(jobs ?? ProcessInfo.processInfo.activeProcessorCount, missing.count)
        ).run(bar)
      case .slurm:
        ended = try await cluster(folder).run(missing, done: done, bar)
      }
    }
    bar.finish()
    let summary = try SweepTable(folder: folder, path: over).write()
    let finished = summary.rows - summary.missing
    print(
      "\(finished) of \(counted(summary.rows, "input")) done"
        + (done > 0 ? ", \(done) of them before" : "")
        + (summary.failed > 0 ? "; \(summary.failed) failed: see “error” in the table" : "")
        + ". Wrote \(folder.table.path) and \(folder.tableOfAll.lastPathComponent).")
    if !ended {
      Terminal.standardError.print(
        "Stopped: \(counted(summary.missing, "input")) left; the same command goes on from here.")
      throw ExitCode(128 + (StopSignals.signal ?? SIGINT))
    }
    if summary.missing > 0 {
      Terminal.standardError.print(
        "\(counted(summary.missing, "input")) came to no end; see the logs in "
          + "\((engine == .slurm ? folder.cluster : folder.logs).path), which name the input each task "
          + "was at.")
    }
    if summary.failed > 0 || summary.missing > 0 { throw ExitCode(1) }
  }

  /// The lines named by a file, as a task of a cluster runs them.
  private func runSlice(_ slice: String, _ folder: SweepFolder) throws {
    guard let text = try? String(contentsOfFile: slice, encoding: .utf8) else {
      throw CommandError("the slice \(slice) cannot be read")
    }
    let lines = Set(text.split(separator: "\n").compactMap { Int($0) })
    let bar = ProgressBar("Sweeping", total: lines.count, unit: "inputs")
    let ended = try SweepPool(
      folder, command: command, over: over, only: lines, jobs: min(jobs ?? 1, max(lines.count, 1))
    ).run(bar)
    if !ended { throw ExitCode(128 + (StopSignals.signal ?? SIGINT)) }
  }

  private func missing(in folder: SweepFolder) throws -> (done: Int, lines: [Int]) {
    var reader = try LineReader(over)
    var (done, lines) = (0, [Int]())
    while let input = try reader.next() {
      if folder.isDone(line: input.number) { done += 1 } else { lines.append(input.number) }
    }
    return (done, lines)
  }

  /// This command as a task of a cluster runs it.
  private func cluster(_ folder: SweepFolder) -> SweepCluster {
    SweepCluster(
      folder: folder,
      jobs: SlurmJobs(
        name: "headlight-sweep",
        command: [ThisProgram.url.path, "sweep"] + command + [
          "--over", URL(fileURLWithPath: over).path, "--output", folder.url.path, "--jobs",
          "\(jobs ?? 1)",
        ], processors: jobs ?? 1, isStopped: { StopSignals.signal != nil }), sliceSize: sliceSize)
  }

  // MARK: - What the results are of

  private func manifest() throws -> SweepFolder.Manifest {
    var inputs = 0
    var reader = try LineReader(over)
    var words = Set(command.dropFirst())
    var models = Set([value(of: "--model") ?? ModelOption.standard])
    models.formUnion([value(of: "--target-model")].compactMap(\.self))
    var ownModels: Set<String> = []
    while let input = try reader.next() {
      inputs += 1
      // A line that is no input costs its own row.
      for option in (try? SweepInput.options(of: input.line)) ?? [] {
        words.insert(option)
        for name in ["--model=", "--target-model="] where option.hasPrefix(name) {
          ownModels.insert(String(option.dropFirst(name.count)))
        }
      }
    }
    guard inputs > 0 else {
      throw CommandError("\(over) is empty; write a line of JSON an input")
    }
    var data = [URL(fileURLWithPath: over).path: try Checksum.file(URL(fileURLWithPath: over))]
    for word in words {
      let path = word.split(separator: "=", maxSplits: 1).last.map(String.init) ?? word
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue {
        let url = URL(fileURLWithPath: path)
        data[url.path] = try Checksum.file(url)
      }
    }
    var sums = Dictionary(
      uniqueKeysWithValues: try models.map { ($0, try Self.checksum(ofModel: $0)) })
    // So does one whose model is not there.
    for name in ownModels.subtracting(models) { sums[name] = try? Self.checksum(ofModel: name) }
    return SweepFolder.Manifest(
      command: command, data: data, models: sums,
      program: try Checksum.file(ThisProgram.url), inputs: inputs)
  }

  private func value(of option: String) -> String? {
    for (index, word) in command.enumerated() {
      if word.hasPrefix("\(option)=") { return String(word.dropFirst(option.count + 1)) }
      if word == option, index + 1 < command.count { return command[index + 1] }
    }
    return nil
  }

  /// Of all files of a model's folder.
  private static func checksum(ofModel name: String) throws -> String {
    let folder = try ModelPlace(name, needsWeights: true).directory
    var sum = Checksum()
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
      let url = folder.appending(path: file).resolvingSymlinksInPath()
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder),
        !isFolder.boolValue, !file.hasPrefix(".")
      else { continue }
      sum.add(file)
      sum.add(try Checksum.file(url))
    }
    return sum.text
  }
}
