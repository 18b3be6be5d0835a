import ArgumentParser
import Coursework
import Foundation
import Laboratory
import Training

/// What all trainings can be asked for.
struct TrainingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The seed of the weights and batches.", valueName: "n"))
  var seed: UInt64 = 0
  @Option(
    help: ArgumentHelp(
      "How many steps; as many as the recipe has when left out.", valueName: "n"))
  var steps: Int?
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Where the model goes; made if it is not there. (default: the model's name)",
      valueName: "directory"))
  var output: String?
  @Option(help: ArgumentHelp("Steps between two checkpoints.", valueName: "n"))
  var checkpointEvery = 250
  @Option(
    help: ArgumentHelp(
      "Train nothing: measure the model in this directory and write its measures.json.",
      valueName: "directory"))
  var measureOnly: String?

  func validate() throws {
    if let steps, !(1...1_000_000).contains(steps) {
      throw ValidationError("--steps is \(steps), and must be from 1 to 1000000")
    }
    guard checkpointEvery >= 1 else {
      throw ValidationError("--checkpoint-every is \(checkpointEvery), and must be at least 1")
    }
  }

  /// Trains a model and measures it, or only measures one.
  ///
  /// - Parameters:
  ///   - name: What the model is called.
  ///   - trainer: Makes the training at its first step.
  ///   - measure: Measures the model in a directory, writes the measures there and prints them.
  func run(
    _ name: String, trainer: () throws -> some ResumableTrainer, measure: (URL) throws -> Void
  ) throws {
    if let measureOnly { return try measure(URL(fileURLWithPath: measureOnly)) }
    let output = output ?? name
    let folder = URL(fileURLWithPath: output, isDirectory: true)
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw CommandError(
        "the directory \(output) cannot be made; name one in a folder where you may write")
    }
    guard FileManager.default.isWritableFile(atPath: folder.path) else {
      throw CommandError("you may not write in the directory \(output); name another")
    }
    StopSignals.watch()
    let session = TrainingSession(
      trainer: try trainer(), folder: folder, checkpointEvery: checkpointEvery,
      signal: { StopSignals.signal })
    try session.write(session.train())
    try measure(folder)
    session.removeCheckpoint()
    print("The \(name) is in \(output).")
  }
}
