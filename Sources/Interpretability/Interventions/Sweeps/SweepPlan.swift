import Tensors
import Transformers

/// A trial, with what has to be known to place it.
struct PlannedTrial {
  /// Its place in the sweep.
  let index: Int
  let row: Int
  /// The first stage that its changes touch.
  let start: Int
  /// What is changed, by stage.
  let changes: [Int: [Change]]
  /// What is changed in every run of the row, by stage, from the start on.
  let base: [Int: [Change]]
  /// Whole activations that are held from the start on, by stage.
  let frozen: [Int: Set<HookPoint>]
  /// The first position of the last stack that can change.
  let first: Int
  /// Whether an encoder is changed that a decoder reads.
  let changesSource: Bool
  /// Whether a query may be made to read keys behind it, so that all positions count.
  let looksAhead: Bool
}

/// Trials that go through a model together.
struct Lane {
  var trials: [PlannedTrial]
  /// The positions of the last stack that are computed.
  var positions: Range<Int>
  /// The positions that are read of the last stack.
  var read: Range<Int>
  /// What is held in all trials, by stage; of trials that start later, from there on.
  var frozen: [Int: Set<HookPoint>]
  /// A measure of the work: positions times stages.
  var cost: Int
}

/// How the trials of a sweep are run.
struct SweepPlan {
  let lanes: [Lane]
  /// Trials that cannot change what is read.
  let idle: [Int]
  /// What of the run without changes is needed.
  let points: Set<HookPoint>
  /// What is changed in every run of a row, with positions from the start of the text.
  let base: [Trial]
}

/// What a sweep reads of a trial, apart from its value.
struct SweepReads {
  /// The positions of the last stack, by row.
  var positions: [[Int]]
  /// Activations that are wanted, all of their positions.
  var points: Set<HookPoint> = []
}

extension SweepPlan {
  /// - Parameters:
  ///   - trials: Those that are still to be run, by their places in the sweep.
  ///   - tokenLimit: How many positions a lane may hold.
  init(
    _ trials: [(index: Int, trial: Trial)], on input: ModelInput, of model: Transformer,
    under base: [Trial], reading reads: SweepReads, tokenLimit: Int, laneCount: Int
  ) throws {
    let configuration = model.configuration
    let planner = try TrialPlanner(configuration: configuration, input: input, base: base)
    self.base = planner.base
    var (planned, idle): ([PlannedTrial], [Int]) = ([], [])
    for (index, trial) in trials {
      let found = try planner.plan(trial, at: index)
      let last = reads.positions[found?.row ?? 0].last ?? -1
      if let found, !reads.points.isEmpty || last >= found.first {
        planned.append(found)
      } else {
        idle.append(index)
      }
    }
    self.idle = idle
    points = planner.points(for: planned).union(reads.points)
    var families: [Lane] = []
    // Those that start earliest say what is held.
    for trial in planned.sorted(by: { ($0.start, $0.first) < ($1.start, $1.first) }) {
      let place = families.firstIndex { family in
        family.trials[0].changesSource == trial.changesSource
          && family.trials[0].looksAhead == trial.looksAhead
          && !trial.needsItsOwnLane && !family.trials[0].needsItsOwnLane
          && trial.frozen
            == family.frozen.filter { $0.key > trial.start }
            .merging(trial.frozen.filter { $0.key == trial.start }) { $1 }
      }
      if let place {
        families[place].trials.append(trial)
      } else {
        families.append(
          Lane(
            trials: [trial], positions: 0..<0, read: 0..<0,
            frozen: trial.frozen.filter { $0.key > trial.start }, cost: 0))
      }
    }
    let last = configuration.stacks[configuration.stacks.count - 1].name
    let length = (last == .decoder ? input.decoderTokens ?? [[]] : input.tokens)[0].count
    let isCausal = configuration.decoder != nil
    let stageCount = configuration.stage(of: .finalNorm(last, .scale)) + 1
    lanes = families.flatMap { family in
      var lanes: [Lane] = []
      let limit = max(
        1, min(tokenLimit, family.trials.count * length / max(laneCount, 1) + length))
      var rest = family.trials.sorted { ($0.first, $0.start) < ($1.first, $1.start) }[...]
      while let head = rest.first {
        // Trials join while few positions are computed that cannot change.
        var (count, needed) = (0, 0)
        for trial in rest {
          let computed = (count + 1) * (length - head.first)
          needed += length - trial.first
          if count > 0, computed > limit || Double(computed) > 1.12 * Double(needed) { break }
          count += 1
        }
        var lane = family
        lane.trials = rest.prefix(count).sorted { ($0.start, $0.index) < ($1.start, $1.index) }
        rest = rest.dropFirst(count)
        let places = lane.trials.flatMap { reads.positions[$0.row] }
        let (low, high) = (places.min() ?? 0, (places.max() ?? length - 1) + 1)
        let readsAll = !reads.points.isEmpty
        lane.positions =
          isCausal
          ? head.first..<(readsAll || head.looksAhead ? length : high) : 0..<length
        lane.read = readsAll ? lane.positions : max(low, lane.positions.lowerBound)..<high
        lane.cost = lane.trials.reduce(0) { $0 + (stageCount - $1.start) * lane.positions.count }
        lanes.append(lane)
      }
      return lanes
    }.sorted { $0.cost > $1.cost }
  }
}

extension PlannedTrial {
  /// Whether what is changed belongs to the batch as a whole.
  fileprivate var needsItsOwnLane: Bool {
    (Array(changes.values) + Array(base.values)).contains {
      $0.contains { !$0.site.point.hasBatchAxis }
    }
  }
}
