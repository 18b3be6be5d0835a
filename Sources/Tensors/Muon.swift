/// Momentum whose step is made orthogonal, for the matrices inside a network.
///
/// The running mean of a matrix's gradients is replaced by the nearest matrix whose singular values
/// are all near 1, so that rare directions are learnt as fast as common ones. Steps are scaled to
/// the size AdamW's have, and so share its learning rate. Embeddings, biases and norms are not for
/// it.
/// Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024; the scale is Liu
/// et al.'s, "Muon is Scalable for LLM Training", 2025.
public struct Muon: Sendable {
  /// The decay rate of the running mean.
  public var momentum: Float
  /// The fraction of the rate by which weights shrink a step.
  public var weightDecay: Float
  /// Running means of each matrix's gradient, by name.
  package var means: [String: Tensor] = [:]

  /// An optimiser that has made no step.
  public init(momentum: Float = 0.95, weightDecay: Float = 0) {
    self.momentum = momentum
    self.weightDecay = weightDecay
  }

  /// Moves the chosen matrices one step against their gradients.
  ///
  /// - Parameters:
  ///   - model: The model whose parameters are changed.
  ///   - gradients: One a parameter, in the order of the visit.
  ///   - rate: The learning rate of this step.
  ///   - isIncluded: Whether a parameter is a matrix for this optimiser, by its name.
  public mutating func update(
    _ model: inout some Parameterized, gradients: [Tensor], rate: Float,
    where isIncluded: (String) -> Bool
  ) {
    var chosen: [(name: String, momentum: Tensor)] = []
    var index = 0
    model.visitParameters { name, parameter in
      precondition(index < gradients.count, "there is no gradient for \(name)")
      let gradient = gradients[index]
      index += 1
      guard isIncluded(name) else { return }
      precondition(
        parameter.rank == 2 && gradient.shape == parameter.shape,
        "Muon moves matrices: \(name) has the shape \(parameter.shape) and a gradient "
          + "\(gradient.shape)")
      let old = means[name] ?? .zeros(parameter.shape)
      let mean = old * momentum + gradient * (1 - momentum)
      means[name] = mean
      // Nesterov's look ahead.
      chosen.append((name, mean * momentum + gradient * (1 - momentum)))
    }
    var steps = [Tensor?](repeating: nil, count: chosen.count)
    steps.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let results = buffer
      let work = chosen
      Parallel.forEachChunk(of: work.count, work: work.count, grain: 1) { part in
        for item in part { results[item] = Muon.orthogonalised(work[item].momentum) }
      }
    }
    var next = 0
    model.visitParameters { name, parameter in
      guard next < chosen.count, chosen[next].name == name, let step = steps[next] else { return }
      next += 1
      let size = Float(max(parameter.shape[0], parameter.shape[1])).squareRoot()
      parameter = parameter * (1 - rate * weightDecay) - step * (0.2 * size * rate)
    }
  }

  /// A matrix with the singular vectors of another and singular values between about 0.7 and 1.2.
  ///
  /// Five rounds of a quintic Newton–Schulz iteration, whose coefficients grow small singular
  /// values fast rather than converge to 1.
  package static func orthogonalised(_ matrix: Tensor) -> Tensor {
    let isTall = matrix.shape[0] > matrix.shape[1]
    var x = isTall ? matrix.transposed() : matrix
    let norm = (x * x).sum().scalar.squareRoot()
    x = x * (1 / (norm + 1e-7))
    for _ in 0..<5 {
      let square = x.matmul(transposing: x)
      let polynomial = square * -4.7750 + square.matmul(square) * 2.0315
      x = x * 3.4445 + polynomial.matmul(x)
    }
    return isTall ? x.transposed() : x
  }
}
