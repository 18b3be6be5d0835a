import Laboratory
package import SortingVocabulary
import Tensors
import Transformers

/// How a sorter is trained.
package struct SorterRecipe: Codable, Hashable, Sendable {
  /// Decides the first weights and the order of the lists.
  package var seed: UInt64 = 0
  /// How many batches are learned from.
  package var steps = 2_100
  /// How many lists a batch holds.
  package var batchSize = 32
  /// The greatest learning rate.
  package var rate: Float = 3e-3
  /// Steps during which the rate rises.
  package var warmUpSteps = 100
  /// The only lists to learn from, again and again; nil draws new ones for every batch.
  package var only: [[Int]]?

  /// The recipe of the sheet, with another seed.
  package init(seed: UInt64 = 0) { self.seed = seed }
}

/// Trains a sorter from scratch, step by step.
package struct SorterTrainer: Sendable {
  /// How it is trained.
  package let recipe: SorterRecipe
  /// What is trained.
  package private(set) var sorter: Sorter
  /// The mean loss of every step so far, in nats a number.
  package private(set) var losses: [Float] = []
  /// The lists of the last step.
  package private(set) var batch: [[Int]] = []
  private var optimizer = AdamW(betas: (0.9, 0.98))
  private var generator: SeededGenerator

  /// A trainer at its first step.
  package init(
    lists: SortingLists = SortingLists(), width: Int = 128, headWidth: Int = 32,
    recipe: SorterRecipe = SorterRecipe()
  ) {
    self.recipe = recipe
    generator = SeededGenerator(seed: recipe.seed)
    sorter = Sorter(
      lists: lists,
      model: Transformer(
        configuration: Sorter.configuration(for: lists, width: width, headWidth: headWidth),
        using: &generator))
  }

  /// How many steps have been made.
  package var step: Int { losses.count }
  /// Whether all of the recipe's steps are made.
  package var isFinished: Bool { step >= recipe.steps }

  /// Makes one step.
  package mutating func advance() {
    let lists = sorter.lists
    batch =
      recipe.only.map { only in (0..<recipe.batchSize).map { _ in generator.pick(only) } }
      ?? lists.draw(.training, count: recipe.batchSize, using: &generator)
    // Two shards whatever the number of cores, so that a seed gives the same model on any of them.
    let middle = batch.count / 2
    let shards = [batch[..<middle], batch[middle...]].filter { !$0.isEmpty }.map {
      (shard: Array($0), share: Float($0.count) / Float(batch.count))
    }
    let result = lossAndGradients(of: sorter.model, shards: shards) { model, batch in
      let input = ModelInput(tokens: batch.map { lists.tokens(of: $0) })
      // Lists that the trainer drew itself always fit its model.
      let logits = try! model.run(input, logitsAt: lists.sortedRows).logits
      return logits.crossEntropy(targets: batch.flatMap { $0.sorted() })
    }
    let schedule = LearningRateSchedule(
      peak: recipe.rate, warmUpSteps: recipe.warmUpSteps, totalSteps: recipe.steps)
    optimizer.update(
      &sorter.model, gradients: clipping(result.gradients, toNorm: 1).gradients,
      rate: schedule.rate(at: step))
    losses.append(result.loss)
  }
}
