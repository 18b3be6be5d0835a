import ArgumentParser
import Checkpoints
import Coursework
import Figures
import Foundation
import Laboratory
import Transformers

/// A training of the translator that can be stopped and taken up again.
struct TrainingSession {
  let recipe: TranslatorRecipe
  let folder: URL
  let checkpointEvery: Int
  /// The signal that asked for an end, or nil.
  let signal: () -> Int32?

  /// Everything the next step depends on.
  var checkpoint: URL { folder.appendingPathComponent("checkpoint.safetensors") }

  /// Trains to the last step.
  ///
  /// - Throws: `ExitCode` after a signal, once a checkpoint is written.
  func train() throws -> TranslatorTrainer {
    let terminal = Terminal.standardError
    var trainer = try TranslatorTrainer(recipe: recipe)
    if FileManager.default.fileExists(atPath: checkpoint.path) {
      try trainer.resume(from: checkpoint)
      terminal.print("Going on from step \(trainer.step) in \(checkpoint.path).")
    }
    let bar = ProgressBar(
      "Training", total: recipe.steps, startingAt: trainer.step, terminal: terminal)
    while !trainer.isFinished {
      trainer.advance()
      bar.update(to: trainer.step, note: "loss \(Self.text(of: trainer.losses))")
      let signal = signal()
      if signal != nil || trainer.step % checkpointEvery == 0 || trainer.isFinished {
        try trainer.save(to: checkpoint)
      }
      if let signal {
        bar.clear()
        terminal.print(
          "Stopped at step \(trainer.step) of \(recipe.steps). The same command goes on from there; "
            + "to begin afresh, delete \(checkpoint.path).")
        throw ExitCode(128 + signal)
      }
    }
    bar.finish()
    return trainer
  }

  /// Writes the model, its tokenizer and the picture of its losses.
  func write(_ trainer: TranslatorTrainer) throws {
    try trainer.model.writeT5(to: folder)
    let tokenizer = try TranslatorVocabulary.tokenizerJSON()
    try AtomicFile.write(to: folder.appendingPathComponent("tokenizer.json")) {
      (file) throws(CheckpointError) in try file.write(tokenizer)
    }
    try Self.plot(of: trainer.losses, seed: recipe.seed)
      .write(to: folder.appendingPathComponent("losses.png"))
  }

  func removeCheckpoint() { try? FileManager.default.removeItem(at: checkpoint) }

  /// The mean of the latest losses, for a reader.
  static func text(of losses: [Float]) -> String {
    let latest = losses.suffix(50)
    return String(format: "%.3f", latest.reduce(0, +) / Float(max(latest.count, 1)))
  }

  /// The loss by step, as means over as many steps as leave some 400 points.
  static func plot(of losses: [Float], seed: UInt64) -> LinePlot {
    let width = max(1, losses.count / 400)
    var (x, y): ([Double], [Double]) = ([], [])
    for start in stride(from: 0, to: losses.count, by: width) {
      let part = losses[start..<min(start + width, losses.count)]
      x.append(Double(start) + Double(part.count + 1) / 2)
      y.append(Double(part.reduce(0, +)) / Double(part.count))
    }
    var plot = LinePlot(
      [LinePlot.Series("loss", x: x, y: y)], title: "Training of the translator, seed \(seed)",
      x: "step", y: Axis("loss", unit: "nats a token"))
    plot.showsMarkers = false
    return plot
  }
}
