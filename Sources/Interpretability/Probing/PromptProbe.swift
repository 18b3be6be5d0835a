public import Tensors
public import Transformers

/// A prefix of learned vectors that makes a frozen model answer a question about its input itself.
///
/// The vectors stand at the embedding, in front of the text. The answer is one of a few tokens, a
/// token a class, at the first row of the decoder, or at the last of a model without an encoder.
/// What is learned cannot classify by itself: it is the same for every input.
/// Li, Cotterell and Sachan, "Probing via Prompting", 2022.
public struct PromptProbe: Parameterized, Sendable {
  /// One text and its class.
  public struct Example: Codable, Sendable {
    /// What the model reads after the prefix.
    public var tokens: [Int]
    /// The class.
    public var label: Int

    /// A text and its class.
    public init(tokens: [Int], label: Int) {
      self.tokens = tokens
      self.label = label
    }
  }

  /// How the prefix is trained.
  public struct Settings: Codable, Sendable, Hashable {
    /// How many vectors the prefix has.
    public var length = 4
    /// The learning rate of the first step; it falls along half a cosine.
    public var rate: Float = 0.05
    /// How many texts a step sees.
    public var batchSize = 16
    /// How many steps are made.
    public var steps = 200
    /// Where initial vectors and the order of the texts come from.
    public var seed: UInt64 = 0

    /// The standard settings, to be changed one by one.
    public init() {}
  }

  /// `[vector, width]`.
  public var prefix: Tensor
  /// The token that stands for each class.
  public let answers: [Int]

  /// Calls `body` with the prefix.
  public mutating func visitParameters(_ body: (String, inout Tensor) -> Void) {
    body("prefix", &prefix)
  }

  /// A prefix that starts as the embeddings of tokens drawn from the vocabulary.
  package init(
    answers: [Int], for model: Transformer, length: Int,
    using generator: inout some RandomNumberGenerator
  ) {
    let tokens = (0..<length).map { _ in
      Int.random(in: 0..<model.configuration.vocabularySize, using: &generator)
    }
    prefix = model.embedding.gathering(tokens)
    self.answers = answers
  }

  /// The scores of each class, `[text, class]`.
  ///
  /// - Throws: What running the model throws.
  public func logits(_ model: Transformer, on texts: [[Int]]) throws -> Tensor {
    let configuration = model.configuration
    let length = prefix.shape[0]
    let room = Array(repeating: configuration.padToken, count: length)
    let (tokens, mask) = ModelInput.padding(texts.map { room + $0 }, with: configuration.padToken)
    let prefix = prefix
    let learned = Intervention(at: .embedding) { embedded in
      let (rows, end, width) = (embedded.shape[0], embedded.shape[1], embedded.shape[2])
      let front = prefix.reshaped(to: [1, length, width]) + Tensor.zeros([rows, length, width])
      return .concatenation([front, embedded.slice(axis: 1, length..<end)], axis: 1)
    }
    var input = ModelInput(tokens: tokens, mask: mask)
    if configuration.isEncoderDecoder {
      input.decoderTokens = texts.map { _ in [configuration.startToken] }
    }
    let logits = try model.run(input, intervening: [learned]).logits
    let (positions, vocabulary) = (logits.shape[1], logits.shape[2])
    let rows = texts.enumerated().map { index, text in
      index * positions + (configuration.isEncoderDecoder ? 0 : length + text.count - 1)
    }
    let answering = logits.reshaped(to: [texts.count * positions, vocabulary]).gathering(rows)
    return answering.transposed().gathering(answers).transposed()
  }

  /// The class the model answers for each text.
  ///
  /// - Throws: What running the model throws.
  public func predictions(_ model: Transformer, on texts: [[Int]]) throws -> [Int] {
    var predictions: [Int] = []
    for start in stride(from: 0, to: texts.count, by: 64) {
      predictions += try logits(model, on: Array(texts[start..<min(start + 64, texts.count)]))
        .argmax()
    }
    return predictions
  }

  /// Trains a prefix; the model's weights stay as they are.
  ///
  /// - Parameters:
  ///   - model: The frozen model; one with random weights is the baseline.
  ///   - examples: Texts and classes.
  ///   - answers: The token that stands for each class.
  /// - Returns: The probe and the loss of each step, in nats.
  /// - Throws: ``ProbingError`` when there is no text, a class without a token, or one class alone;
  ///   and what running the model throws.
  public static func training(
    _ model: Transformer, on examples: [Example], answers: [Int], settings: Settings = .init()
  ) throws -> (probe: PromptProbe, losses: [Float]) {
    guard Set(examples.map(\.label)).count > 1 else {
      throw ProbingError(
        "the \(counted(examples.count, "text")) to learn from have fewer than two classes; give "
          + "texts of at least two")
    }
    if let wrong = examples.first(where: { !answers.indices.contains($0.label) }) {
      throw ProbingError(
        "a text has the class \(wrong.label) and there are \(answers.count) answer tokens; give "
          + "one for every class")
    }
    var generator = SeededGenerator(seed: settings.seed)
    var probe = PromptProbe(
      answers: answers, for: model, length: settings.length, using: &generator)
    let schedule = LearningRateSchedule(
      peak: settings.rate, warmUpSteps: 0, totalSteps: settings.steps)
    var optimizer = AdamW()
    var order: [Int] = []
    var losses: [Float] = []
    for step in 0..<settings.steps {
      if order.count < min(settings.batchSize, examples.count) {
        order += examples.indices.shuffled(using: &generator)
      }
      let batch = order.prefix(settings.batchSize).map { examples[$0] }
      order.removeFirst(batch.count)
      let watched = probe.requiringGradients()
      let loss = try watched.logits(model, on: batch.map(\.tokens))
        .crossEntropy(targets: batch.map(\.label))
      losses.append(loss.scalar)
      optimizer.update(
        &probe, gradients: gradient(of: loss, withRespectTo: [watched.prefix]),
        rate: schedule.rate(at: step))
    }
    return (probe, losses)
  }
}
