import Checkpoints
package import Foundation
import Laboratory
import Tensors
import Tokenizers
package import Transformers

/// How the translator is trained.
package struct TranslatorRecipe: Sendable, Equatable {
  /// Decides the first weights and the order of the sentences; the corpus is always the same.
  package var seed: UInt64 = 0
  package var sentences = 120_000
  package var steps = 12_000
  package var batchSize = 64
  /// Questions on capitals in every batch: three in a hundred.
  package var capitalsPerBatch = 2
  package var rate: Float = 3e-3
  package var warmUpSteps = 200

  package init(seed: UInt64 = 0) { self.seed = seed }

  /// The model's shape: a small T5 with one decoder layer more than can be relied on to align.
  package static func configuration(vocabularySize: Int) -> TransformerConfiguration {
    let encoder = TransformerConfiguration.Stack(
      layerCount: 3, headCount: 4, headWidth: 24, feedForwardWidth: 256)
    var decoder = encoder
    decoder.layerCount = 2
    return .t5(
      vocabularySize: vocabularySize, width: 96, encoder: encoder, decoder: decoder,
      activation: .geluTanh, isGated: true, tiesEmbeddings: true, buckets: 16,
      maximumDistance: 32)
  }

  var schedule: LearningRateSchedule {
    LearningRateSchedule(peak: rate, warmUpSteps: warmUpSteps, totalSteps: steps)
  }

  /// Embeddings learn from few of the tokens, position biases from few numbers: both go faster.
  static func rateScale(_ name: String) -> Float {
    if name == "embedding.weight" { return 3 }
    return name.hasSuffix("positionBias.weight") ? 5 : 1
  }
}

/// Trains the translator from scratch, step by step; it can be stopped and resumed at any step.
package struct TranslatorTrainer: ResumableTrainer {
  package let recipe: TranslatorRecipe
  private var state: TrainingState
  private let capitals: [EncodedPair]
  private let sentences: [EncodedPair]

  /// A trainer at its first step.
  package init(recipe: TranslatorRecipe) throws {
    self.recipe = recipe
    let tokenizer = try Tokenizer(json: TranslatorVocabulary.tokenizerJSON())
    sentences = try TranslatorCorpus().training(count: recipe.sentences)
      .map { try EncodedPair($0, tokenizer: tokenizer) }
    capitals = try TranslatorCorpus.capitals.map { try EncodedPair($0, tokenizer: tokenizer) }
    var generator = SeededGenerator(seed: recipe.seed)
    state = TrainingState(
      model: Transformer(
        configuration: TranslatorRecipe.configuration(vocabularySize: tokenizer.vocabularySize),
        using: &generator),
      adam: AdamW(betas: (0.9, 0.98)))
  }

  package var model: Transformer { state.model }
  package var subject: String { "the translator, seed \(recipe.seed)" }
  package var totalSteps: Int { recipe.steps }
  package var losses: [Float] { state.losses }
  package var lossCurves: [LossCurve] { [] }
  package var keptStep: Int? { nil }

  package mutating func advance() {
    let pairs = batch(at: step)
    // Two shards whatever the number of cores, so that a seed gives the same model on any of them.
    let halves = [0, 1].map { half in
      pairs.enumerated().filter { $0.offset % 2 == half }.map(\.element)
    }
    let tokens = Float(pairs.reduce(0) { $0 + $1.target.count })
    let shards = halves.map { half in
      (
        shard: TranslatorBatch(half, configuration: model.configuration),
        share: Float(half.reduce(0) { $0 + $1.target.count }) / tokens
      )
    }
    let result = lossAndGradients(of: model, shards: shards) { model, batch in
      // A batch the trainer made itself always fits its model.
      try! model(batch.input).crossEntropy(targets: batch.targets)
    }
    let (gradients, _) = clipping(result.gradients, toNorm: 1)
    state.adam.update(
      &state.model, gradients: gradients, rate: recipe.schedule.rate(at: step),
      scale: TranslatorRecipe.rateScale)
    state.losses.append(result.loss)
  }

  /// The batch of a step.
  ///
  /// It follows from the seed and the step alone, so resuming repeats nothing. Sentences come again
  /// and again from one corpus.
  private func batch(at step: Int) -> [EncodedPair] {
    var generator = SeededGenerator(seed: recipe.seed &* 0x1_0000_0001 &+ UInt64(step) &+ 1)
    let size = recipe.batchSize - recipe.capitalsPerBatch
    return (0..<size).map { _ in sentences.randomElement(using: &generator)! }
      + (0..<recipe.capitalsPerBatch).map { index in
        // In turn, so that every question comes equally often.
        capitals[(step * recipe.capitalsPerBatch + index) % capitals.count]
      }
  }
}

extension TranslatorTrainer {
  package func save(to url: URL) throws { try state.save(to: url, recipe: recipeText) }

  package mutating func resume(from url: URL) throws {
    try state.resume(from: url, recipe: recipeText)
  }

  package func write(to directory: URL) throws {
    try model.writeT5(to: directory)
    try writeTokenizer(TranslatorVocabulary.tokenizerJSON(), to: directory)
  }

  private var recipeText: String {
    "seed \(recipe.seed), \(recipe.steps) steps of \(recipe.batchSize), \(recipe.sentences) "
      + "sentences, rate \(recipe.rate), warm-up \(recipe.warmUpSteps)"
  }
}
