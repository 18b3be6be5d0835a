public import Tensors
public import Transformers

/// A prediction of a model, as a function of the embeddings it read: what every attribution starts
/// from.
///
/// ```swift
/// let prediction = try ExplainedPrediction(
///   model, input, target: AttributionTarget(brun, at: 2, against: brune))
/// let scores = try prediction.inputTimesGradient().source
/// ```
public struct ExplainedPrediction: Sendable {
  /// The model.
  public let model: Transformer
  /// What it reads: a batch of one.
  public let input: ModelInput
  /// The number that is explained.
  public let target: AttributionTarget
  /// Where the number is taken: those of the input's tokens, or others that stand in their place.
  public let embeddings: EmbeddingValues

  /// A prediction to be explained.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - input: A batch of one.
  ///   - target: The number that is explained.
  ///   - includesDecoder: Whether the tokens that an encoder–decoder's decoder reads are explained
  ///     beside the source; without, they are held fixed.
  /// - Throws: ``AttributionError`` when the target is not in the sequence or the number not finite,
  ///   and what running the model throws.
  public init(
    _ model: Transformer, _ input: ModelInput, target: AttributionTarget,
    includesDecoder: Bool = false
  ) throws {
    guard input.tokens.count == 1 else { throw AttributionError.batch(input.tokens.count) }
    if model.configuration.head == .none { throw TransformerError.noHead }
    let hasDecoder = includesDecoder && model.configuration.isEncoderDecoder
    let points: [HookPoint] = hasDecoder ? [.embedding, .decoderEmbedding] : [.embedding]
    let read = (input.decoderTokens ?? input.tokens).first?.count ?? 0
    // An empty input is the model's to refuse, in its own words.
    if read > 0 {
      try target.check(positions: read, vocabularySize: model.configuration.vocabularySize)
    }
    let run = try model.run(
      input, capturing: .points(Set(points)),
      logitsAt: read > 0 ? target.position..<(target.position + 1) : nil)
    let value = target.value(of: run.logits.reshaped(to: [1, run.logits.count])).scalar
    guard value.isFinite else { throw AttributionError.notFinite("what the model predicts") }
    self.model = model
    self.input = input
    self.target = target
    embeddings = EmbeddingValues(
      try points.map { point in
        let tensor = try run.trace[point]
        return tensor.reshaped(to: Array(tensor.shape.dropFirst()))
      })
  }

  private init(_ other: ExplainedPrediction, at embeddings: EmbeddingValues) {
    model = other.model
    input = other.input
    target = other.target
    self.embeddings = embeddings
  }

  /// The same prediction where other embeddings stand in the place of the tokens'.
  ///
  /// - Precondition: the shapes are those of ``embeddings``.
  public func at(_ other: EmbeddingValues) -> ExplainedPrediction {
    precondition(
      other.parts.map(\.shape) == embeddings.parts.map(\.shape),
      "embeddings \(other.parts.map(\.shape)) in the place of \(embeddings.parts.map(\.shape))")
    return ExplainedPrediction(self, at: other)
  }

  /// The number that is explained.
  public func value() throws -> Float {
    try values(of: embeddings.parts.map { $0.reshaped(to: [1] + $0.shape) }).scalar
  }

  /// The number for other embeddings, a scalar; where they require a gradient, so does the number.
  ///
  /// - Precondition: the shapes are those of ``embeddings``.
  public func number(at other: EmbeddingValues) throws -> Tensor {
    precondition(
      other.parts.map(\.shape) == embeddings.parts.map(\.shape),
      "embeddings \(other.parts.map(\.shape)) in the place of \(embeddings.parts.map(\.shape))")
    return try values(of: other.parts.map { $0.reshaped(to: [1] + $0.shape) }).sum()
  }

  /// The gradient of the number with respect to every coordinate of every embedding.
  ///
  /// - Throws: ``AttributionError/notFinite(_:)`` and what running the model throws.
  public func gradients() throws -> EmbeddingValues {
    try EmbeddingValues(
      summedGradients(embeddings.parts.map { $0.reshaped(to: [1] + $0.shape) }, weights: [1]))
  }

  /// The number for a batch of embeddings, `[batch, position, width]` each; `[batch]`.
  ///
  /// Where an embedding requires a gradient, so does the result.
  func values(of batch: [Tensor]) throws -> Tensor {
    let rows = batch[0].shape[0]
    func repeated<Element>(_ list: [Element]?) -> [Element]? {
      list.map { Array(repeating: $0[0], count: rows) }
    }
    let input = ModelInput(
      tokens: repeated(input.tokens)!, mask: repeated(input.mask),
      tokenTypes: repeated(input.tokenTypes), decoderTokens: repeated(input.decoderTokens),
      decoderMask: repeated(input.decoderMask))
    let points: [HookPoint] = [.embedding, .decoderEmbedding]
    let logits = try model.run(
      input, intervening: zip(points, batch).map { .replace($0, with: $1) },
      logitsAt: target.position..<(target.position + 1)
    ).logits
    return target.value(of: logits.reshaped(to: [rows, logits.shape[2]]))
  }

  /// The sum over a batch of embeddings of each one's weight times its gradients,
  /// `[position, width]`.
  func summedGradients(_ batch: [Tensor], weights: [Float]) throws -> [Tensor] {
    let leaves = batch.map { $0.requiringGradient() }
    let seed = Tensor(weights)
    let gradients = gradient(of: try values(of: leaves), withRespectTo: leaves, seed: seed)
    let sums = gradients.map { $0.sum(axis: 0) }
    guard sums.allSatisfy({ $0.values.allSatisfy(\.isFinite) }) else {
      throw AttributionError.notFinite("a gradient")
    }
    return sums
  }
}

extension ExplainedPrediction {
  /// Saliency: the length of the gradient, ‖∂f/∂e‖₂, for every token.
  ///
  /// How much the number can move when the embedding moves a little, in the worst direction; never
  /// negative. Simonyan, Vedaldi and Zisserman, "Deep Inside Convolutional Networks", 2014.
  public func saliency() throws -> TokenScores { try gradients().norms }

  /// Input × gradient: Σ e ⊙ ∂f/∂e over the coordinates of every token's embedding.
  ///
  /// To first order what the number would lose if the embedding were zero. Shrikumar et al., "Not
  /// Just a Black Box", 2016; Denil, Demiraj and de Freitas, "Extraction of Salient Sentences", 2014.
  public func inputTimesGradient() throws -> TokenScores {
    try embeddings.combined(with: gradients(), *).sums
  }
}
