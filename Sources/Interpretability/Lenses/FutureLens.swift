public import Tensors
public import Transformers

/// The lens that reads from a state not the next token but one further on.
///
/// A map is fitted by least squares from hˡ at position t to the last state at position t + n, from
/// which the model predicts token t + n + 1: n = 1 reads the token after the next.
///
/// Pal et al., "Future Lens: Anticipating Subsequent Tokens from a Single Hidden State", 2023.
public struct FutureLens: Sendable, Codable {
  /// A map for every layer, the last one too: it holds what comes next, not what comes then.
  public var maps: [AffineMap]
  /// n: how many tokens further on than the next.
  public var distance: Int

  /// The lens that fits some texts.
  ///
  /// - Parameters:
  ///   - texts: The states of one text each, `[layer, position, width]`, before the final norm.
  ///   - distance: n, at least 1; texts no longer than that have nothing to give.
  public init(fitting texts: [ResidualStates], distance: Int, ridge: Float = 1e-5) {
    precondition(distance >= 1, "a future lens looks at least one token further, not \(distance)")
    let texts = texts.filter { $0.positionCount > distance }
    precondition(!texts.isEmpty, "no text is longer than \(distance) tokens")
    precondition(
      !texts.contains { $0.lastIsNormed }, "the future lens maps to states before the final norm")
    let last = texts[0].layerCount - 1
    self.distance = distance
    let later = Tensor.concatenation(
      texts.map { $0.values[at: last].slice(distance..<$0.positionCount) }, axis: 0)
    maps = (0...last).map { layer in
      let now = Tensor.concatenation(
        texts.map { $0.values[at: layer].slice(0..<($0.positionCount - distance)) }, axis: 0)
      return AffineMap.leastSquares(from: now, to: later, ridge: ridge)
    }
  }

  /// The logits of token t + n + 1 from states at t, `[position, width]` to `[position, token]`.
  public func logits(of states: Tensor, layer: Int, in model: Transformer) -> Tensor {
    model.logits(ofNormed: model.finalNorm(maps[layer](states)))
  }
}

/// The future lens that lets the model itself read: a learned prompt of vectors, whose last position
/// is overwritten by the state after the same block, and whose last row then predicts a later token.
///
/// The state enters the run by a causal patch; the prompt's vectors are all that is trained.
public struct PromptFutureLens: Parameterized, Sendable, Codable {
  /// `[vector, width]`, in the place of the prompt's embeddings; positions are added to them.
  public var prompt: Tensor
  /// After how many blocks the state is taken and put in.
  public let layer: Int

  /// A prompt of small random vectors.
  public init(length: Int, layer: Int, width: Int, using generator: inout SeededGenerator) {
    precondition(length >= 1, "a prompt has at least one vector, not \(length)")
    prompt = .randomNormal([length, width], standardDeviation: 0.02, using: &generator)
    self.layer = layer
  }

  /// Calls `body` with the prompt.
  public mutating func visitParameters(_ body: (String, inout Tensor) -> Void) {
    body("prompt", &prompt)
  }

  /// The logits that the patched prompt gives, `[state, width]` to `[state, token]`.
  ///
  /// - Throws: What the model throws.
  public func logits(of states: Tensor, in model: Transformer) throws -> Tensor {
    let (count, length, width) = (states.shape[0], prompt.shape[0], model.configuration.width)
    let point = model.configuration.residualPoints[layer]
    let embeddings = prompt.reshaped(to: [1, length, width]) + Tensor.zeros([count, 1, 1])
    let put = states.detached().reshaped(to: [count, 1, width])
    let run = try model.run(
      ModelInput(tokens: Array(repeating: Array(repeating: 0, count: length), count: count)),
      intervening: [
        .replace(.embedding, with: embeddings),
        Intervention(at: point) { residual in
          length == 1
            ? put
            : .concatenation([residual.slice(axis: 1, 0..<(length - 1)), put], axis: 1)
        },
      ], logitsAt: (length - 1)..<length)
    return run.logits.reshaped(to: [count, run.logits.shape[2]])
  }

  /// Trains the prompt to the least mean cross-entropy of the tokens that came.
  ///
  /// - Parameters:
  ///   - states: After ``layer`` blocks, `[state, width]`.
  ///   - tokens: The later token of each.
  /// - Returns: The loss of every step, in nats.
  /// - Throws: What the model throws.
  public mutating func train(
    on states: Tensor, tokens: [Int], in model: Transformer, steps: Int, batch: Int = 64,
    rate: Float = 1e-2, using generator: inout SeededGenerator
  ) throws -> [Float] {
    precondition(
      states.shape[0] == tokens.count && !tokens.isEmpty,
      "\(tokens.count) tokens for states of shape \(states.shape)")
    var optimiser = AdamW()
    let schedule = LearningRateSchedule(
      peak: rate, warmUpSteps: min(5, steps), totalSteps: steps, decay: .linear(after: 0))
    return try (0..<steps).map { step in
      let rows = (0..<batch).map { _ in Int.random(in: tokens.indices, using: &generator) }
      let watched = requiringGradients()
      let loss = try watched.logits(of: states.gathering(rows), in: model)
        .crossEntropy(targets: rows.map { tokens[$0] })
      let gradients = gradient(of: loss, withRespectTo: [watched.prompt])
      optimiser.update(&self, gradients: gradients, rate: schedule.rate(at: step))
      return loss.scalar
    }
  }
}
