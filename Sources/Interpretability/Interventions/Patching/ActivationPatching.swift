public import Tensors
public import Transformers

/// Activation patching: what a metric becomes when one activation of a run is put into another run.
///
/// Restoring puts the clean run's activation into the corrupted run, and asks what suffices;
/// corrupting does the opposite, and asks what is needed. The effect is the share of the way from
/// one run to the other: 0 for nothing, 1 for all of it.
///
/// Vig et al., "Investigating Gender Bias in Language Models Using Causal Mediation Analysis", 2020;
/// Zhang and Nanda, "Towards Best Practices of Activation Patching in Language Models", 2024.
public struct ActivationPatching: Sendable {
  /// What is patched at every layer.
  public enum Part: String, Sendable, Codable, CaseIterable {
    /// The residual stream before the block, position by position.
    case residual
    /// What attention adds to it, position by position.
    case attention
    /// What the MLP adds to it, position by position.
    case mlp
    /// The mixed values of each head, at all positions at once.
    case head
    /// The queries of each head.
    case query
    /// The keys of each key head, for all query heads that share it.
    case key
    /// The values of each key head, for all query heads that share it.
    case value
    /// The attention pattern of each head.
    case pattern

    /// Whether a map of effects has a column a head, and not a column a position.
    public var isOfHeads: Bool {
      switch self {
      case .residual, .attention, .mlp: false
      case .head, .query, .key, .value, .pattern: true
      }
    }
  }

  /// Which run the activation is put into.
  public enum Direction: String, Sendable, Codable, CaseIterable {
    /// The clean run's activation goes into the corrupted run.
    case restore
    /// The corrupted run's activation goes into the clean run.
    case corrupt
  }

  /// The model.
  public var model: Transformer
  /// The clean texts.
  public var clean: ModelInput
  /// The corrupted ones, row by row as long as the clean ones.
  public var corrupted: ModelInput
  /// What is read of every run.
  public var metric: Metric

  /// Pairs of texts.
  ///
  /// - Parameter metric: A divergence is taken from the clean run, whichever run is patched.
  /// - Throws: ``SweepError/unequal(clean:corrupted:)`` when a pair differs in length.
  public init(
    _ model: Transformer, clean: ModelInput, corrupted: ModelInput, metric: Metric
  ) throws {
    for (a, b) in [
      (clean.tokens, corrupted.tokens), (clean.decoderTokens ?? [], corrupted.decoderTokens ?? []),
    ] where a.map(\.count) != b.map(\.count) {
      throw SweepError.unequal(clean: a.first?.count ?? 0, corrupted: b.first?.count ?? 0)
    }
    self.model = model
    self.clean = clean
    self.corrupted = corrupted
    self.metric = metric
    if case .divergence(from: nil) = metric.measure {
      let run = try RecordedRun(model, clean, capturing: [])
      let places = try MetricReading(metric, of: model, on: clean).positions
      self.metric = .divergence(
        from: .concatenation(
          places.enumerated().map { row, places in
            model.logits(ofNormed: run.output[at: row].gathering(places))
          }, axis: 0), at: metric.positions)
    }
  }

  /// The points of a part, by layer.
  ///
  /// - Parameters:
  ///   - stack: The stack; nil means the last one.
  ///   - kind: Whose keys and values attention reads.
  public func points(
    of part: Part, in stack: StackName? = nil, _ kind: AttentionKind = .own
  ) throws -> [HookPoint] {
    let stacks = model.configuration.stacks
    let name = stack ?? stacks[stacks.count - 1].name
    let layers = stacks.first { $0.name == name }?.stack.layerCount ?? 1
    let points = (0..<layers).map { layer -> HookPoint in
      switch part {
      case .residual: .residualPre(name, layer)
      case .attention: .block(name, layer, .attentionOut(kind))
      case .mlp: .block(name, layer, .mlpOut)
      case .head: .block(name, layer, .attention(kind, .mixed))
      case .query: .block(name, layer, .attention(kind, .query))
      case .key: .block(name, layer, .attention(kind, .key))
      case .value: .block(name, layer, .attention(kind, .value))
      case .pattern: .block(name, layer, .attention(kind, .pattern))
      }
    }
    // A model without the place says which it has.
    _ = try Capture.points(Set(points)).points(in: model.configuration)
    return points
  }

  /// The effect of a part at every layer, and every position or head.
  ///
  /// - Throws: ``SweepError/noDifference(_:value:)`` when the two runs have the same metric, and what
  ///   a sweep throws.
  public func effects(
    of part: Part, in stack: StackName? = nil, _ kind: AttentionKind = .own,
    direction: Direction = .restore, options: SweepOptions = SweepOptions(),
    progress: @Sendable (SweepProgress) -> Bool = { _ in true }
  ) throws -> PatchingEffects {
    let points = try points(of: part, in: stack, kind)
    let (source, target) = direction == .restore ? (clean, corrupted) : (corrupted, clean)
    // One run of each text: of the source here, of the target in the sweep.
    let run = try RecordedRun(model, source, capturing: Set(points))
    let (others, trace) = (try metric.values(of: run).map(\.average), run.trace)
    let columns = try columns(of: part, at: points[0], in: trace)
    var trials: [Trial] = []
    for row in source.tokens.indices {
      for point in points {
        let other = try trace[point]
        trials += (0..<columns).map { column in
          let site =
            part.isOfHeads ? Site.head(column, at: point) : Site(point, positions: [column])
          return Trial(row: row, [Change(site, .replace(with: other, row: row))])
        }
      }
    }
    let results = try Sweep(trials, metric: metric)
      .run(on: model, target, options: options, progress: progress) {
        try checkDifference(others, $0.map(\.average))
      }
    let own = results.clean.map(\.average)
    return PatchingEffects(
      clean: direction == .restore ? others : own,
      corrupted: direction == .restore ? own : others, direction: direction,
      patched: Tensor(
        try results.numbers(options), shape: [source.tokens.count, points.count, columns]))
  }

  /// The metric of both runs by row, and the activations that are put into the other run.
  func ends(_ direction: Direction, capturing points: [HookPoint]) throws -> (
    ends: (clean: [Float], corrupted: [Float]), trace: Trace
  ) {
    let source = direction == .restore ? clean : corrupted
    let values = try [clean, corrupted].map {
      try metric.values(on: model, $0).map(\.average)
    }
    try checkDifference(values[0], values[1])
    let trace = try model.run(source, capturing: .points(Set(points)), logitsAt: 0..<1).trace
    return ((values[0], values[1]), trace)
  }

  /// An effect is a share of the difference of two runs.
  func checkDifference(_ values: [Float], _ others: [Float]) throws {
    for (a, b) in zip(values, others) where abs(a - b) <= 1e-6 * max(abs(a), abs(b)) {
      throw SweepError.noDifference(metric.name, value: a)
    }
  }

  func columns(of part: Part, at point: HookPoint, in trace: Trace) throws -> Int {
    let shape = try trace[point].shape
    switch part {
    case .residual, .attention, .mlp, .pattern: return shape[1]
    case .head, .query, .key, .value: return shape[2]
    }
  }
}

/// What patching did, for every pair of texts.
public struct PatchingEffects: Sendable, Codable {
  /// The metric of every clean run.
  public let clean: [Float]
  /// The metric of every corrupted run.
  public let corrupted: [Float]
  /// Which run was patched.
  public let direction: ActivationPatching.Direction
  /// The metric of every patched run, `[pair, layer, column]`.
  public let patched: Tensor

  /// The effect in one pair, `[layer, column]`: 0 where nothing changes, 1 where all of the
  /// difference between the runs is made up.
  public func effect(inPair pair: Int = 0) -> Tensor {
    let (base, other) = ends(clean[pair], corrupted[pair])
    return (patched[at: pair] - base) / (other - base)
  }

  /// The effect on the mean of the metric over all pairs, `[layer, column]`.
  public var meanEffect: Tensor {
    let (base, other) = ends(clean.average, corrupted.average)
    return (patched.mean(axis: 0) - base) / (other - base)
  }

  private func ends(_ clean: Float, _ corrupted: Float) -> (base: Float, other: Float) {
    direction == .restore ? (corrupted, clean) : (clean, corrupted)
  }
}
