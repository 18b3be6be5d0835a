import Foundation
import Synchronization
import Tensors
public import Transformers

/// Runs of a model, each with something changed, and a number that is read from each.
///
/// A sweep is a value, and says nothing of how it is run: every run starts from the latest state that
/// its changes leave untouched, in a batch with others, and computes only positions that can change
/// and logits that are read. What comes of it equals one whole run a trial.
public struct Sweep: Sendable {
  /// The runs.
  public var trials: [Trial]
  /// What is read of each.
  public var metric: Metric
  /// What is changed in every run of a row, the one without changes too; at most one for a row.
  ///
  /// Causal tracing corrupts a text here, and its trials restore. A trial's own changes at a point
  /// come after these.
  public var base: [Trial] = []

  /// A sweep over trials.
  public init(_ trials: [Trial], metric: Metric, base: [Trial] = []) {
    self.trials = trials
    self.metric = metric
    self.base = base
  }

  /// Every site with every edit, on every row: row by row, site by site, edit by edit.
  public init(rows: Range<Int> = 0..<1, sites: [Site], edits: [Edit], metric: Metric) {
    trials = rows.flatMap { row in
      sites.flatMap { site in edits.map { Trial(row: row, [Change(site, $0)]) } }
    }
    self.metric = metric
  }
}

extension Sweep {
  /// Runs the sweep.
  ///
  /// - Parameters:
  ///   - model: The model; nothing is left in it.
  ///   - input: What it reads.
  ///   - earlier: Results of the same sweep that was stopped; what is finished is not run again.
  ///   - progress: Called when some runs are finished, from any thread, one call at a time; the sweep
  ///     stops when it returns false, and what is finished is returned.
  /// - Throws: ``SweepError`` and `TransformerError` when a trial does not fit the model or the
  ///   input, and whatever an edit throws.
  public func run(
    on model: Transformer, _ input: ModelInput, options: SweepOptions = SweepOptions(),
    resuming earlier: SweepResults? = nil,
    progress: @Sendable (SweepProgress) -> Bool = { _ in true }
  ) throws -> SweepResults {
    try run(on: model, input, options: options, resuming: earlier, progress: progress) { _ in }
  }

  /// - Parameter examine: Sees the metric of the run without changes before any other is made.
  func run(
    on model: Transformer, _ input: ModelInput, options: SweepOptions,
    resuming earlier: SweepResults? = nil, progress: @Sendable (SweepProgress) -> Bool,
    examine: ([[Float]]) throws -> Void
  ) throws -> SweepResults {
    var reading = try MetricReading(metric, of: model, on: input)
    let mark = fingerprint(model, input)
    if let earlier, earlier.fingerprint != mark || earlier.total != trials.count {
      throw SweepError.otherSweep
    }
    let pending = trials.enumerated().filter { earlier?.finished[$0.offset] == nil }
      .map { (index: $0.offset, trial: $0.element) }
    let reads = SweepReads(positions: reading.positions)
    let engine = try SweepEngine(
      pending, on: model, input, under: base, reading: reads, options: options)
    try reading.read(engine.run)
    try examine(reading.clean)
    var results = SweepResults(
      clean: reading.clean, finished: earlier?.finished ?? [:], total: trials.count,
      fingerprint: mark)
    for index in engine.plan.idle { results.finished[index] = reading.clean[trials[index].row] }
    let outcome = Mutex(results)
    let measured = reading
    try engine.run(progress: progress, alreadyFinished: results.finished.count, of: trials.count) {
      lane, run in
      let values = try measured.values(of: lane, in: run)
      outcome.withLock { results in
        for (index, value) in values { results.finished[index] = value }
      }
      return values.count
    }
    return outcome.withLock { $0 }
  }
}

extension RecordedRun {
  /// A run with changes to some of its rows.
  init(
    _ model: Transformer, _ input: ModelInput, capturing points: Set<HookPoint>,
    under base: [Trial]
  ) throws {
    guard !base.isEmpty else {
      try self.init(model, input, capturing: points)
      return
    }
    // Where things lie is the same with and without changes.
    let bare = try RecordedRun(model, input, capturing: [])
    var changes: [HookPoint: [RowChange]] = [:]
    for trial in base {
      for change in trial.changes {
        changes[change.site.point, default: []].append(RowChange(row: trial.row, change: change))
      }
    }
    let interventions = changes.map { point, changes in
      let stack = point.stack(in: model.configuration)
      let all = 0..<bare.length(of: stack)
      let part = PartialPass(
        stack, rows: Array(input.tokens.indices), positions: all, wanted: all)
      return Intervention(at: point) {
        try bare.applying(changes, to: $0, at: point, of: part)
      }
    }
    try self.init(model, input, capturing: points, intervening: interventions)
  }
}

extension MetricReading {
  /// The values of a lane's trials: what lies before their first change is as it was.
  func values(
    of outcome: LaneRun.Outcome, in run: LaneRun
  ) throws -> [(index: Int, values: [Float])] {
    let (read, count) = (run.lane.read, metric.valueCount)
    let width = run.run.model.configuration.width
    var picked: [Int] = []
    var places: [(row: Int, read: Int)] = []
    for (row, trial) in outcome.trials.enumerated() {
      for (index, position) in positions[trial.row].enumerated()
      where position >= max(trial.first, read.lowerBound) {
        picked.append(row * read.count + position - read.lowerBound)
        places.append((row: trial.row, read: index))
      }
    }
    let states = outcome.output.reshaped(to: [outcome.trials.count * read.count, width])
      .gathering(picked)
    var rest = try values(of: states, places: places)[...]
    return outcome.trials.map { trial in
      let values = positions[trial.row].enumerated().flatMap { index, position in
        if position < max(trial.first, read.lowerBound) {
          return clean[trial.row][(index * count)..<((index + 1) * count)]
        }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
      }
      return (trial.index, values)
    }
  }
}
