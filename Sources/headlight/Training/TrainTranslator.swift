import ArgumentParser
import Checkpoints
import Coursework
import Foundation
import Laboratory

struct TrainTranslator: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "translator",
    abstract: "Train the translator on its generated corpus, and measure it.",
    discussion: """
      Use a release build: swift run -c release headlight train translator

      The seed decides the first weights and the order of the batches, so the same seed gives the \
      same model. A checkpoint is written every so many steps, and on Ctrl-C; the same command then \
      goes on from there. At the end the output directory holds config.json, model.safetensors in \
      half precision, tokenizer.json, losses.png and measures.json, measured on the model as stored.
      """)

  @Option(help: ArgumentHelp("The seed of the weights and batches.", valueName: "n"))
  var seed: UInt64 = 0
  @Option(
    help: ArgumentHelp(
      "How many steps; as many as the recipe has when left out.", valueName: "n"))
  var steps: Int?
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where the model goes; made if it is not there.", valueName: "directory"))
  var output = "translator"
  @Option(help: ArgumentHelp("Steps between two checkpoints.", valueName: "n"))
  var checkpointEvery = 250
  @Option(
    help: ArgumentHelp(
      "Train nothing: measure the translator in this directory and write its measures.json.",
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

  func run() throws {
    if let measureOnly {
      try MeasuredTranslator(directory: URL(fileURLWithPath: measureOnly)).measureAndWrite()
      return
    }
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
    var recipe = TranslatorRecipe(seed: seed)
    if let steps { recipe.steps = steps }
    StopSignals.watch()
    let session = TrainingSession(
      recipe: recipe, folder: folder, checkpointEvery: checkpointEvery,
      signal: { StopSignals.signal })
    let trainer = try session.train()
    try session.write(trainer)
    try MeasuredTranslator(directory: folder).measureAndWrite()
    session.removeCheckpoint()
    print("The translator is in \(output).")
  }
}
