public import Tensors
public import Transformers

/// Vectors with a class each.
public struct LabelledVectors: Codable, Sendable {
  /// `[word, width]`.
  public var vectors: Tensor
  /// The class of each word.
  public var labels: [Int]
  /// How many classes there are.
  public var classes: Int

  package init(vectors: Tensor, labels: [Int], classes: Int) {
    self.vectors = vectors
    self.labels = labels
    self.classes = classes
  }
}

/// A softmax probe: scores are W h + b.
public struct LinearProbe: Codable, Sendable {
  /// W, `[class, width]`.
  public var weight: Tensor
  /// b, `[class]`.
  public var bias: Tensor

  /// A probe.
  public init(weight: Tensor, bias: Tensor) {
    self.weight = weight
    self.bias = bias
  }
}

/// How well the probe of one layer does.
public struct LayerScore: Codable, Sendable, Equatable {
  /// The accuracy on the development words.
  public var development: Double
  /// The accuracy on the test words.
  public var test: Double

  package init(development: Double, test: Double) {
    self.development = development
    self.test = test
  }
}

/// The one layer that is reported.
public struct LayerReport: Codable, Sendable, Equatable {
  /// The layer, from 0.
  public var layer: Int
  /// The accuracy that is reported for it.
  public var accuracy: Double

  /// A report.
  public init(layer: Int, accuracy: Double) {
    self.layer = layer
    self.accuracy = accuracy
  }
}

/// What a probe answered on the test words.
public struct ProbeOutcome: Codable, Sendable {
  /// The class it answered for each word.
  public var predictions: [Int]
  /// The class of each word.
  public var labels: [Int]

  package init(predictions: [Int], labels: [Int]) {
    self.predictions = predictions
    self.labels = labels
  }
}

/// Words of some sentences with a class each, and which are for what.
public struct ProbedWords: Codable, Sendable {
  /// The tokens and words of each sentence; words count on from sentence to sentence.
  public var sentences: [WordTokens]
  /// The class of every word.
  public var labels: [Int]
  /// How many classes there are.
  public var classes: Int
  /// The layer to probe: 0 for the embedding, then the output of each block.
  public var layer: Int
  /// The words to train on.
  public var training: [Int]
  /// The words to test on.
  public var test: [Int]

  package init(
    sentences: [WordTokens], labels: [Int], classes: Int, layer: Int, training: [Int], test: [Int]
  ) {
    self.sentences = sentences
    self.labels = labels
    self.classes = classes
    self.layer = layer
    self.training = training
    self.test = test
  }
}

/// What an accuracy is to be held against, and the accuracy.
public struct Baselines: Codable, Sendable, Equatable {
  /// The accuracy of always answering the class that is most frequent in training.
  public var majority: Double
  /// The accuracy of a probe on an untrained model of the same shape.
  public var untrained: Double
  /// The accuracy of a probe on the model.
  public var trained: Double

  /// Accuracies on the test words.
  public init(majority: Double, untrained: Double, trained: Double) {
    self.majority = majority
    self.untrained = untrained
    self.trained = trained
  }
}

/// Vectors with a class and a control class each.
public struct ControlledVectors: Codable, Sendable {
  /// `[word, width]`.
  public var vectors: Tensor
  /// The class of each word.
  public var labels: [Int]
  /// The class of each word in the control task.
  public var controlLabels: [Int]
  /// How many classes there are, in either task.
  public var classes: Int
  /// The words to train on.
  public var training: [Int]
  /// The words to test on.
  public var test: [Int]

  package init(
    vectors: Tensor, labels: [Int], controlLabels: [Int], classes: Int, training: [Int], test: [Int]
  ) {
    self.vectors = vectors
    self.labels = labels
    self.controlLabels = controlLabels
    self.classes = classes
    self.training = training
    self.test = test
  }
}

/// What was found with one kind of probe.
public struct ProbeFinding: Codable, Sendable, Equatable {
  /// The accuracy on the test words.
  public var accuracy: Double
  /// The accuracy less that on the control task.
  public var selectivity: Double

  /// A finding.
  public init(accuracy: Double, selectivity: Double) {
    self.accuracy = accuracy
    self.selectivity = selectivity
  }
}

/// The places of the words to train on and to test on.
public struct SplitPlaces: Codable, Sendable, Equatable {
  /// The words to train on.
  public var training: [Int]
  /// The words to test on.
  public var test: [Int]

  /// A split.
  public init(training: [Int], test: [Int]) {
    self.training = training
    self.test = test
  }
}

/// Words with a vector at every layer, a class and a lemma.
public struct LayeredWords: Codable, Sendable {
  /// `[word, width]` at each layer, the embedding first.
  public var layers: [Tensor]
  /// The class of each word.
  public var labels: [Int]
  /// How many classes there are.
  public var classes: Int
  /// The lemma each word belongs to; for an article that of its noun.
  public var lemmas: [String]

  package init(layers: [Tensor], labels: [Int], classes: Int, lemmas: [String]) {
    self.layers = layers
    self.labels = labels
    self.classes = classes
    self.lemmas = lemmas
  }
}

/// A sentence to be pushed, and how to see whether it gave way.
public struct PushedSentence: Codable, Sendable {
  /// What the encoder reads.
  public var tokens: [Int]
  /// The positions at which the vector is added.
  public var positions: [Int]
  /// The two first tokens that the decoder chooses between, such as “Le” and “La”.
  public var choices: [Int]

  package init(tokens: [Int], positions: [Int], choices: [Int]) {
    self.tokens = tokens
    self.positions = positions
    self.choices = choices
  }
}

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
