public import Tensors
public import Transformers

/// Path patching: what a component tells others along direct paths alone.
///
/// The clean run is the base. A sender's output is the corrupted run's; every head but the sender
/// stays as in the clean run, and every MLP too when so asked. What the receivers then read is put
/// into a clean run, from which the metric is taken.
///
/// Wang et al., "Interpretability in the Wild: a Circuit for Indirect Object Identification in GPT-2
/// Small", 2022; Goldowsky-Dill et al., "Localizing Model Behavior with Path Patching", 2023.
public struct PathPatching: Sendable {
  /// What sends.
  public enum Sender: Hashable, Sendable {
    /// What the first block reads.
    case embedding
    /// A head of the last stack.
    case head(layer: Int, head: Int)
    /// An MLP.
    case mlp(layer: Int)
  }

  /// What receives; receivers are patched together, and the logits stand alone.
  public enum Receiver: Hashable, Sendable {
    /// The final residual stream.
    case logits
    /// The queries of a head.
    case query(layer: Int, head: Int)
    /// The keys of a key head.
    case key(layer: Int, head: Int)
    /// The values of a key head.
    case value(layer: Int, head: Int)
    /// What an MLP reads.
    case mlp(layer: Int)
  }

  /// What stays as in the clean run while the sender is heard.
  public enum Freeze: String, Sendable, Codable, CaseIterable {
    /// All heads; MLPs answer.
    case heads
    /// All heads and all MLPs.
    case headsAndMLPs = "heads-and-mlps"
  }

  /// The pairs of texts and the metric.
  public let patching: ActivationPatching
  /// What stays as it is.
  public var freeze: Freeze
  private let stack: StackName
  private let corruptedTrace: Trace
  private let corruptedValues: [Float]

  /// Pairs of texts.
  ///
  /// - Throws: As ``ActivationPatching/init(_:clean:corrupted:metric:)``.
  public init(
    _ model: Transformer, clean: ModelInput, corrupted: ModelInput, metric: Metric,
    freeze: Freeze = .heads
  ) throws {
    patching = try ActivationPatching(model, clean: clean, corrupted: corrupted, metric: metric)
    self.freeze = freeze
    let configuration = model.configuration
    stack = configuration.stacks[configuration.stacks.count - 1].name
    let (name, layers) = (stack, configuration.stacks[configuration.stacks.count - 1].stack)
    var points: Set<HookPoint> = [.residualPre(name, 0)]
    for layer in 0..<layers.layerCount {
      points.insert(.block(name, layer, .attention(.own, .mixed)))
      if !layers.isAttentionOnly { points.insert(.block(name, layer, .mlpOut)) }
    }
    let run = try RecordedRun(model, corrupted, capturing: points)
    corruptedTrace = run.trace
    corruptedValues = try patching.metric.values(of: run).map(\.average)
  }

  /// Every head and MLP of the last stack, by layer.
  public var senders: [Sender] {
    let configuration = patching.model.configuration
    let layers = configuration.stacks[configuration.stacks.count - 1].stack
    return (0..<layers.layerCount).flatMap { layer in
      (0..<layers.headCount).map { Sender.head(layer: layer, head: $0) }
        + (layers.isAttentionOnly ? [] : [.mlp(layer: layer)])
    }
  }

  /// What came of path patching.
  public struct Outcome: Sendable, Codable {
    /// The metric of every clean run.
    public let clean: [Float]
    /// The metric of every corrupted run.
    public let corrupted: [Float]
    /// The metric with each sender heard, `[pair, sender]`.
    public let patched: Tensor

    /// (patched − clean) / (clean − corrupted) of the means over pairs, a sender each: 0 is no
    /// effect, −1 all of it.
    public var effects: [Float] {
      let (a, b) = (clean.average, corrupted.average)
      return ((patched.mean(axis: 0) - a) / (a - b)).values
    }
  }

  /// The effect of every sender on the receivers.
  ///
  /// - Throws: ``SweepError``, and what running the model throws.
  public func outcome(
    of senders: [Sender]? = nil, to receivers: [Receiver] = [.logits],
    options: SweepOptions = SweepOptions(),
    progress: @Sendable (SweepProgress) -> Bool = { _ in true }
  ) throws -> Outcome {
    let senders = senders ?? self.senders
    guard !receivers.isEmpty else { throw SweepError.empty("receivers") }
    let isLogits = receivers.contains(.logits)
    if isLogits, receivers.count > 1 { throw SweepError.logitsWithOthers }
    let rows = patching.clean.tokens.count
    let reaching = senders.indices.filter { sender in
      receivers.contains { reaches(senders[sender], $0) }
    }
    let pairs = reaching.flatMap { sender in (0..<rows).map { (sender: sender, row: $0) } }
    let sent = try pairs.map { try trial(senders[$0.sender], row: $0.row) }
    let trials =
      isLogits ? sent : try received(sent, pairs.map(\.row), receivers, options, progress)
    let results = try Sweep(trials, metric: patching.metric)
      .run(on: patching.model, patching.clean, options: options, progress: progress) {
        try patching.checkDifference($0.map(\.average), corruptedValues)
      }
    let (clean, values) = (results.clean.map(\.average), try results.numbers(options))
    var patched = Tensor.zeros([rows, senders.count])
    for row in 0..<rows {
      for sender in senders.indices { patched[row, sender] = clean[row] }
    }
    for (pair, value) in zip(pairs, values) { patched[pair.row, pair.sender] = value }
    return Outcome(clean: clean, corrupted: corruptedValues, patched: patched)
  }

  /// A run in which a sender is heard along direct paths.
  func trial(_ sender: Sender, row: Int) throws -> Trial {
    let configuration = patching.model.configuration
    let layers = configuration.stacks[configuration.stacks.count - 1].stack
    let (site, layer): (Site, Int) =
      switch sender {
      case .embedding: (Site(.residualPre(stack, 0)), -1)
      case .head(let layer, let head):
        (.head(head, at: .block(stack, layer, .attention(.own, .mixed))), layer)
      case .mlp(let layer): (Site(.block(stack, layer, .mlpOut)), layer)
      }
    var changes = [Change(site, .replace(with: try corruptedTrace[site.point], row: row))]
    for later in max(layer, 0)..<layers.layerCount {
      if later > layer { changes.append(held(later, .attentionOut(.own))) }
      let isAfter = later > layer || isHead(sender)
      if stack == .decoder, isAfter { changes.append(held(later, .attentionOut(.cross))) }
      if freeze == .headsAndMLPs, !layers.isAttentionOnly, isAfter {
        changes.append(held(later, .mlpOut))
      }
    }
    return Trial(row: row, changes)
  }

  private func held(_ layer: Int, _ point: HookPoint.BlockPoint) -> Change {
    Change(Site(.block(stack, layer, point)), .freeze)
  }

  private func isHead(_ sender: Sender) -> Bool {
    if case .head = sender { true } else { false }
  }

  /// Runs in which the receivers read what they heard.
  private func received(
    _ sent: [Trial], _ rows: [Int], _ receivers: [Receiver], _ options: SweepOptions,
    _ progress: @Sendable (SweepProgress) -> Bool
  ) throws -> [Trial] {
    let sites = try receivers.flatMap(sites)
    let points = Set(sites.map(\.point))
    var trials: [Trial] = []
    // What receivers hear is held for some senders at a time.
    for start in stride(from: 0, to: sent.count, by: 4096) {
      let part = sent[start..<min(start + 4096, sent.count)]
      let heard = try activations(
        of: Array(part), at: points, in: patching.model, patching.clean, options: options,
        progress: progress)
      trials += zip(heard, rows[part.indices]).map { heard, row in
        Trial(row: row, sites.map { Change($0, .replace(with: heard[$0.point]!)) })
      }
    }
    return trials
  }

  private func sites(of receiver: Receiver) throws -> [Site] {
    func head(_ layer: Int, _ head: Int, _ point: HookPoint.AttentionPoint) -> Site {
      .head(head, at: .block(stack, layer, .attention(.own, point)))
    }
    let found: [Site] =
      switch receiver {
      case .logits: []
      case .query(let layer, let index): [head(layer, index, .query)]
      case .key(let layer, let index): [head(layer, index, .key)]
      case .value(let layer, let index): [head(layer, index, .value)]
      case .mlp(let layer):
        (patching.model.configuration.isGated
          ? [HookPoint.MLPPoint.pre, .preLinear] : [.pre]).map {
            Site(.block(stack, layer, .mlp($0)))
          }
      }
    _ = try Capture.points(Set(found.map(\.point))).points(in: patching.model.configuration)
    return found
  }

  /// Whether there is a path from a sender to a receiver.
  func reaches(_ sender: Sender, _ receiver: Receiver) -> Bool {
    let configuration = patching.model.configuration
    let from: (layer: Int, point: HookPoint.BlockPoint) =
      switch sender {
      case .embedding: (-1, .residualPre)
      case .head(let layer, _): (layer, .attention(.own, .mixed))
      case .mlp(let layer): (layer, .mlpOut)
      }
    let to: (layer: Int, point: HookPoint.BlockPoint) =
      switch receiver {
      case .logits: (Int.max, .residualPost)
      case .query(let layer, _): (layer, .attention(.own, .query))
      case .key(let layer, _): (layer, .attention(.own, .key))
      case .value(let layer, _): (layer, .attention(.own, .value))
      case .mlp(let layer): (layer, .mlp(.pre))
      }
    if from.layer != to.layer { return from.layer < to.layer }
    return configuration.reaches(from.point, to.point, in: stack)
  }
}
