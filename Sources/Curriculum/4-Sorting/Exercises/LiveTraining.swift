import Coursework
import Laboratory
import SortingVocabulary
import Tensors
import Transformers

/// The sheet's own sorter, trained on the student's machine, once in a process.
struct LiveTraining: Sendable {
  /// What came of it.
  let sorter: Sorter
  /// The loss of every step, in nats a number.
  let losses: [Float]
  /// The lists of the last batches.
  let learned: [[Int]]
  /// What was measured on the way.
  let checkpoints: [Checkpoint]

  /// The sorter after some steps.
  struct Checkpoint: Sendable {
    let step: Int
    let sorter: Sorter
    /// The share of development lists sorted without a mistake.
    let accuracy: Double
  }

  /// The training with seed 5, a few seconds long.
  static let result = Result { try LiveTraining(seed: 5) }

  /// Trains a sorter and shows how far it has come.
  init(seed: UInt64) throws {
    var trainer = SorterTrainer(recipe: SorterRecipe(seed: seed))
    var generator = SeededGenerator(seed: 4)
    let development = trainer.sorter.lists.draw(.development, count: 200, using: &generator)
    let bar = ProgressBar("Training the sorter", total: trainer.recipe.steps, unit: "batches")
    var checkpoints: [Checkpoint] = []
    var learned: [[Int]] = []
    func measure() throws {
      checkpoints.append(
        Checkpoint(
          step: trainer.step, sorter: trainer.sorter,
          accuracy: try trainer.sorter.accuracy(on: development)))
    }
    try measure()
    while !trainer.isFinished {
      trainer.advance()
      if trainer.step + 10 >= trainer.recipe.steps { learned += trainer.batch }
      // Most of it is learned in the first few hundred.
      if trainer.step % (trainer.step <= 400 ? 20 : 100) == 0 { try measure() }
      bar.advance(note: "loss \((trainer.losses[trainer.step - 1] * 1_000).rounded() / 1_000)")
    }
    bar.finish()
    sorter = trainer.sorter
    losses = trainer.losses
    self.learned = learned
    self.checkpoints = checkpoints
  }
}
