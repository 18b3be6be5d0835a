public import Tensors
public import Transformers

/// The activation at a point of a run, and the gradient of a number with respect to it.
public struct TracedGradient: Sendable {
  /// The activation, with its batch axis of 1.
  public let activation: Tensor
  /// The gradient, in its shape.
  public let gradient: Tensor

  /// One number for every position of `[1, position, width]`; `[position]`.
  public func reduced(by reduction: GradientReduction) -> [Float] {
    let shape = Array(activation.shape.dropFirst())
    let gradients = EmbeddingValues(source: gradient.reshaped(to: shape))
    switch reduction {
    case .norm: return gradients.norms.source
    case .timesActivation:
      return gradients.combined(
        with: EmbeddingValues(source: activation.reshaped(to: shape)), *
      ).sums.source
    }
  }
}

/// How a gradient with respect to a vector becomes one number.
public enum GradientReduction: String, Sendable, Codable, CaseIterable {
  /// Its length, ‖∂f/∂h‖₂: how sensitive the prediction is there.
  case norm
  /// Its product with what is there, Σ h ⊙ ∂f/∂h: to first order, what is there contributes.
  case timesActivation = "times-activation"
}

/// The gradient of a prediction with respect to the residual stream at every layer and position of
/// every stack, and through every layer of cross-attention.
public struct GradientTrace: Sendable {
  /// The residual streams, by stack, before every layer and after the last, which in models that
  /// norm after their layers is after its norm; the first stack first.
  public let residuals: [(stack: StackName, layers: [TracedGradient])]
  /// What the encoder's output means to the prediction as each decoder layer reads it by
  /// cross-attention, `[1, source, width]`; empty for a model of one stack.
  ///
  /// The sum over layers is the gradient with respect to the encoder's output.
  public let cross: [TracedGradient]

  /// One number for every layer and position of a stack: `[layer + 1, position]`, row l before layer
  /// l, the last row after the last layer; nil when the model has no such stack.
  public func map(of stack: StackName, by reduction: GradientReduction = .norm) -> Tensor? {
    residuals.first { $0.stack == stack }.map {
      Tensor(rows: $0.layers.map { $0.reduced(by: reduction) })
    }
  }

  /// One number for every decoder layer and source position, `[layer, source]`, of what the layer
  /// reads there by cross-attention; nil for a model of one stack.
  public func crossMap(by reduction: GradientReduction = .norm) -> Tensor? {
    cross.isEmpty ? nil : Tensor(rows: cross.map { $0.reduced(by: reduction) })
  }
}

extension ExplainedPrediction {
  /// The gradient of the number with respect to any points of the run, by one backward pass.
  ///
  /// Points that do not lie between embeddings and prediction have a gradient of zeros.
  ///
  /// - Throws: what running the model throws, such as for a point that does not exist.
  public func gradients(at points: [HookPoint]) throws -> [HookPoint: TracedGradient] {
    let configuration = model.configuration
    var leaves: [HookPoint: Tensor] = [:]
    for (point, part) in zip([HookPoint.embedding, .decoderEmbedding], embeddings.parts) {
      leaves[point] = part.reshaped(to: [1] + part.shape)
    }
    if configuration.isEncoderDecoder, leaves[.decoderEmbedding] == nil {
      leaves[.decoderEmbedding] = try model.run(input, capturing: [.decoderEmbedding])
        .trace[.decoderEmbedding]
    }
    let run = try model.run(
      input, capturing: .points(Set(points)),
      intervening: leaves.map { .replace($0.key, with: $0.value.requiringGradient()) },
      logitsAt: target.position..<(target.position + 1))
    // What does not depend on an embedding has no history, and no gradient.
    let kept = try points.map { try run.trace[$0] }.map {
      $0.requiresGradient ? $0 : $0.requiringGradient()
    }
    let number = target.value(of: run.logits.reshaped(to: [1, run.logits.count]))
    let gradients = gradient(of: number, withRespectTo: kept)
    guard gradients.allSatisfy({ $0.values.allSatisfy { !$0.isNaN } }) else {
      throw AttributionError.notFinite("a gradient")
    }
    return Dictionary(
      zip(points, zip(kept, gradients)).map { point, pair in
        (point, TracedGradient(activation: pair.0.detached(), gradient: pair.1))
      }, uniquingKeysWith: { first, _ in first })
  }

  /// The gradient of the number with respect to every layer and position: of the encoder, the
  /// decoder, and the cross-attention between them.
  ///
  /// One backward pass meets them all on its way to the embeddings, whose gradients are those of
  /// layer 0, unless the model norms its embeddings.
  public func gradientTrace() throws -> GradientTrace {
    let stacks = model.configuration.stacks
    var points: [HookPoint] = []
    let normsAfter = model.configuration.normPlacement == .after
    func last(_ name: StackName, _ stack: TransformerConfiguration.Stack) -> HookPoint {
      .block(name, stack.layerCount - 1, normsAfter ? .normalizedResidualPost : .residualPost)
    }
    for (name, stack) in stacks {
      points += (0..<stack.layerCount).map { .residualPre(name, $0) }
      points.append(last(name, stack))
    }
    let layers = stacks.count > 1 ? 0..<stacks[1].stack.layerCount : 0..<0
    func reading(_ layer: Int, _ point: HookPoint.AttentionPoint) -> HookPoint {
      .block(.decoder, layer, .attention(.cross, point))
    }
    let normalized = HookPoint.finalNorm(.encoder, .normalized)
    for layer in layers { points += [reading(layer, .key), reading(layer, .value)] }
    if !layers.isEmpty, !normsAfter { points.append(normalized) }
    let found = try gradients(at: points)

    let residuals = stacks.map { name, stack in
      (
        stack: name,
        layers: (0..<stack.layerCount).map { found[.residualPre(name, $0)]! }
          + [found[last(name, stack)]!]
      )
    }
    let encoderOutput: Tensor
    if let norm = model.stacks[0].finalNorm, let kept = found[normalized]?.activation {
      let weighted = kept * norm.weight
      encoderOutput = norm.bias.map { weighted + $0 } ?? weighted
    } else {
      encoderOutput = found[last(stacks[0].name, stacks[0].stack)]!.activation
    }
    let cross = layers.map { layer in
      let attention = model.stacks[1].blocks[layer].cross!
      // Back through the projections that read the encoder's output.
      func back(_ point: HookPoint.AttentionPoint, _ projection: Linear) -> Tensor {
        let gradient = found[reading(layer, point)]!.gradient
        let positions = Array(gradient.shape[..<2])
        return gradient.reshaped(to: positions + [gradient.count / gradient.shape[1]])
          .matmul(projection.weight)
      }
      return TracedGradient(
        activation: encoderOutput,
        gradient: back(.key, attention.key) + back(.value, attention.value))
    }
    return GradientTrace(residuals: residuals, cross: cross)
  }
}
