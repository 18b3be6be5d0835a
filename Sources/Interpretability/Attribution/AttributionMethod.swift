import Tensors

/// The attribution methods by their names, to choose one at run time.
public enum AttributionMethod: String, Sendable, Codable, CaseIterable {
  /// The length of the gradient.
  case saliency
  /// The gradient times the embedding.
  case inputTimesGradient = "input-x-gradient"
  /// The gradient gathered on the way from a baseline.
  case integratedGradients = "integrated-gradients"
  /// The mean gradient under noise, its length.
  case smoothGrad = "smoothgrad"
  /// What is lost without the token.
  case occlusion
  /// Value zeroing, rolled out.
  case valueZeroing = "value-zeroing"
  /// Attention rollout.
  case rollout
  /// Mean attention.
  case attention
  /// Numbers drawn at random: what every other method has to beat.
  case random

  /// Whether scores have a sign: what speaks for the prediction is positive.
  public var isSigned: Bool {
    switch self {
    case .inputTimesGradient, .integratedGradients, .occlusion, .random: true
    case .saliency, .smoothGrad, .valueZeroing, .rollout, .attention: false
    }
  }

  /// How scores of pieces become a word's without losing their meaning: lengths as lengths, what is
  /// shared out by adding.
  public var pooling: ScorePooling {
    switch self {
    case .saliency, .smoothGrad: .norm
    case .random: .strongest
    default: .sum
    }
  }

  var mixing: MixingMethod? {
    switch self {
    case .valueZeroing: .valueZeroing
    case .rollout: .rollout
    case .attention: .attention
    default: nil
    }
  }
}

/// What some of the methods need to know.
public struct AttributionSettings: Sendable {
  /// Where integrated gradients start, and what occlusion puts in a token's place.
  public var baseline = Baseline.zero
  /// How integrated gradients add up.
  public var rule = IntegrationRule.gaussLegendre
  /// The steps of integrated gradients.
  public var steps = 50
  /// The samples of SmoothGrad.
  public var samples = 25
  /// SmoothGrad's noise, as a share of the embeddings' range.
  public var deviation = 0.15
  /// The seed of noise and of random scores.
  public var seed: UInt64 = 0
  /// Is told how many steps, layers or rows are done, of those methods that may take long.
  public var progress: (@Sendable (_ finished: Int, _ total: Int) -> Void)?

  /// The usual settings.
  public init() {}
}

extension ExplainedPrediction {
  /// A score for every token by any method.
  ///
  /// - Throws: what the method throws.
  public func scores(
    by method: AttributionMethod, settings: AttributionSettings = AttributionSettings()
  ) throws -> TokenScores {
    try attribution(by: method, settings: settings).scores
  }

  /// A score for every token by any method, and of integrated gradients what they add up to.
  ///
  /// - Throws: what the method throws.
  public func attribution(
    by method: AttributionMethod, settings: AttributionSettings = AttributionSettings()
  ) throws -> (scores: TokenScores, completeness: Completeness?) {
    guard method == .integratedGradients else { return (try plain(method, settings), nil) }
    let found = try integratedGradients(
      from: settings.baseline, by: settings.rule, steps: settings.steps,
      progress: settings.progress)
    return (found.tokens, found.completeness)
  }

  private func plain(
    _ method: AttributionMethod, _ settings: AttributionSettings
  ) throws -> TokenScores {
    switch method {
    case .saliency: return try saliency()
    case .inputTimesGradient: return try inputTimesGradient()
    case .integratedGradients: preconditionFailure("integrated gradients have a sum too")
    case .smoothGrad:
      return try smoothGradients(
        deviation: settings.deviation, samples: settings.samples, seed: settings.seed
      ).norms
    case .occlusion: return try occlusion(replacing: settings.baseline)
    case .valueZeroing: return try mixing(by: .valueZeroing, progress: settings.progress)
    case .rollout: return try mixing(by: .rollout)
    case .attention: return try mixing(by: .attention)
    case .random: return randomScores(seed: settings.seed)
    }
  }

  /// Scores that know nothing of the model, the control of every comparison: drawn evenly from −1 to
  /// 1.
  public func randomScores(seed: UInt64) -> TokenScores {
    var generator = SeededGenerator(seed: seed)
    let lists = embeddings.parts.map { part in
      (0..<part.shape[0]).map { _ in Float.random(in: -1...1, using: &generator) }
    }
    return TokenScores(source: lists[0], decoder: lists.count > 1 ? lists[1] : nil)
  }
}
