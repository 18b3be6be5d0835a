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

  /// A sweep over trials.
  public init(_ trials: [Trial], metric: Metric) {
    self.trials = trials
    self.metric = metric
  }

  /// Every site with every edit, on every row: row by row, site by site, edit by edit.
  public init(rows: Range<Int> = 0..<1, sites: [Site], edits: [Edit], metric: Metric) {
    trials = rows.flatMap { row in
      sites.flatMap { site in edits.map { Trial(row: row, [Change(site, $0)]) } }
    }
    self.metric = metric
  }
}

/// How far a sweep has come.
public struct SweepProgress: Sendable {
  /// How many runs are finished.
  public let finished: Int
  /// How many there are.
  public let total: Int
  /// How long it took so far, in seconds.
  public let elapsed: Double
  /// How long the rest will take, in seconds, as far as that can be said.
  public let remaining: Double?
}

/// What has come of a sweep, perhaps of a part of it.
public struct SweepResults: Sendable, Codable {
  /// The metric of the run without changes: for every row, a value for every position that is read.
  public let clean: [[Float]]
  /// The values of the trials that are finished, by their place in the sweep.
  public internal(set) var finished: [Int: [Float]]
  /// How many trials there are.
  public let total: Int
  /// What tells this sweep from others.
  let fingerprint: UInt64

  /// Whether every trial is finished.
  public var isComplete: Bool { finished.count == total }

  /// The values of all trials, each with a value for every position that is read.
  ///
  /// - Throws: ``SweepError/partial(finished:total:)`` when some are missing.
  public func values() throws(SweepError) -> [[Float]] {
    guard isComplete else { throw .partial(finished: finished.count, total: total) }
    return (0..<total).map { finished[$0]! }
  }

  /// The value of every trial, the mean where several positions are read.
  ///
  /// - Throws: ``SweepError/partial(finished:total:)`` when some are missing.
  public func numbers() throws(SweepError) -> [Float] { try values().map(\.average) }
}

extension [Float] {
  /// The mean, summed in Double; 0 of nothing.
  var average: Float {
    isEmpty ? 0 : Float(reduce(0.0) { $0 + Double($1) } / Double(count))
  }
}

/// How a sweep is run.
public struct SweepOptions: Sendable {
  /// The most memory that activations of runs may take, in bytes.
  public var memory: Int
  /// How many threads share the work.
  public var threads: Int

  /// By default half a gigabyte, and every core.
  public init(memory: Int = 1 << 29, threads: Int? = nil) {
    self.memory = memory
    self.threads = threads ?? Parallel.threads
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
    let bare = try RecordedRun(model, input, capturing: [])
    let reading = try MetricReading(metric, of: bare)
    let mark = fingerprint(model, input)
    if let earlier, earlier.fingerprint != mark || earlier.total != trials.count {
      throw SweepError.otherSweep
    }
    var results = SweepResults(
      clean: reading.clean, finished: earlier?.finished ?? [:], total: trials.count,
      fingerprint: mark)
    let pending = trials.enumerated().filter { results.finished[$0.offset] == nil }
      .map { (index: $0.offset, trial: $0.element) }
    if pending.isEmpty { return results }
    let reads = SweepReads(positions: reading.positions)
    let engine = try SweepEngine(
      pending, on: model, input, reading: reads, options: options, bare: bare)
    for index in engine.plan.idle { results.finished[index] = reading.clean[trials[index].row] }
    let outcome = Mutex(results)
    try engine.run(progress: progress, alreadyFinished: results.finished.count, of: trials.count) {
      lane, run in
      let values = try reading.values(of: lane, in: run)
      outcome.withLock { results in
        for (index, value) in values { results.finished[index] = value }
      }
      return values.count
    }
    return outcome.withLock { $0 }
  }

  /// A number that tells this sweep on this model and input from others, as far as values can say:
  /// what a closure does is not in it.
  private func fingerprint(_ model: Transformer, _ input: ModelInput) -> UInt64 {
    var mark = Fingerprint()
    mark.add("\(model.configuration)")
    mark.add(model.embedding)
    mark.add("\(input)")
    mark.add("\(metric.name) \(metric.positions) \(metric.answers) \(metric.foils)")
    for trial in trials {
      mark.add("\(trial.row)")
      for change in trial.changes {
        mark.add("\(change.site.point) \(change.site.positions ?? [])")
        switch change.site.part {
        case .all: break
        case .heads(let list): mark.add("heads \(list)")
        case .units(let list): mark.add("units \(list)")
        case .subspace(let basis): mark.add(basis)
        }
        switch change.edit.kind {
        case .replace(let tensor, let row, let positions):
          mark.add(tensor)
          mark.add("replace \(row) \(positions ?? [])")
        case .add(let tensor):
          mark.add(tensor)
          mark.add("add")
        case .forbid(let keys): mark.add("forbid \(keys)")
        case .zero: mark.add("zero")
        case .map: mark.add("map")
        case .freeze: mark.add("freeze")
        }
      }
    }
    return mark.value
  }
}

/// FNV-1a over what is added. Fowler, Noll and Vo, 1991.
private struct Fingerprint {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325
  /// Tensors are shared by many trials; each is read once.
  private var seen: [UnsafeRawPointer: UInt64] = [:]

  mutating func add(_ text: String) {
    for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
  }

  mutating func add(_ tensor: Tensor) {
    let sum = tensor.withUnsafeValues { values -> UInt64 in
      let address = UnsafeRawPointer(values.baseAddress!)
      if let sum = seen[address] { return sum }
      var sum: UInt64 = 0xCBF2_9CE4_8422_2325
      for number in values { sum = (sum ^ UInt64(number.bitPattern)) &* 0x100_0000_01B3 }
      seen[address] = sum
      return sum
    }
    value = (value ^ sum) &* 0x100_0000_01B3
    add("\(tensor.shape)")
  }
}

extension MetricReading {
  /// The values of a lane's trials: what lies before their first change is as it was.
  func values(
    of outcome: LaneRun.Outcome, in run: LaneRun
  ) throws -> [(index: Int, values: [Float])] {
    let read = run.lane.read
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
      let values = positions[trial.row].enumerated().map { index, position in
        position >= max(trial.first, read.lowerBound)
          ? rest.removeFirst() : clean[trial.row][index]
      }
      return (trial.index, values)
    }
  }
}
