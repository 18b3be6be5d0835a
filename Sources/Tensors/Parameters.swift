/// A value that holds trainable tensors.
///
/// The visit is explicit: a name given here is the parameter's name in a checkpoint.
public protocol Parameterized {
  /// Calls `body` with the name of every parameter and the parameter, always in the same order.
  mutating func visitParameters(_ body: (_ name: String, _ parameter: inout Tensor) -> Void)
}

extension Parameterized {
  /// All parameters with their names, in the order of the visit.
  package var parameters: [(name: String, tensor: Tensor)] {
    var copy = self
    var found: [(name: String, tensor: Tensor)] = []
    copy.visitParameters { found.append(($0, $1)) }
    return found
  }

  /// The same value with gradients required of every parameter.
  package func requiringGradients() -> Self {
    var copy = self
    copy.visitParameters { $1 = $1.requiringGradient() }
    return copy
  }
}

extension Parameterized {
  /// A loss of this value and the loss's gradient for every parameter, as an optimiser takes them.
  ///
  /// ```swift
  /// let (loss, gradients) = try model.gradients { try $0(input).crossEntropy(targets: targets) }
  /// optimizer.update(&model, gradients: gradients, rate: 1e-3)
  /// ```
  ///
  /// - Parameter loss: A scalar, computed from a copy of this value whose parameters require gradients.
  public func gradients(
    ofLoss loss: (Self) throws -> Tensor
  ) rethrows -> (loss: Float, gradients: [Tensor]) {
    let watched = requiringGradients()
    let value = try loss(watched)
    return (value.scalar, gradient(of: value, withRespectTo: watched.parameters.map(\.tensor)))
  }
}

/// The loss of a model over shards of a batch and its gradient for every parameter, the shards
/// computed at the same time, one a thread.
///
/// How a batch is cut decides the last bits of the result, so cut it into a fixed number of shards
/// and not into as many as there are cores: then a seed gives the same model on any number of cores
/// of one kind of processor.
///
/// - Parameters:
///   - shards: Parts of the batch, each with its share of the loss; shares add up to 1.
///   - loss: A scalar for one shard.
/// - Returns: The weighted loss and the gradients in the order of ``Parameterized/parameters``.
package func lossAndGradients<Model: Parameterized & Sendable, Shard: Sendable>(
  of model: Model, shards: [(shard: Shard, share: Float)],
  loss: @Sendable (Model, Shard) -> Tensor
) -> (loss: Float, gradients: [Tensor]) {
  precondition(!shards.isEmpty, "there is no shard to take a loss of")
  let parts = Parallel.map(shards) { shard, share -> (loss: Float, gradients: [Tensor]) in
    let watched = model.requiringGradients()
    let value = loss(watched, shard) * share
    return (value.scalar, gradient(of: value, withRespectTo: watched.parameters.map(\.tensor)))
  }
  var total = parts[0]
  for part in parts.dropFirst() {
    total.loss += part.loss
    for index in total.gradients.indices {
      total.gradients[index] = total.gradients[index] + part.gradients[index]
    }
  }
  return total
}
