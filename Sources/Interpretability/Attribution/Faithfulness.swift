import Tensors

/// Yeh et al., "On the (In)fidelity and Sensitivity of Explanations", 2019.
extension ExplainedPrediction {
  /// Infidelity: E[(Iᵀ φ − (f(x) − f(x − I)))²] over perturbations I; 0 where the attributions
  /// foretell exactly what a perturbation does.
  ///
  /// - Parameters:
  ///   - attributions: φ, in the units of a gradient: what the number changes by for every unit of a
  ///     coordinate. For attributions of contributions, such as integrated gradients, take
  ///     perturbations that are a share of the input and divide by it, or compare like with like.
  ///   - perturbations: I, in the shapes of ``embeddings``.
  /// - Throws: ``AttributionError/tooFew(_:least:found:)`` without a perturbation.
  public func infidelity(
    of attributions: EmbeddingValues, perturbations: [EmbeddingValues]
  ) throws -> Double {
    guard !perturbations.isEmpty else {
      throw AttributionError.tooFew("perturbations", least: 1, found: 0)
    }
    let full = Double(try value())
    let errors = try perturbations.map { perturbation in
      let foretold = perturbation.combined(with: attributions, *).parts
        .reduce(0) { $0 + $1.values.reduce(0) { $0 + Double($1) } }
      let fall = full - Double(try at(embeddings.combined(with: perturbation, -)).value())
      return (foretold - fall) * (foretold - fall)
    }
    return errors.reduce(0, +) / Double(errors.count)
  }

  /// Infidelity under Gaussian noise.
  ///
  /// - Parameters:
  ///   - attributions: φ, in the units of a gradient.
  ///   - deviation: The noise's standard deviation, in the units of the embeddings.
  ///   - samples: How many perturbations.
  ///   - seed: The same seed gives the same noise.
  public func infidelity(
    of attributions: EmbeddingValues, deviation: Double, samples: Int = 25, seed: UInt64 = 0
  ) throws -> Double {
    guard deviation.isFinite, deviation > 0 else {
      throw AttributionError.amount("the noise's deviation", found: deviation)
    }
    var generator = SeededGenerator(seed: seed)
    return try infidelity(
      of: attributions,
      perturbations: (0..<max(samples, 0)).map { _ in
        EmbeddingValues(
          embeddings.parts.map {
            .randomNormal($0.shape, standardDeviation: Float(deviation), using: &generator)
          })
      })
  }

  /// Maximum sensitivity: max ‖Φ(x + δ) − Φ(x)‖ / ‖Φ(x)‖ over small changes δ of the embeddings; how
  /// much an explanation changes where the prediction hardly does.
  ///
  /// - Parameters:
  ///   - radius: Every coordinate of δ is drawn evenly from −radius to radius.
  ///   - samples: How many δ.
  ///   - seed: The same seed gives the same δ.
  ///   - explanation: Φ, of a prediction.
  /// - Throws: ``AttributionError``, and what the explanation throws.
  public func sensitivity(
    radius: Double = 0.02, samples: Int = 10, seed: UInt64 = 0,
    of explanation: (ExplainedPrediction) throws -> EmbeddingValues
  ) throws -> Double {
    guard radius.isFinite, radius > 0 else {
      throw AttributionError.amount("the radius of the changes", found: radius)
    }
    var generator = SeededGenerator(seed: seed)
    let reach = Float(radius)
    return try sensitivity(
      changes: (0..<max(samples, 0)).map { _ in
        EmbeddingValues(
          embeddings.parts.map {
            .randomUniform($0.shape, in: -reach..<reach, using: &generator)
          })
      }, of: explanation)
  }

  /// Maximum sensitivity over given changes of the embeddings.
  public func sensitivity(
    changes: [EmbeddingValues], of explanation: (ExplainedPrediction) throws -> EmbeddingValues
  ) throws -> Double {
    guard !changes.isEmpty else {
      throw AttributionError.tooFew("changes of the embeddings", least: 1, found: 0)
    }
    func length(_ values: EmbeddingValues) -> Double {
      values.parts.reduce(0) { $0 + $1.values.reduce(0) { $0 + Double($1) * Double($1) } }
        .squareRoot()
    }
    let here = try explanation(self)
    let reference = length(here)
    guard reference > 0 else {
      throw AttributionError.amount("the length of the explanation", found: reference)
    }
    return try changes.map { change in
      let there = try explanation(at(embeddings.combined(with: change, +)))
      return length(there.combined(with: here, -)) / reference
    }.max()!
  }
}
