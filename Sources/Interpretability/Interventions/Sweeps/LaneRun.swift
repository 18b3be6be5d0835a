import Tensors
import Transformers

/// Trials on their way through a model: at every stage those that start there join those that have
/// come so far.
struct LaneRun {
  let run: RecordedRun
  let lane: Lane
  /// Activations that are wanted beside the output.
  let wanted: Set<HookPoint>
  /// What the recorded run has kept.
  let recorded: Set<HookPoint>

  /// What has come of a lane.
  struct Outcome {
    /// The trials in the order of the rows.
    var trials: [PlannedTrial] = []
    /// What the last stack returned at the positions that are read, `[trial, position, width]`.
    var output: Tensor = .zeros([0])
    /// The activations that are wanted and have changed, by trial.
    var activations: [Int: [HookPoint: Tensor]] = [:]
  }

  /// Rows between two stages.
  private struct Wave {
    var trials: [PlannedTrial]
    /// `[trial, position, width]`.
    var residual: Tensor
    /// What the decoder reads, where that has changed.
    var source: Tensor?
  }

  private var configuration: TransformerConfiguration { run.model.configuration }

  /// - Parameter check: Called between stages; ends the run by throwing.
  func outcome(check: () throws -> Void) throws -> Outcome {
    var outcome = Outcome()
    var wave: Wave?
    let start = lane.trials.map(\.start).min() ?? 0
    let lastWanted = wanted.map { configuration.stage(of: $0) }.max()
    for (name, stack) in configuration.stacks {
      let first = configuration.firstStage(of: name)
      for stage in first..<(first + stack.layerCount + 2) where stage >= start {
        try check()
        let entering = lane.trials.filter { $0.start == stage }
        if stage == configuration.firstStage(of: .decoder), configuration.isEncoderDecoder,
          let passed = wave
        {
          wave = try enterDecoder(passed, &outcome)
        } else if stage == configuration.firstStage(of: .decoder) + 1, let passed = wave,
          passed.source != nil
        {
          wave = try advanceIntoDecoder(passed, &outcome)
        } else {
          wave = try wave.map { try advance($0, through: stage, of: name, &outcome) }
          wave = try joined(wave, entering: entering, at: stage, of: name, &outcome)
        }
        if stage == lastWanted, !lane.trials.contains(where: { $0.start > stage }) {
          return outcome
        }
      }
    }
    if let wave {
      outcome.trials = wave.trials
      outcome.output = wave.residual
    }
    return outcome
  }

  // MARK: Positions

  /// The positions that are computed behind a stage.
  private func positions(behind stage: Int, of stack: StackName) -> Range<Int> {
    let last = configuration.stacks[configuration.stacks.count - 1].name
    if stack != last { return 0..<run.length(of: stack) }
    let end = configuration.firstStage(of: stack) + configuration.stageCount(of: stack) - 1
    // Where attention is held, no position hears of another.
    for later in stride(from: stage + 1, to: end, by: 1) where !holdsAttention(later, of: stack) {
      return lane.positions
    }
    return lane.read
  }

  private func holdsAttention(_ stage: Int, of stack: StackName) -> Bool {
    let layer = stage - configuration.firstStage(of: stack) - 1
    let held = lane.frozen[stage] ?? []
    return held.contains(.block(stack, layer, .attentionOut(.own)))
      || held.contains(.block(stack, layer, .attention(.own, .mixed)))
  }

  // MARK: Stages

  private func advance(
    _ wave: Wave, through stage: Int, of stack: StackName, _ outcome: inout Outcome
  ) throws -> Wave {
    let held = lane.frozen[stage] ?? []
    let skipped = skippable(held, of: stack)
    return try pass(
      wave, through: stage, of: stack, reads: positions(behind: stage - 1, of: stack),
      holding: held, &outcome
    ) { skipped.contains($0) }
  }

  /// Those of the points that are held which need not be computed: nothing that is wanted lies on the
  /// way to them.
  private func skippable(_ held: Set<HookPoint>, of stack: StackName) -> Set<HookPoint> {
    held.intersection(recorded).filter { point in
      guard case .block(_, let layer, let place) = point else { return false }
      return !wanted.contains { other in
        guard case .block(stack, layer, let way) = other else { return false }
        return configuration.reaches(way, place, in: stack)
      }
    }
  }

  /// Runs rows through a stage.
  private func pass(
    _ wave: Wave, through stage: Int, of stack: StackName, reads: Range<Int>,
    holding held: Set<HookPoint> = [], _ outcome: inout Outcome,
    knowing knows: @escaping (HookPoint) -> Bool
  ) throws -> Wave {
    var wave = wave
    let layer = stage - configuration.firstStage(of: stack) - 1
    let isEnd = layer == configuration.stageCount(of: stack) - 2
    let part = PartialPass(
      stack, rows: wave.trials.map(\.row), positions: reads,
      wanted: isEnd ? reads : positions(behind: stage, of: stack), source: wave.source)
    let hooks = hooks(of: wave.trials, at: stage, part: part, holding: held, knows: knows)
    let trace: Trace
    if isEnd {
      (wave.residual, trace) = try run.end(wave.residual, of: part, with: hooks)
    } else {
      (wave.residual, trace) = try run.pass(
        wave.residual, throughBlock: layer, of: part, with: hooks)
    }
    keep(trace, of: wave.trials, part: part, at: stage, &outcome)
    return wave
  }

  /// Lets trials start at a stage: what comes before their changes is not computed.
  private func joined(
    _ wave: Wave?, entering: [PlannedTrial], at stage: Int, of stack: StackName,
    _ outcome: inout Outcome
  ) throws -> Wave? {
    var parts = wave.map { [$0] } ?? []
    let groups = Dictionary(grouping: entering) { trial in
      Entry(
        points: Set(trial.changes[stage, default: []].map(\.site.point)),
        held: trial.frozen[stage] ?? [])
    }
    // In an order of its own, or sums would differ in their last bits from run to run.
    for (entry, trials) in groups.sorted(by: { $0.value[0].index < $1.value[0].index }) {
      parts.append(try enter(trials, entry, at: stage, of: stack, &outcome))
    }
    guard parts.count > 1 else { return parts.first }
    return Wave(
      trials: parts.flatMap(\.trials),
      residual: .concatenation(parts.map(\.residual), axis: 0),
      source: parts[0].source)
  }

  /// What trials have in common that start together.
  private struct Entry: Hashable {
    let points: Set<HookPoint>
    let held: Set<HookPoint>
  }

  private func enter(
    _ trials: [PlannedTrial], _ entry: Entry, at stage: Int, of stack: StackName,
    _ outcome: inout Outcome
  ) throws -> Wave {
    let rows = trials.map(\.row)
    let layer = stage - configuration.firstStage(of: stack) - 1
    if layer < 0 { return try embed(trials, of: stack, at: stage, &outcome) }
    let behind = positions(behind: stage, of: stack)
    if layer == configuration.stageCount(of: stack) - 2 {
      let last = HookPoint.block(stack, layer - 1, .residualPost)
      let reads = positions(behind: stage - 1, of: stack)
      let part = PartialPass(stack, rows: rows, positions: reads, wanted: reads)
      let wave = Wave(
        trials: trials, residual: try run.activation(at: last, of: part), source: nil)
      return try pass(wave, through: stage, of: stack, reads: reads, &outcome) { _ in false }
    }
    let knows = known(in: layer, of: stack, changing: entry.points, holding: entry.held)
    let skips: [HookPoint.BlockPoint] = [
      .attentionOut(.own), .attention(.own, .mixed), .residualMid, .residualPost,
      .normalizedResidualPost,
    ]
    let isCausal = stack == .decoder || configuration.encoder == nil
    let length = run.length(of: stack)
    let all = isCausal && stack == configuration.stacks.last?.name ? lane.positions : 0..<length
    let reads =
      skips.contains { knows(.block(stack, layer, $0)) } ? behind : all
    let part = PartialPass(stack, rows: rows, positions: reads, wanted: behind)
    let wave = Wave(
      trials: trials,
      residual: try run.activation(at: .residualPre(stack, layer), of: part), source: nil)
    return try pass(
      wave, through: stage, of: stack, reads: reads, holding: entry.held, &outcome,
      knowing: knows)
  }

  /// What is known in a block where some points are changed.
  private func known(
    in layer: Int, of stack: StackName, changing points: Set<HookPoint>,
    holding held: Set<HookPoint>
  ) -> (HookPoint) -> Bool {
    let changed = points.compactMap { point -> HookPoint.BlockPoint? in
      if case .block(_, _, let place) = point { place } else { nil }
    }
    let (recorded, configuration) = (recorded, configuration)
    let held = skippable(held, of: stack)
    return { point in
      guard recorded.contains(point), case .block(stack, layer, let place) = point else {
        return false
      }
      return held.contains(point)
        || !changed.contains { configuration.reaches($0, place, in: stack) }
    }
  }

  private func embed(
    _ trials: [PlannedTrial], of stack: StackName, at stage: Int, _ outcome: inout Outcome
  ) throws -> Wave {
    let length = run.length(of: stack)
    let part = PartialPass(
      stack, rows: trials.map(\.row), positions: 0..<length, wanted: 0..<length)
    let (residual, trace) = try run.embed(
      stack, rows: part.rows, with: hooks(of: trials, at: stage, part: part) { _ in false })
    keep(trace, of: trials, part: part, at: stage, &outcome)
    let behind = positions(behind: stage, of: stack)
    return Wave(
      trials: trials,
      residual: behind.count == length ? residual : residual.slice(axis: 1, behind), source: nil)
  }

  // MARK: From encoder to decoder

  /// Begins the decoder for rows whose encoder has changed.
  private func enterDecoder(_ wave: Wave, _ outcome: inout Outcome) throws -> Wave {
    let stage = configuration.firstStage(of: .decoder)
    var next: Wave
    if wave.trials.contains(where: { $0.changes[stage] != nil }) {
      next = try embed(wave.trials, of: .decoder, at: stage, &outcome)
    } else {
      let part = PartialPass(
        .decoder, rows: wave.trials.map(\.row), positions: lane.positions,
        wanted: lane.positions)
      next = Wave(
        trials: wave.trials,
        residual: try run.activation(at: .residualPre(.decoder, 0), of: part))
    }
    next.source = wave.residual
    return next
  }

  /// The decoder's first block, in which cross-attention is the first to hear of the encoder.
  private func advanceIntoDecoder(_ wave: Wave, _ outcome: inout Outcome) throws -> Wave {
    let stage = configuration.firstStage(of: .decoder)
    var changed: Set<HookPoint> = [
      .block(.decoder, 0, .attention(.cross, .key)),
      .block(.decoder, 0, .attention(.cross, .value)),
    ]
    for trial in wave.trials {
      changed.formUnion(trial.changes[stage + 1, default: []].map(\.site.point))
    }
    let isEmbedded = wave.trials.contains { $0.changes[stage] != nil }
    let held = lane.frozen[stage + 1] ?? []
    let knows = known(in: 0, of: .decoder, changing: changed, holding: held)
    return try pass(
      wave, through: stage + 1, of: .decoder, reads: lane.positions, holding: held, &outcome
    ) { point in
      // The encoder's keys and values are new, whatever else is known.
      !isEmbedded && !point.isOfSource && knows(point)
    }
  }

  // MARK: Hooks

  private func hooks(
    of trials: [PlannedTrial], at stage: Int, part: PartialPass,
    holding held: Set<HookPoint> = [], knows: @escaping (HookPoint) -> Bool
  ) -> PartialHooks {
    var changes: [HookPoint: [RowChange]] = [:]
    // A position bias belongs to the first block, and every block reads it.
    let firstBlock = configuration.firstStage(of: part.stack) + 1
    func made(in trial: PlannedTrial, at stage: Int) -> [Change] {
      // What is known has the changes of every run in it already.
      (trial.base[stage] ?? []).filter { !knows($0.site.point) } + (trial.changes[stage] ?? [])
    }
    // What is held and has to be computed for what lies before it is put back.
    for point in held where !knows(point) {
      changes[point] = trials.indices.map {
        RowChange(row: $0, change: Change(Site(point), .freeze))
      }
    }
    for (row, trial) in trials.enumerated() {
      let shared =
        stage > firstBlock
        ? made(in: trial, at: firstBlock).filter { !$0.site.point.hasBatchAxis } : []
      for change in made(in: trial, at: stage) + shared {
        changes[change.site.point, default: []].append(RowChange(row: row, change: change))
      }
    }
    let run = run
    var interventions: [HookPoint: [Intervention]] = [:]
    for (point, changes) in changes {
      interventions[point] = [
        Intervention(at: point) { activation in
          try run.applying(changes, to: activation, at: point, of: part)
        }
      ]
    }
    let captured = wanted.filter { configuration.stage(of: $0) == stage }
    return PartialHooks(knows: knows, interventions: interventions, captured: captured)
  }

  /// Keeps what is wanted of a stage, filled up by what has not changed.
  private func keep(
    _ trace: Trace, of trials: [PlannedTrial], part: PartialPass, at stage: Int,
    _ outcome: inout Outcome
  ) {
    for point in wanted where configuration.stage(of: point) == stage {
      guard let found = trace.kept(at: point), let clean = run.trace.kept(at: point) else {
        continue
      }
      let extent = run.extent(of: point, in: part)
      let axis = extent.axis - 1
      for (row, trial) in trials.enumerated() {
        let before = clean[at: trial.row].slice(axis: axis, 0..<extent.positions.lowerBound)
        let whole = Tensor.concatenation([before, found[at: row]], axis: axis)
        outcome.activations[trial.index, default: [:]][point] = whole
      }
    }
  }
}
