public import Tensors

/// Integrated gradients of any function: (x − x′) ⊙ ∫₀¹ ∇f(x′ + α (x − x′)) dα.
///
/// Sundararajan, Taly and Yan, "Axiomatic Attribution for Deep Networks", 2017.
///
/// - Parameters:
///   - inputs: x, tensors of any shapes.
///   - baselines: x′, in the same shapes.
///   - rule: How the integral becomes a sum.
///   - steps: How many gradients are taken.
///   - batch: How many of them in one pass.
///   - function: Takes the inputs with a batch axis in front, which require gradients, and returns
///     `[batch]`. No row may depend on another.
/// - Returns: What is attributed to every value of every input.
/// - Throws: ``AttributionError/tooFew(_:least:found:)``, and what the function throws.
public func integratedGradients(
  at inputs: [Tensor], from baselines: [Tensor], by rule: IntegrationRule = .gaussLegendre,
  steps: Int = 50, batch: Int = 16, of function: ([Tensor]) throws -> Tensor
) throws -> [Tensor] {
  try pathIntegral(at: inputs, from: baselines, by: rule, steps: steps, batch: batch) {
    points, weights in
    let leaves = points.map { $0.requiringGradient() }
    return gradient(of: try function(leaves), withRespectTo: leaves, seed: Tensor(weights))
      .map { $0.sum(axis: 0) }
  }
}

/// The same, for something that takes points on the path `[batch, …]` with their weights and returns
/// the weighted sum of the gradients there.
func pathIntegral(
  at inputs: [Tensor], from baselines: [Tensor], by rule: IntegrationRule, steps: Int, batch: Int,
  progress: ((_ finished: Int, _ total: Int) -> Void)? = nil,
  summedGradients: ([Tensor], [Float]) throws -> [Tensor]
) throws -> [Tensor] {
  precondition(
    inputs.map(\.shape) == baselines.map(\.shape),
    "inputs \(inputs.map(\.shape)) and baselines \(baselines.map(\.shape)) differ in shape")
  guard steps >= rule.fewestSteps else {
    throw AttributionError.tooFew(
      "steps for the rule “\(rule.rawValue)”", least: rule.fewestSteps, found: steps)
  }
  guard batch >= 1 else {
    throw AttributionError.tooFew("steps in a batch", least: 1, found: batch)
  }
  let nodes = rule.nodes(steps)
  let differences = zip(inputs, baselines).map { $0.detached() - $1.detached() }
  var totals = inputs.map { Tensor.zeros($0.shape) }
  for start in stride(from: 0, to: steps, by: batch) {
    let part = nodes[start..<min(start + batch, steps)]
    let points = zip(baselines, differences).map { baseline, difference in
      let places = Tensor(
        part.map { Float($0.place) },
        shape: [part.count] + Array(repeating: 1, count: difference.rank))
      return places * difference.reshaped(to: [1] + difference.shape) + baseline.detached()
    }
    let sums = try summedGradients(points, part.map { Float($0.weight) })
    for index in totals.indices { totals[index] += sums[index] }
    progress?(start + part.count, steps)
  }
  return zip(differences, totals).map { $0 * $1 }
}

/// What integrated gradients say of a prediction, and how well the sum stands for the integral.
public struct IntegratedAttribution: Sendable {
  /// What is attributed to every coordinate of every embedding.
  public let values: EmbeddingValues
  /// f(x) − f(x′), which the attributions of all coordinates should add up to.
  public let difference: Double
  /// How much more they add up to: Σ − (f(x) − f(x′)), Captum's convergence delta.
  ///
  /// It goes to 0 with many steps, and need not fall with every step more.
  public var convergenceDelta: Double {
    values.parts.reduce(0) { $0 + $1.values.reduce(0) { $0 + Double($1) } } - difference
  }
  /// What is attributed to every token.
  public var tokens: TokenScores { values.sums }
  /// Whether the sum can be trusted.
  public var completeness: Completeness {
    Completeness(sum: convergenceDelta + difference, difference: difference)
  }
}

/// What integrated gradients add up to, beside what they should.
public struct Completeness: Codable, Equatable, Sendable {
  /// The sum of all attributions.
  public var sum: Double
  /// f(x) − f(x′).
  public var difference: Double
  /// How much more the sum is: Captum's convergence delta.
  public var gap: Double { sum - difference }
  /// Whether the gap is at most a twentieth of the difference, signs aside.
  public var isClose: Bool { abs(gap) <= 0.05 * abs(difference) }

  /// A sum and a difference.
  public init(sum: Double, difference: Double) {
    self.sum = sum
    self.difference = difference
  }
}

extension ExplainedPrediction {
  /// Integrated gradients along the straight line from a baseline to the embeddings.
  ///
  /// Complete: the attributions add up to what the prediction gains over the baseline.
  ///
  /// - Parameters:
  ///   - baseline: Where the line starts.
  ///   - rule: How the integral becomes a sum.
  ///   - steps: How many gradients are taken.
  ///   - batch: How many of them in one pass; memory grows with it.
  ///   - progress: Is told after each pass how many steps are done.
  /// - Throws: ``AttributionError`` when the baseline does not fit or the steps are too few.
  public func integratedGradients(
    from baseline: Baseline = .zero, by rule: IntegrationRule = .gaussLegendre, steps: Int = 50,
    batch: Int = 16, progress: ((_ finished: Int, _ total: Int) -> Void)? = nil
  ) throws -> IntegratedAttribution {
    let start = try baseline.values(for: self)
    let parts = try pathIntegral(
      at: embeddings.parts, from: start.parts, by: rule, steps: steps, batch: batch,
      progress: progress, summedGradients: summedGradients)
    let difference = Double(try value()) - Double(try at(start).value())
    guard difference.isFinite else {
      throw AttributionError.notFinite("what the model makes of the baseline")
    }
    return IntegratedAttribution(values: EmbeddingValues(parts), difference: difference)
  }
}
