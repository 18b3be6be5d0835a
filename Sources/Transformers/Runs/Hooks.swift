import Tensors

/// What accompanies a forward pass: what to keep, what to change, what was met.
///
/// One object a pass; every layer leaves there what was asked for. A layer gets the part that is its
/// own, a ``HookScope``, and need not know where it stands.
final class Hooks {
  private let captured: Set<HookPoint>
  private let interventions: [HookPoint: [Intervention]]
  private var unmet: Set<HookPoint>
  private(set) var trace: Trace
  private let isIdle: Bool
  /// What an activation is before it is changed, where that is known and need not be computed.
  private var known: ((HookPoint) throws -> Tensor?)?
  /// Whether a point is wanted that is computed on request.
  private let hasRequests: Bool

  init(
    configuration: TransformerConfiguration, capturing capture: Capture,
    intervening interventions: [Intervention]
  ) throws(TransformerError) {
    captured = try capture.points(in: configuration)
    try configuration.checkExistence(of: interventions.map(\.point))
    self.interventions = Dictionary(grouping: interventions, by: \.point)
    unmet = captured.union(interventions.map(\.point))
    trace = Trace(configuration: configuration)
    isIdle = unmet.isEmpty
    hasRequests = unmet.contains(where: \.isOnRequest)
    known = nil
  }

  /// The hooks of a part of a pass: what is known is not computed, nor what it is computed from.
  init(
    configuration: TransformerConfiguration, capturing captured: Set<HookPoint>,
    intervening interventions: [HookPoint: [Intervention]],
    known: @escaping (HookPoint) throws -> Tensor?
  ) {
    self.captured = captured
    self.interventions = interventions
    unmet = []
    trace = Trace(configuration: configuration)
    isIdle = false
    hasRequests =
      captured.contains(where: \.isOnRequest) || interventions.keys.contains(where: \.isOnRequest)
    self.known = known
  }

  /// Adds something that is known from here on.
  func know(_ more: @escaping (HookPoint) throws -> Tensor?) {
    let known = known
    self.known = { point in
      if let activation = try known?(point) { return activation }
      return try more(point)
    }
  }

  /// A point, where an activation passes that is there already.
  subscript(point: HookPoint) -> Hook { Hook(hooks: self, point: point) }

  /// An activation behind its point: computed unless it is known, then passed on.
  subscript(point: HookPoint, compute: () throws -> Tensor) -> Tensor {
    get throws {
      let activation = try known?(point) ?? compute()
      return try pass(activation, at: point)
    }
  }

  /// Passes an activation on: changed by the interventions at this point, then kept if asked for.
  fileprivate func pass(_ activation: Tensor, at point: HookPoint) throws -> Tensor {
    if isIdle { return activation }
    guard unmet.remove(point) != nil || captured.contains(point) || interventions[point] != nil
    else { return activation }
    var activation = activation
    for intervention in interventions[point] ?? [] {
      let edited = try intervention.edit(activation)
      guard edited.shape == activation.shape else {
        throw TransformerError.interventionShape(
          point, expected: activation.shape, found: edited.shape)
      }
      activation = edited
    }
    if captured.contains(point) { trace.keep(activation, at: point) }
    return activation
  }

  fileprivate func requests(_ point: HookPoint) -> Bool {
    hasRequests && (captured.contains(point) || interventions[point] != nil)
  }

  fileprivate func changes(_ point: HookPoint) -> Bool { interventions[point] != nil }

  fileprivate func watches(_ point: HookPoint) -> Bool {
    !isIdle && (known != nil || captured.contains(point) || interventions[point] != nil)
  }

  /// Ends the pass.
  ///
  /// - Throws: ``TransformerError/neverFired(_:)`` for a point that was asked for and not met.
  func finish() throws(TransformerError) -> Trace {
    if let point = unmet.min(by: { $0.description < $1.description }) { throw .neverFired(point) }
    return trace
  }
}

/// One point of a pass.
struct Hook {
  fileprivate let hooks: Hooks
  fileprivate let point: HookPoint

  /// What an activation is behind the point.
  func callAsFunction(_ activation: Tensor) throws -> Tensor {
    try hooks.pass(activation, at: point)
  }

  /// Whether the point, which is computed on request, is to be computed.
  var isRequested: Bool { hooks.requests(point) }

  /// Whether an activation is changed here.
  var isChanged: Bool { hooks.changes(point) }

  /// Whether an activation may be kept, changed or known here; where not, it need not be computed
  /// apart from what comes of it.
  var isWatched: Bool { hooks.watches(point) }
}

/// The hooks of a part of a model, in which points go by the part's own names: `hooks[.pattern]` is
/// the pattern of an attention layer, wherever the layer stands.
struct HookScope<Point> {
  private let hooks: Hooks
  private let place: (Point) -> HookPoint

  fileprivate init(_ hooks: Hooks, _ place: @escaping (Point) -> HookPoint) {
    self.hooks = hooks
    self.place = place
  }

  /// A point, where an activation passes that is there already.
  subscript(point: Point) -> Hook { hooks[place(point)] }

  /// An activation behind its point: computed unless it is known, then passed on.
  subscript(point: Point, compute: () throws -> Tensor) -> Tensor {
    get throws { try hooks[place(point), compute] }
  }

  fileprivate func scope<Inner>(_ outer: @escaping (Inner) -> Point) -> HookScope<Inner> {
    HookScope<Inner>(hooks) { [place] in place(outer($0)) }
  }
}

extension Hooks {
  func block(_ stack: StackName, _ layer: Int) -> HookScope<HookPoint.BlockPoint> {
    HookScope(self) { .block(stack, layer, $0) }
  }

  func embeddingNorm(_ stack: StackName) -> HookScope<HookPoint.NormPoint> {
    HookScope(self) { .embeddingNorm(stack, $0) }
  }

  func finalNorm(_ stack: StackName) -> HookScope<HookPoint.NormPoint> {
    HookScope(self) { .finalNorm(stack, $0) }
  }
}

extension HookScope<HookPoint.BlockPoint> {
  func attention(_ kind: AttentionKind) -> HookScope<HookPoint.AttentionPoint> {
    scope { .attention(kind, $0) }
  }

  func norm(_ number: Int) -> HookScope<HookPoint.NormPoint> { scope { .norm(number, $0) } }

  var mlp: HookScope<HookPoint.MLPPoint> { scope { .mlp($0) } }
}
