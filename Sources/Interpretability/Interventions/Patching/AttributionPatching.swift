import Interpretability
package import Tensors
public import Transformers

/// Attribution patching: every activation's effect to first order, by one backward pass in the place
/// of a run for each.
///
/// The estimate is (other activation − this one) · gradient of the metric at this one. It is linear,
/// and wrong where what lies between saturates: a softmax that is sure of itself, a norm that rescales.
/// Patching the same places says how wrong; see ``error(of:in:)``.
///
/// Nanda, "Attribution Patching: Activation Patching at Industrial Scale", 2023; Syed, Rager and Conmy,
/// "Attribution Patching Outperforms Automated Circuit Discovery", 2023.
extension ActivationPatching {
  /// The effects as the gradient foresees them, in the places of
  /// ``effects(of:in:_:direction:options:progress:)``.
  ///
  /// - Throws: ``SweepError/notDifferentiable(_:)`` for a metric that has no gradient, and as the
  ///   measured effects.
  public func estimatedEffects(
    of part: Part, in stack: StackName? = nil, _ kind: AttentionKind = .own,
    direction: Direction = .restore
  ) throws -> PatchingEffects {
    try estimatedEffects(of: [part], in: stack, kind, direction: direction)[0]
  }

  /// The estimates for several parts, by the same backward pass.
  public func estimatedEffects(
    of parts: [Part], in stack: StackName? = nil, _ kind: AttentionKind = .own,
    direction: Direction = .restore
  ) throws -> [PatchingEffects] {
    let points = try parts.map { try self.points(of: $0, in: stack, kind) }
    let (ends, others) = try self.ends(direction, capturing: points.flatMap { $0 })
    let target = direction == .restore ? corrupted : clean
    let found = try metric.gradients(at: points.flatMap { $0 }, of: model, target)
    let base = direction == .restore ? ends.corrupted : ends.clean
    return try zip(parts, points).map { part, points in
      let columns = try self.columns(of: part, at: points[0], in: others)
      var patched = Tensor.zeros([base.count, points.count, columns])
      for (layer, point) in points.enumerated() {
        let (own, gradient) = found[point]!
        let product = (try others[point] - own) * gradient
        let axis = part == .pattern || !part.isOfHeads ? 1 : 2
        let sums = product.summed(over: axis)
        for row in base.indices {
          for column in 0..<columns { patched[row, layer, column] = base[row] + sums[row, column] }
        }
      }
      return PatchingEffects(
        clean: ends.clean, corrupted: ends.corrupted, direction: direction, patched: patched)
    }
  }
}

extension PatchingEffects {
  /// How far these effects, estimates, are from measured ones of the same places.
  public func error(of measured: PatchingEffects) -> EstimateError {
    let (a, b) = (meanEffect.values, measured.meanEffect.values)
    precondition(a.count == b.count, "\(a.count) estimates of \(b.count) effects")
    let distances = zip(a, b).map { abs(Double($0) - Double($1)) }
    return EstimateError(
      mean: distances.mean, greatest: distances.max() ?? 0,
      correlation: pearson(a.map(Double.init), b.map(Double.init)) ?? 0)
  }
}

/// How far estimates of effects are from the effects.
public struct EstimateError: Sendable, Codable {
  /// The mean distance.
  public let mean: Double
  /// The greatest distance.
  public let greatest: Double
  /// Pearson's correlation, 0 where one side does not vary.
  public let correlation: Double
}

extension Metric {
  /// The activations at points of a run and the gradient of the metric with respect to each, row by
  /// row: each row's own metric, the mean where it is read at several positions.
  ///
  /// - Parameter starting: Activations to put in their places, from which the history starts; nil
  ///   starts it from the embeddings as they are.
  package func gradients(
    at points: [HookPoint], of model: Transformer, _ input: ModelInput,
    starting: [HookPoint: Tensor]? = nil
  ) throws -> [HookPoint: (activation: Tensor, gradient: Tensor)] {
    var reading = try MetricReading(self, of: model, on: input)
    if case .divergence = measure {
      try reading.read(RecordedRun(model, input, capturing: []))
    }
    // The embeddings start the history, so that every point is met on the way back.
    let starts =
      try starting
      ?? {
        let points = model.configuration.stacks.map { name, _ -> HookPoint in
          name == .decoder ? .decoderEmbedding : .embedding
        }
        let trace = try model.run(input, capturing: .points(Set(points)), logitsAt: 0..<1).trace
        return try Dictionary(uniqueKeysWithValues: points.map { ($0, try trace[$0]) })
      }()
    let places = reading.positions.flatMap { $0 }
    guard let low = places.min(), let high = places.max() else {
      throw SweepError.empty("positions to read")
    }
    let run = try model.run(
      input, capturing: .points(Set(points)),
      intervening: starts.map { .replace($0, with: $1.requiringGradient()) },
      logitsAt: low..<(high + 1))
    let width = model.configuration.vocabularySize
    let rows = reading.positions.enumerated().flatMap { row, places in
      places.map { row * (high + 1 - low) + $0 - low }
    }
    let logits = run.logits.reshaped(to: [run.logits.count / width, width]).gathering(rows)
    let values = try reading.differentiable(logits)
    let weights = reading.positions.flatMap { places in
      places.map { _ in 1 / Float(places.count) }
    }
    let kept = try points.map { try run.trace[$0] }.map {
      $0.requiresGradient ? $0 : $0.requiringGradient()
    }
    let gradients = gradient(of: values, withRespectTo: kept, seed: Tensor(weights))
    return Dictionary(
      zip(points, zip(kept, gradients)).map { ($0, (activation: $1.0.detached(), gradient: $1.1)) },
      uniquingKeysWith: { first, _ in first })
  }
}

extension MetricReading {
  /// The metric from logits `[place, token]` that carry a history, at every place that is read, row
  /// after row; `[place]`.
  func differentiable(_ logits: Tensor) throws -> Tensor {
    let answers = allAnswers
    switch metric.measure {
    case .logit: return logits.gatheringColumns(answers)
    case .logitDifference:
      return logits.gatheringColumns(answers) - logits.gatheringColumns(allFoils)
    case .logProbability: return logits.logSoftmax().gatheringColumns(answers)
    case .probability: return logits.softmax().gatheringColumns(answers)
    case .divergence:
      let clean = Tensor.concatenation(cleanLogits, axis: 0).logSoftmax()
      let weights = clean.exponential()
      return (weights * (clean - logits.logSoftmax())).sum(axis: 1)
    case .rank, .likeliest, .nextTokens, .nextRanks, .custom:
      throw SweepError.notDifferentiable(metric.name)
    }
  }
}

extension Tensor {
  /// The sum over all axes but the first and another, `[row, column]`.
  fileprivate func summed(over axis: Int) -> Tensor {
    var sums = self
    for other in shape.indices.reversed() where other != 0 && other != axis {
      sums = sums.sum(axis: other)
    }
    return sums
  }
}
