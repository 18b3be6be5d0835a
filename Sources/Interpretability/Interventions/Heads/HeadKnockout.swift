public import Interpretability
public import Transformers

/// By how much the log-probability of each target token falls when a head's output is zeroed, in
/// nats; one value for every target.
///
/// - Parameters:
///   - model: The model.
///   - input: A batch of one.
///   - targets: What each decoder row should predict.
///   - heads: The heads, each knocked out by itself.
/// - Throws: What running the model throws.
public func headKnockouts(
  _ model: Transformer, on input: ModelInput, targets: [Int], heads: [HeadAddress]
) throws -> [[Float]] {
  let trials = heads.map { Trial([Change(.head($0.head, at: $0.mixedPoint), .zero)]) }
  let results = try Sweep(trials, metric: .logProbability(ofEvery: [targets])).run(on: model, input)
  return try results.values().map { values in zip(results.clean[0], values).map { $0 - $1 } }
}
