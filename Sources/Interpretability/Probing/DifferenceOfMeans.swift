public import Tensors
public import Transformers

/// The simplest probe: the direction from the mean of one class to the mean of the other.
///
/// θ = μ₊ − μ₋; a vector h counts as positive when θ · h lies nearer to μ₊ than to μ₋.
public struct DifferenceOfMeans: Codable, Sendable {
  /// θ, `[width]`.
  public let direction: Tensor
  /// The value of θ · h halfway between the means.
  public let threshold: Float

  /// The difference between the means of two classes.
  ///
  /// - Parameters:
  ///   - features: `[word, width]`.
  ///   - isPositive: The class of each word.
  /// - Throws: ``ProbingError`` when a class has no word.
  public init(_ features: Tensor, isPositive: [Bool]) throws(ProbingError) {
    precondition(
      features.rank == 2 && features.shape[0] == isPositive.count,
      "\(isPositive.count) labels do not fit vectors of shape \(features.shape)")
    func mean(_ wanted: Bool) throws(ProbingError) -> Tensor {
      let rows = isPositive.indices.filter { isPositive[$0] == wanted }
      guard !rows.isEmpty else {
        throw ProbingError(
          "no word is \(wanted ? "positive" : "negative"); a difference needs words of both classes"
        )
      }
      return features.gathering(rows).mean(axis: 0)
    }
    let (positive, negative) = (try mean(true), try mean(false))
    direction = positive - negative
    threshold = (direction * (positive + negative) * 0.5).sum().scalar
  }

  /// Which vectors count as positive.
  public func predictions(_ features: Tensor) -> [Bool] {
    features.matmul(direction.reshaped(to: [direction.count, 1])).values.map { $0 > threshold }
  }
}

extension Intervention {
  /// Adds a vector to an activation `[batch, position, width]` at some positions of every row.
  public static func adding(
    _ vector: Tensor, at point: HookPoint, positions: [Int]
  ) -> Intervention {
    Intervention(at: point) { activation in
      precondition(
        activation.rank == 3 && vector.shape == [activation.shape[2]],
        "a vector of shape \(vector.shape) cannot be added to \(activation.shape)")
      guard let last = positions.max(), last < activation.shape[1] else {
        throw ProbingError(
          "the positions \(positions) are not all among the \(activation.shape[1]) there are")
      }
      var places = Tensor.zeros([1, activation.shape[1], 1])
      for position in positions { places[0, position, 0] = 1 }
      return activation + places * vector
    }
  }
}

/// Whether a direction is used: how often adding it changes what the model does.
///
/// A probe shows that something can be read off; only an intervention shows that the model reads it.
///
/// - Parameters:
///   - inputs: Inputs of one row and the positions where the direction is added.
///   - vector: What is added, such as θ for inputs of the negative class.
///   - point: Where, `[batch, position, width]`.
///   - outcome: What the model does, from its logits `[1, position, token]`.
/// - Returns: The share of inputs whose outcome changes.
/// - Throws: What running the model throws, and ``ProbingError`` when there is no input.
public func flipRate<Outcome: Equatable>(
  of model: Transformer, on inputs: [(input: ModelInput, positions: [Int])], adding vector: Tensor,
  at point: HookPoint, outcome: (Tensor) -> Outcome
) throws -> Double {
  guard !inputs.isEmpty else {
    throw ProbingError("there is no input to push; give at least one")
  }
  var flips = 0
  for (input, positions) in inputs {
    let pushed = try model.run(
      input, intervening: [.adding(vector, at: point, positions: positions)])
    if outcome(try model(input)) != outcome(pushed.logits) { flips += 1 }
  }
  return Double(flips) / Double(inputs.count)
}
