import Tensors
import Transformers

/// Reads trials against a model and its input.
struct TrialPlanner {
  let configuration: TransformerConfiguration
  let input: ModelInput
  private(set) var base: [Trial] = []
  private let existing: Set<HookPoint>

  init(configuration: TransformerConfiguration, input: ModelInput, base: [Trial]) throws {
    self.configuration = configuration
    self.input = input
    existing = Set(configuration.hookPoints + configuration.hookPointsOnRequest)
    for trial in base {
      guard input.tokens.indices.contains(trial.row) else {
        throw SweepError.row(trial.row, count: input.tokens.count)
      }
      self.base.append(Trial(row: trial.row, try trial.changes.map(checked)))
    }
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
    let shared = base.filter { $0.row == trial.row }.flatMap(\.changes)
    return PlannedTrial(
      index: index, row: trial.row, start: start, changes: staged,
      base: Dictionary(grouping: shared) { configuration.stage(of: $0.site.point) }, frozen: frozen,
      first: first, changesSource: changesSource,
      looksAhead: isCausal && (edits + shared).contains(where: looksAhead))
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
