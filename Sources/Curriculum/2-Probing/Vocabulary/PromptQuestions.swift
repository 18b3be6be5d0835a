public import Tensors

/// A text and its class.
public struct LabelledText: Codable, Sendable {
  /// What the model reads.
  public var tokens: [Int]
  /// The class.
  public var label: Int

  package init(tokens: [Int], label: Int) {
    self.tokens = tokens
    self.label = label
  }
}

/// What one step of training a prompt needs.
public struct PromptStep: Codable, Sendable {
  /// The mean cross-entropy over texts, in nats.
  public var loss: Float
  /// How it changes with the prefix, `[vector, width]`.
  public var gradient: Tensor

  /// A step.
  public init(loss: Float, gradient: Tensor) {
    self.loss = loss
    self.gradient = gradient
  }
}

/// A question about texts, to be put to a model by a prompt.
public struct PromptTask: Codable, Sendable {
  /// The texts to train on.
  public var training: [LabelledText]
  /// The texts to test on, about other things.
  public var test: [LabelledText]
  /// The token of each class.
  public var answers: [Int]
  /// The prompt to begin with, `[vector, width]`.
  public var prefix: Tensor

  package init(
    training: [LabelledText], test: [LabelledText], answers: [Int], prefix: Tensor
  ) {
    self.training = training
    self.test = test
    self.answers = answers
    self.prefix = prefix
  }
}

/// A trained prompt, and four accuracies on the test texts.
public struct PromptComparison: Codable, Sendable {
  /// The trained prompt, `[vector, width]`.
  public var prefix: Tensor
  /// The accuracy of the model behind it.
  public var trained: Double
  /// The accuracy of the model behind the prompt that training began with.
  public var untrained: Double
  /// The accuracy of a linear probe, with no prompt.
  public var probe: Double
  /// The accuracy of always answering the class that is most frequent in training.
  public var majority: Double

  /// A prompt and accuracies.
  public init(
    prefix: Tensor, trained: Double, untrained: Double, probe: Double, majority: Double
  ) {
    self.prefix = prefix
    self.trained = trained
    self.untrained = untrained
    self.probe = probe
    self.majority = majority
  }
}
