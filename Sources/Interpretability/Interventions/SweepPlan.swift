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
    reading reads: SweepReads, tokenLimit: Int, laneCount: Int
  ) throws {
    let configuration = model.configuration
    let planner = Planner(configuration: configuration, input: input)
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
    changes.values.contains { $0.contains { !$0.site.point.hasBatchAxis } }
  }
}

/// Reads trials against a model and its input.
private struct Planner {
  let configuration: TransformerConfiguration
  let input: ModelInput
  private let existing: Set<HookPoint>

  init(configuration: TransformerConfiguration, input: ModelInput) {
    self.configuration = configuration
    self.input = input
    existing = Set(configuration.hookPoints + configuration.hookPointsOnRequest)
  }

  /// The trial, or nil when it changes nothing.
  func plan(_ trial: Trial, at index: Int) throws -> PlannedTrial? {
    guard input.tokens.indices.contains(trial.row) else {
      throw SweepError.row(trial.row, count: input.tokens.count)
    }
    let changes = try trial.changes.map(checked)
    func isFreeze(_ change: Change) -> Bool {
      if case .freeze = change.edit.kind { true } else { false }
    }
    let edits = changes.filter { !isFreeze($0) }
    let freezes = changes.filter(isFreeze)
    guard let start = edits.map({ configuration.stage(of: $0.site.point) }).min() else {
      return nil
    }
    let last = configuration.stacks[configuration.stacks.count - 1].name
    var staged: [Int: [Change]] = [:]
    var frozen: [Int: Set<HookPoint>] = [:]
    for freeze in freezes {
      let stage = configuration.stage(of: freeze.site.point)
      // What comes before any change is as it was.
      if stage < start { continue }
      if case .all = freeze.site.part, freeze.site.positions == nil,
        !freeze.site.point.isOnRequest, freeze.site.point.hasBatchAxis
      {
        frozen[stage, default: []].insert(freeze.site.point)
      } else {
        staged[stage, default: []].append(freeze)
      }
    }
    for edit in edits {
      staged[configuration.stage(of: edit.site.point), default: []].append(edit)
    }
    let changesSource =
      configuration.isEncoderDecoder && start < configuration.firstStage(of: .decoder)
    let isCausal = configuration.decoder != nil
    let first =
      !isCausal || changesSource
      ? 0
      : edits.map { edit in
        edit.site.point.isOfSource || edit.site.point.stack(in: configuration) != last
          ? 0 : edit.site.positions?.min() ?? 0
      }.min() ?? 0
    return PlannedTrial(
      index: index, row: trial.row, start: start, changes: staged, frozen: frozen, first: first,
      changesSource: changesSource, looksAhead: isCausal && edits.contains(where: looksAhead))
  }

  /// Whether an edit of scores or patterns may show a query what is behind it.
  private func looksAhead(_ change: Change) -> Bool {
    guard case .block(_, _, .attention(.own, let point)) = change.site.point else { return false }
    guard point == .scores || point == .pattern else { return false }
    switch change.edit.kind {
    case .forbid, .freeze: return false
    case .zero: return point == .scores
    case .add, .map: return true
    case .replace(let tensor, let row, _):
      let (heads, queries, keys) = (tensor.shape[1], tensor.shape[2], tensor.shape[3])
      let hidden: Float = point == .scores ? -.infinity : 0
      return tensor.withUnsafeValues { values in
        (0..<heads * queries).contains { line in
          let start = (row * heads * queries + line) * keys
          return (min(line % queries + 1, keys)..<keys).contains { values[start + $0] != hidden }
        }
      }
    }
  }

  /// What of the clean run is needed by trials.
  func points(for trials: [PlannedTrial]) -> Set<HookPoint> {
    var points: Set<HookPoint> = []
    var places: Set<HookPoint> = []
    for trial in trials {
      for changes in trial.changes.values {
        for change in changes {
          if case .freeze = change.edit.kind { points.insert(change.site.point) }
        }
      }
      for change in trial.changes[trial.start] ?? [] { places.insert(change.site.point) }
      for held in trial.frozen.values { points.formUnion(held) }
      if trial.changesSource { places.insert(.block(.decoder, 0, .attention(.cross, .key))) }
    }
    for place in places {
      if case .finalNorm(let stack, _) = place {
        let layer = configuration.stageCount(of: stack) - 3
        points.insert(.block(stack, layer, .residualPost))
      }
      guard case .block(let stack, let layer, let point) = place else { continue }
      for kept in configuration.pointsKept(for: point, in: stack) {
        points.insert(.block(stack, layer, kept))
      }
    }
    // Cross-attention's keys and values are kept with every run.
    return points.intersection(existing).filter { !$0.isOnRequest || isFrozen($0, in: trials) }
  }

  private func isFrozen(_ point: HookPoint, in trials: [PlannedTrial]) -> Bool {
    trials.contains { trial in
      trial.changes.values.contains {
        $0.contains { change in
          if case .freeze = change.edit.kind { change.site.point == point } else { false }
        }
      }
    }
  }

  /// A change whose site exists, with positions from the start of the text.
  private func checked(_ change: Change) throws -> Change {
    var site = change.site
    let point = site.point
    guard existing.contains(point) else {
      // The model names its nearest points.
      _ = try Capture.points([point]).points(in: configuration)
      throw SweepError.part("place in this model", point: point)
    }
    let shape = configuration.shape(of: point)
    let stack = point.stack(in: configuration)
    let isDecoder = stack == .decoder && !point.isOfSource
    let length = (isDecoder ? input.decoderTokens ?? input.tokens : input.tokens)[0].count
    func place(_ position: Int, _ count: Int, _ what: String) throws -> Int {
      let found = position < 0 ? count + position : position
      guard (0..<count).contains(found) else {
        throw SweepError.position(position, count: count, what: what)
      }
      return found
    }
    site.positions = try site.positions?.map { try place($0, length, "a position of \(point)") }
    switch site.part {
    case .all: break
    case .heads(let heads):
      guard let count = shape.heads else { throw SweepError.part("heads", point: point) }
      for head in heads where !(0..<count).contains(head) {
        throw SweepError.head(head, point: point, count: count)
      }
    case .units(let units):
      guard let count = shape.width else { throw SweepError.part("neurons", point: point) }
      for unit in units where !(0..<count).contains(unit) {
        throw SweepError.unit(unit, point: point, count: count)
      }
    case .subspace(let basis):
      guard let width = shape.width, basis.shape[1] == width else {
        throw SweepError.shape(
          "a direction", point: point, expected: "a width of \(shape.width ?? 0)",
          found: basis.shape)
      }
    }
    var edit = change.edit
    switch edit.kind {
    case .replace(let tensor, let row, let positions):
      let rank = point.isPattern || shape.heads != nil ? 4 : 3
      let heads = point.isPattern ? tensor.shape[1] : tensor.shape[max(tensor.rank - 2, 0)]
      let count = point.isPattern && tensor.rank == 4 ? tensor.shape[2] : tensor.shape[1]
      let isPlaced =
        positions.map { places in
          places.count == site.positions?.count && places.allSatisfy { $0 >= 0 && $0 < count }
        } ?? (count == length || count == 1)
      guard tensor.rank == rank, shape.heads == nil || heads == shape.heads,
        shape.width == nil || tensor.shape[rank - 1] == shape.width, isPlaced,
        (0..<tensor.shape[0]).contains(row)
      else {
        let middle = shape.heads.map { "\($0), " } ?? ""
        throw SweepError.shape(
          "what is put in", point: point,
          expected: point.isPattern
            ? "[\(middle)\(length), keys]"
            : "[\(length) or 1, \(middle)\(shape.width.map(String.init) ?? "keys")]",
          found: Array(tensor.shape.dropFirst()))
      }
    case .forbid(let keys):
      guard case .block(_, _, .attention(let kind, .scores)) = point else {
        throw SweepError.part("keys to forbid", point: point)
      }
      let count = kind == .cross ? input.tokens[0].count : length
      edit = .forbid(keys: try keys.map { try place($0, count, "a key of \(point)") })
    case .add(let vector):
      let width: Int? = if case .units(let units) = site.part { units.count } else { shape.width }
      guard let last = vector.shape.last, last == width || point.isPattern else {
        throw SweepError.shape(
          "what is added", point: point, expected: "a width of \(width ?? 0)", found: vector.shape)
      }
    case .zero, .map, .freeze: break
    }
    return Change(site, edit)
  }
}
