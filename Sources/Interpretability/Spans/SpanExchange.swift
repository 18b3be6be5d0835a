import Interventions
import Tensors
public import Transformers

/// What becomes of a reading when its last word, or the states below it, are exchanged for another's.
public struct SpanExchange: Sendable {
  private let model: Transformer

  /// Exchanges in a model of one stack.
  public init(_ model: Transformer) { self.model = model }

  /// What an exchanged word changes.
  public struct WordChange: Sendable, Codable, Hashable {
    /// The mean loss of the exchanged sentence's tokens less that of the original's, in nats.
    public let lossChange: Float
    /// The logit of the original last word's first token less that of the other's, where both are
    /// predicted.
    public let logitDifference: Float
    /// The cosine of what the last block leaves, normed, at both last words.
    public let cosine: Float
  }

  /// Compares a sentence with one whose span's last word is another.
  ///
  /// - Throws: ``SpanError`` when the two do not agree up to the last word, or nothing stands before
  ///   it; and what running the model throws.
  public func lastWord(of original: SpanTokens, for other: SpanTokens) throws -> WordChange {
    let place = original.lastWord[0]
    guard place > 0, place == other.lastWord[0],
      original.tokens[..<place] == other.tokens[..<place]
    else {
      throw SpanError(
        "the two sentences do not agree up to the span's last word, at position \(place) and "
          + "\(other.lastWord[0]); exchange that word alone, behind another")
    }
    func run(_ sentence: SpanTokens) throws -> (loss: Float, logits: Tensor, state: Tensor) {
      let run = try model.run(ModelInput(sentence.tokens))
      let length = sentence.tokens.count
      let logits = run.logits[at: 0]
      let own = logits.slice(0..<(length - 1)).logSoftmax()
        .gatheringColumns(Array(sentence.tokens.dropFirst())).values
      return (
        -own.average, logits[at: place - 1],
        run.output[at: 0][at: sentence.span[sentence.span.count - 1]]
      )
    }
    let (a, b) = (try run(original), try run(other))
    return WordChange(
      lossChange: b.loss - a.loss,
      logitDifference: a.logits[original.tokens[place]] - a.logits[other.tokens[place]],
      cosine: cosine(a.state.values, b.state.values))
  }

  /// What the states of another reading do, layer by layer.
  ///
  /// At the last token of the span, the residual stream before block l is exchanged for the other
  /// reading's at the last token of its own; l = L is what leaves the last block.
  ///
  /// - Returns: KL(own ‖ exchanged) of the next token after the span, in nats, for l = 0 … L.
  public func states(of sentence: SpanTokens, from other: SpanTokens) throws -> [Float] {
    let configuration = model.configuration
    let points = configuration.residualPoints
    let donor = try model.run(
      ModelInput(other.tokens), capturing: .points(Set(points)), logitsAt: 0..<1
    ).trace
    let (here, there) = (
      sentence.span[sentence.span.count - 1], other.span[other.span.count - 1]
    )
    let trials = try points.map { point in
      Trial([
        Change(
          Site(point, positions: [here]),
          .replace(with: try donor[point], row: 0, at: [there]))
      ])
    }
    return try Sweep(trials, metric: .divergence(at: .at(here)))
      .run(on: model, ModelInput(sentence.tokens)).numbers()
  }
}

/// The cosine of two vectors, summed in Double; 0 where one is nothing.
func cosine(_ a: some Collection<Float>, _ b: some Collection<Float>) -> Float {
  var (product, squareA, squareB) = (0.0, 0.0, 0.0)
  for (x, y) in zip(a, b) {
    product += Double(x) * Double(y)
    squareA += Double(x) * Double(x)
    squareB += Double(y) * Double(y)
  }
  let lengths = (squareA * squareB).squareRoot()
  return lengths == 0 ? 0 : Float(product / lengths)
}
