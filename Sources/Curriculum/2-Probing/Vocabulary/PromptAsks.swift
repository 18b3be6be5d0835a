import Models
package import Tensors
package import Transformers

/// The reader, or a model of its shape that has learned nothing.
package struct PromptedModel: Codable, Sendable {
  /// Where an untrained model's weights come from; nil for the reader itself.
  private var seed: UInt64?

  /// The reader as it is.
  package static let reader = PromptedModel(seed: nil)

  /// The reader's shape with other weights.
  package static func untrained(seed: UInt64) -> PromptedModel { PromptedModel(seed: seed) }

  private init(seed: UInt64?) { self.seed = seed }

  /// - Throws: `ModelError` or what loading throws, when the reader is not where it should be.
  package func made() throws -> Transformer {
    let reader = try LoadedModel.kept(EmbeddedModel.reader.name).model
    guard let seed else { return reader }
    var generator = SeededGenerator(seed: seed)
    return Transformer(configuration: reader.configuration, using: &generator)
  }
}

/// A prefix in front of texts of a task.
package struct PrefixedTexts: Codable, Sendable {
  /// The prefix of one step, and the texts of that step.
  package var prefix: Tensor
  package var examples: [LabelledText]
  /// The task whose prompt is to be trained.
  package var task: PromptTask
  package var model: PromptedModel

  /// The token of each class.
  package var answers: [Int] { task.answers }

  package init(
    prefix: Tensor, examples: [LabelledText], task: PromptTask,
    model: PromptedModel = .reader
  ) {
    self.prefix = prefix
    self.examples = examples
    self.task = task
    self.model = model
  }
}

/// Scores of gates, texts that a few heads are enough for, and texts to be predicted without some.
package struct HeadsToPrune: Codable, Sendable {
  package var scores: Tensor
  /// How many of the scored heads are kept.
  package var kept: Int
  package var temperature: Float
  /// Texts and the token that follows each.
  package var examples: [LabelledText]
  /// How many heads have to be enough.
  package var count: Int
  /// The heads to be taken out of texts that are to be predicted.
  package var heads: [HeadPlace]
  package var texts: [[Int]]

  package init(
    scores: Tensor, kept: Int, temperature: Float, examples: [LabelledText], count: Int,
    heads: [HeadPlace], texts: [[Int]]
  ) {
    self.scores = scores
    self.kept = kept
    self.temperature = temperature
    self.examples = examples
    self.count = count
    self.heads = heads
    self.texts = texts
  }
}
