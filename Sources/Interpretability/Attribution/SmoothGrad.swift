import Tensors

extension ExplainedPrediction {
  /// SmoothGrad: the mean gradient over copies of the embeddings with a little noise.
  ///
  /// A gradient at one point may be an accident of that point. Smilkov et al., "SmoothGrad: removing
  /// noise by adding noise", 2017.
  ///
  /// - Parameters:
  ///   - deviation: The noise's standard deviation, as a share of the range of the embeddings' values,
  ///     from the smallest to the greatest; the paper takes 0.1 to 0.2.
  ///   - samples: How many copies.
  ///   - seed: The same seed gives the same noise.
  /// - Throws: ``AttributionError`` for no sample, or a deviation that is not above 0.
  public func smoothGradients(
    deviation: Double = 0.15, samples: Int = 25, seed: UInt64 = 0
  ) throws -> EmbeddingValues {
    guard samples >= 1 else {
      throw AttributionError.tooFew("samples of noise", least: 1, found: samples)
    }
    guard deviation.isFinite, deviation > 0 else {
      throw AttributionError.amount("the noise's deviation", found: deviation)
    }
    let all = embeddings.parts.flatMap(\.values)
    let range = (all.max() ?? 0) - (all.min() ?? 0)
    var generator = SeededGenerator(seed: seed)
    return try smoothGradients(
      noise: (0..<samples).map { _ in
        EmbeddingValues(
          embeddings.parts.map {
            .randomNormal(
              $0.shape, standardDeviation: Float(deviation) * range, using: &generator)
          })
      })
  }

  /// The mean gradient over copies of the embeddings, each with its noise added.
  ///
  /// - Parameter noise: In the shapes of ``embeddings``.
  public func smoothGradients(noise: [EmbeddingValues]) throws -> EmbeddingValues {
    precondition(
      noise.allSatisfy { $0.parts.map(\.shape) == embeddings.parts.map(\.shape) },
      "noise \(noise[0].parts.map(\.shape)) for embeddings \(embeddings.parts.map(\.shape))")
    var totals = embeddings.parts.map { Tensor.zeros($0.shape) }
    for start in stride(from: 0, to: noise.count, by: 16) {
      let part = noise[start..<min(start + 16, noise.count)]
      let batch = embeddings.parts.indices.map { index in
        Tensor.stack(part.map { embeddings.parts[index] + $0.parts[index] })
      }
      let sums = try summedGradients(
        batch, weights: Array(repeating: 1 / Float(noise.count), count: part.count))
      for index in totals.indices { totals[index] += sums[index] }
    }
    return EmbeddingValues(totals)
  }
}
