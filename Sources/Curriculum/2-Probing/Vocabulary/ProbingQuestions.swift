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

  /// Vectors with a class each, such as those of the training words.
  public init(vectors: Tensor, labels: [Int], classes: Int) {
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

  /// Answers and what would be right.
  public init(predictions: [Int], labels: [Int]) {
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

/// What an accuracy is to be held against, and what it is an accuracy of: the answers on the test
/// words, in their order.
public struct BaselineAnswers: Codable, Sendable, Equatable {
  /// The class that is most frequent in training.
  public var majority: Int
  /// The class that a probe on an untrained model of the same shape gives to each test word.
  public var untrained: [Int]
  /// The class that a probe on the model gives to each test word.
  public var trained: [Int]

  /// Classes of the test words.
  public init(majority: Int, untrained: [Int], trained: [Int]) {
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

/// What one kind of probe answered on the test words, and what its twin did on the control task.
public struct ProbeAndTwin: Codable, Sendable {
  /// The probe's answers and the classes.
  public var task: ProbeOutcome
  /// The twin's answers and the control classes.
  public var control: ProbeOutcome

  /// Two outcomes.
  public init(task: ProbeOutcome, control: ProbeOutcome) {
    self.task = task
    self.control = control
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
  /// The sentence each word stands in, as a number.
  public var sentences: [Int]

  package init(
    layers: [Tensor], labels: [Int], classes: Int, lemmas: [String], sentences: [Int]
  ) {
    self.layers = layers
    self.labels = labels
    self.classes = classes
    self.lemmas = lemmas
    self.sentences = sentences
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
