public import Tensors

/// What a run keeps.
public enum Capture: Sendable, ExpressibleByArrayLiteral {
  /// Every point that each run passes; see ``TransformerConfiguration/hookPoints``.
  case everything
  /// These points.
  case points(Set<HookPoint>)
  /// Every point whose name matches a pattern, in which `*` stands for any text. Points that are
  /// computed on request are meant only by a pattern that matches no others, such as
  /// `*hook_result`.
  case matching(String)

  /// Nothing.
  public static var nothing: Capture { .points([]) }

  /// These points.
  public init(arrayLiteral points: HookPoint...) { self = .points(Set(points)) }

  /// The points of a model that are meant.
  ///
  /// - Throws: ``TransformerError/unknownPoint(_:nearest:)`` when a point, or any match for the
  ///   pattern, is not in the model.
  public func points(in configuration: TransformerConfiguration) throws(TransformerError)
    -> Set<HookPoint>
  {
    // A plain run asks for nothing, and generation makes one a token.
    if case .points(let points) = self, points.isEmpty { return [] }
    switch self {
    case .everything: return Set(configuration.hookPoints)
    case .points(let points):
      try configuration.checkExistence(of: points)
      return points
    case .matching(let pattern):
      let existing = configuration.allHookPoints
      let found = existing.filter { $0.description.matches(glob: pattern) }
      if found.isEmpty {
        throw .unknownPoint(
          pattern, nearest: nearestNames(to: pattern, in: existing.map(\.description)))
      }
      let passed = found.filter { !$0.isOnRequest }
      return Set(passed.isEmpty ? found : passed)
    }
  }
}

extension TransformerConfiguration {
  func checkExistence(of points: some Sequence<HookPoint>) throws(TransformerError) {
    let points = Array(points)
    if points.isEmpty { return }
    let existing = Set(allHookPoints)
    for point in points where !existing.contains(point) {
      throw .unknownPoint(
        point.description,
        nearest: nearestNames(to: point.description, in: allHookPoints.map(\.description)))
    }
  }
}

extension String {
  /// Whether the whole string fits a pattern in which `*` stands for any text.
  func matches(glob: String) -> Bool {
    let (text, pattern) = (Array(self.unicodeScalars), Array(glob.unicodeScalars))
    var (t, p) = (0, 0)
    var retry: (t: Int, p: Int)?
    while t < text.count {
      if p < pattern.count, pattern[p] == "*" {
        retry = (t, p)
        p += 1
      } else if p < pattern.count, pattern[p] == text[t] {
        t += 1
        p += 1
      } else if let last = retry {
        retry = (last.t + 1, last.p)
        (t, p) = (last.t + 1, last.p + 1)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
  }
}

/// A change to an activation on its way through the model.
public struct Intervention: Sendable {
  /// Where.
  public let point: HookPoint
  /// What becomes of the activation; the result has the same shape.
  public let edit: @Sendable (Tensor) throws -> Tensor

  /// A change computed from the activation itself.
  public init(at point: HookPoint, _ edit: @escaping @Sendable (Tensor) throws -> Tensor) {
    self.point = point
    self.edit = edit
  }

  /// Puts a tensor in the place of the activation.
  public static func replace(_ point: HookPoint, with tensor: Tensor) -> Intervention {
    Intervention(at: point) { _ in tensor }
  }

  /// Sets the output of one head to zero, before the output projection.
  public static func zeroHead(
    _ head: Int, of kind: AttentionKind = .own, in stack: StackName, layer: Int
  ) -> Intervention {
    Intervention(at: .block(stack, layer, .attention(kind, .mixed))) { mixed in
      guard (0..<mixed.shape[2]).contains(head) else {
        throw TransformerError.headOutOfRange(head, count: mixed.shape[2])
      }
      var keep = Tensor(repeating: 1, shape: [mixed.shape[2], 1])
      keep[head, 0] = 0
      return mixed * (keep + Tensor.zeros(Array(mixed.shape[2...])))
    }
  }
}

/// The activations a run kept.
public struct Trace: Sendable {
  private var tensors: [HookPoint: Tensor] = [:]
  private let configuration: TransformerConfiguration

  init(configuration: TransformerConfiguration) { self.configuration = configuration }

  mutating func keep(_ tensor: Tensor, at point: HookPoint) { tensors[point] = tensor }

  /// The activation at a point, or nil where it was not kept.
  package func kept(at point: HookPoint) -> Tensor? { tensors[point] }

  /// The points that were kept, in the order in which the model met them.
  public var points: [HookPoint] { configuration.allHookPoints.filter { tensors[$0] != nil } }

  /// The activation at a point.
  ///
  /// - Throws: ``TransformerError/notCaptured(_:captured:)``.
  public subscript(_ point: HookPoint) -> Tensor {
    get throws {
      if let tensor = tensors[point] { return tensor }
      try configuration.checkExistence(of: [point])
      throw TransformerError.notCaptured(point, captured: tensors.count)
    }
  }

  /// The activation at a point by its name, such as `encoder.0.attn.hook_pattern`.
  public subscript(_ name: String) -> Tensor {
    get throws {
      guard let point = HookPoint(name) else {
        throw TransformerError.unknownPoint(
          name, nearest: nearestNames(to: name, in: configuration.allHookPoints.map(\.description)))
      }
      return try self[point]
    }
  }
}

/// What accompanies a forward pass: what to keep, what to change, what was met.
struct Hooks {
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

  /// The same hooks, which know something more.
  func knowing(_ more: @escaping (HookPoint) throws -> Tensor?) -> Hooks {
    var hooks = self
    let known = known
    hooks.known = { point in
      if let activation = try known?(point) { return activation }
      return try more(point)
    }
    return hooks
  }

  /// Passes an activation on: changed by the interventions at this point, then kept if asked for.
  mutating func callAsFunction(
    _ point: @autoclosure () -> HookPoint, _ activation: Tensor
  ) throws -> Tensor {
    if isIdle { return activation }
    let point = point()
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

  /// Passes on an activation that is computed unless it is known.
  mutating func callAsFunction(
    _ point: @autoclosure () -> HookPoint, _ compute: (inout Hooks) throws -> Tensor
  ) throws -> Tensor {
    guard let known else {
      let activation = try compute(&self)
      return try self(point(), activation)
    }
    let place = point()
    if let activation = try known(place) { return try self(place, activation) }
    let activation = try compute(&self)
    return try self(place, activation)
  }

  /// Whether a point that is computed on request is to be computed.
  func requests(_ point: @autoclosure () -> HookPoint) -> Bool {
    guard hasRequests else { return false }
    let point = point()
    return captured.contains(point) || interventions[point] != nil
  }

  /// Whether an activation is changed at a point.
  func changes(_ point: HookPoint) -> Bool { interventions[point] != nil }

  /// Ends the pass.
  ///
  /// - Throws: ``TransformerError/neverFired(_:)`` for a point that was asked for and not met.
  func finish() throws(TransformerError) -> Trace {
    if let point = unmet.min(by: { $0.description < $1.description }) { throw .neverFired(point) }
    return trace
  }
}
