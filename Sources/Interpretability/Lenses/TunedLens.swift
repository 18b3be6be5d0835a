import Foundation
public import Tensors
public import Transformers

/// The lens that learns, for every layer, what to add to a state: h ↦ h + A h + b, so that what the
/// model's norm and unembedding make of it is closest to the final distribution.
///
/// Belrose et al., "Eliciting Latent Predictions from Transformers with the Tuned Lens", 2023. All
/// weights are zero at first: the untrained lens is the logit lens.
public struct TunedLens: Lens, Parameterized, Codable {
  /// A and b of every layer but the last: what is added to a state.
  public var translators: [AffineMap]

  /// A lens that adds what these maps make of a state.
  public init(translators: [AffineMap]) { self.translators = translators }

  /// A lens that adds nothing yet.
  ///
  /// - Parameter layerCount: With the last layer, which has no translator.
  public init(layerCount: Int, width: Int) {
    let nothing = AffineMap(weight: .zeros([width, width]), bias: .zeros([width]))
    translators = Array(repeating: nothing, count: max(layerCount - 1, 0))
  }

  /// The states with what the layer's translator adds.
  public func translate(_ states: Tensor, layer: Int) -> Tensor {
    states + translators[layer](states)
  }

  /// Calls `body` with every weight, as in `layers.3.weight`.
  public mutating func visitParameters(_ body: (String, inout Tensor) -> Void) {
    for layer in translators.indices {
      translators[layer].visitParameters { body("layers.\(layer).\($0)", &$1) }
    }
  }

  /// How the lens is trained.
  public struct Training: Sendable {
    /// Updates of each layer's translator.
    public var steps = 150
    /// Positions an update.
    public var batch = 128
    /// The greatest rate; it falls along a straight line to nothing.
    public var rate: Float = 2e-3

    /// The defaults, for a small model.
    public init() {}
  }

  /// A lens trained on states of a model, every layer by itself, to the least mean KL(p ‖ p̃) from
  /// the final distribution p to its own p̃.
  ///
  /// - Parameters:
  ///   - states: Of many positions, at every layer.
  ///   - model: Whose norm and unembedding are used; its weights stay as they are.
  ///   - seed: Where the order of positions comes from; the same for every layer.
  ///   - whenLayerIsDone: Called once for every layer, in any order and on any thread.
  public init(
    training states: ResidualStates, of model: Transformer, as training: Training = Training(),
    seed: UInt64, whenLayerIsDone: @Sendable () -> Void = {}
  ) {
    self.init(layerCount: states.layerCount, width: model.configuration.width)
    let last = states.values[at: states.layerCount - 1]
    let normed = states.lastIsNormed ? last : model.finalNorm(last)
    let clean = model.logits(ofNormed: normed).softmax()
    translators = Parallel.map(Array(translators.enumerated())) { layer, untrained in
      let own = states.values[at: layer]
      var generator = SeededGenerator(seed: seed)
      var translator = untrained
      var optimiser = AdamW()
      let schedule = LearningRateSchedule(
        peak: training.rate, warmUpSteps: min(10, training.steps), totalSteps: training.steps,
        decay: .linear(after: 0))
      for step in 0..<training.steps {
        let rows = (0..<training.batch).map { _ in
          Int.random(in: 0..<states.positionCount, using: &generator)
        }
        let (drawn, goal) = (own.gathering(rows), clean.gathering(rows))
        let (_, gradients) = translator.gradients { translator in
          let logits = model.logits(ofNormed: model.finalNorm(drawn + translator(drawn)))
          return -(goal * logits.logSoftmax()).sum() / Float(rows.count)
        }
        optimiser.update(&translator, gradients: gradients, rate: schedule.rate(at: step))
      }
      whenLayerIsDone()
      return translator
    }
  }
}
