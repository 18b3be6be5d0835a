import ArgumentParser
import Coursework
import Figures
import Foundation
import Laboratory
import Training

/// A training that can be stopped and taken up again.
struct TrainingSession<Trainer: ResumableTrainer> {
  /// The training at its first step.
  let trainer: Trainer
  let folder: URL
  let checkpointEvery: Int
  /// The signal that asked for an end, or nil.
  let signal: () -> Int32?

  /// Everything the next step depends on.
  var checkpoint: URL { folder.appendingPathComponent("checkpoint.safetensors") }

  /// Trains to the last step.
  ///
  /// - Throws: `ExitCode` after a signal, once a checkpoint is written.
  func train() throws -> Trainer {
    let terminal = Terminal.standardError
    var trainer = trainer
    if FileManager.default.fileExists(atPath: checkpoint.path) {
      try trainer.resume(from: checkpoint)
      terminal.print("Going on from step \(trainer.step) in \(checkpoint.path).")
    }
    let bar = ProgressBar(
      "Training", total: trainer.totalSteps, startingAt: trainer.step, terminal: terminal)
    while !trainer.isFinished {
      trainer.advance()
      bar.update(to: trainer.step, note: "loss \(TrainingFigure.text(of: trainer.losses))")
      let signal = signal()
      if signal != nil || trainer.step % checkpointEvery == 0 || trainer.isFinished {
        try trainer.save(to: checkpoint)
      }
      if trainer.step == trainer.keptStep {
        try trainer.write(to: folder.appendingPathComponent("step-\(trainer.step)"))
      }
      if let signal {
        bar.clear()
        terminal.print(
          "Stopped at step \(trainer.step) of \(trainer.totalSteps). The same command goes on from "
            + "there; to begin afresh, delete \(checkpoint.path).")
        throw ExitCode(128 + signal)
      }
    }
    bar.finish()
    return trainer
  }

  /// Writes the model, its tokenizer and the pictures of its losses.
  func write(_ trainer: Trainer) throws {
    try trainer.write(to: folder)
    try TrainingFigure.losses(of: trainer).write(to: folder.appendingPathComponent("losses.png"))
    if let parts = TrainingFigure.parts(of: trainer) {
      try parts.write(to: folder.appendingPathComponent("losses-by-kind.png"))
    }
  }

  func removeCheckpoint() { try? FileManager.default.removeItem(at: checkpoint) }
}
