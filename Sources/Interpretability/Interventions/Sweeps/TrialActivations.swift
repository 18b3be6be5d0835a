import Synchronization
public import Tensors
public import Transformers

/// The activations at some points of a model in each of some trials, `[position, …]` as a trace holds
/// them, without the batch axis; positions that a trial leaves untouched are as in the run without
/// changes.
///
/// Nothing behind the last of the points is computed.
///
/// - Parameters:
///   - trials: What is changed in each run.
///   - points: What is kept of each.
///   - base: What is changed in every run of a row besides; see ``Sweep/base``.
/// - Returns: For every trial, in their order, the activation at every point.
/// - Throws: As ``Sweep/run(on:_:options:resuming:progress:)``, and
///   ``SweepError/partial(finished:total:)`` when it is stopped.
public func activations(
  of trials: [Trial], at points: Set<HookPoint>, in model: Transformer, _ input: ModelInput,
  under base: [Trial] = [], options: SweepOptions = SweepOptions(),
  progress: @Sendable (SweepProgress) -> Bool = { _ in true }
) throws -> [[HookPoint: Tensor]] {
  let stack = model.configuration.stacks[model.configuration.stacks.count - 1].name
  let tokens = stack == .decoder ? input.decoderTokens ?? input.tokens : input.tokens
  let reads = SweepReads(
    positions: tokens.map { [$0.count - 1] },
    points: try Capture.points(points).points(in: model.configuration))
  let engine = try SweepEngine(
    trials.enumerated().map { (index: $0.offset, trial: $0.element) }, on: model, input,
    under: base, reading: reads, options: options)
  let found = Mutex([Int: [HookPoint: Tensor]]())
  let isStopped = Mutex(false)
  let idle = engine.plan.idle.count
  try engine.run(
    progress: { now in
      let goesOn = progress(now)
      if !goesOn, now.finished < now.total { isStopped.withLock { $0 = true } }
      return goesOn
    }, alreadyFinished: idle, of: trials.count
  ) { outcome, _ in
    found.withLock { $0.merge(outcome.activations) { $1 } }
    return outcome.trials.count
  }
  if isStopped.withLock({ $0 }) {
    throw SweepError.partial(
      finished: idle + found.withLock { $0.count }, total: trials.count)
  }
  let changed = found.withLock { $0 }
  return try trials.enumerated().map { index, trial in
    var activations: [HookPoint: Tensor] = [:]
    for point in points {
      activations[point] = try changed[index]?[point] ?? engine.run.trace[point][at: trial.row]
    }
    return activations
  }
}
