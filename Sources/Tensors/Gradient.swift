import Synchronization

/// One step in the history of a tensor: what it was computed from, and how a gradient with respect
/// to it becomes gradients with respect to those.
package final class GradientNode: @unchecked Sendable {
  private static let created = Atomic<UInt64>(0)

  /// Nodes are numbered as they are made, so an input always has a smaller number than a result.
  let order: UInt64
  let shape: [Int]
  private(set) var inputs: [GradientNode]
  /// From the gradient with respect to this, and of which inputs gradients are wanted, to these.
  let pullback: (_ gradient: Tensor, _ wanted: [Bool]) -> [Tensor?]

  init(
    shape: [Int], inputs: [GradientNode],
    pullback: @escaping (_ gradient: Tensor, _ wanted: [Bool]) -> [Tensor?]
  ) {
    order = Self.created.add(1, ordering: .relaxed).newValue
    self.shape = shape
    self.inputs = inputs
    self.pullback = pullback
  }

  /// Frees a long history step by step: the default would recurse once a node and overflow the
  /// stack at some ten thousand.
  deinit {
    var pending = inputs
    inputs = []
    while var node = pending.popLast() {
      guard isKnownUniquelyReferenced(&node) else { continue }
      pending.append(contentsOf: node.inputs)
      node.inputs = []
    }
  }
}

extension Tensor {
  /// The same values as the start of a history: gradients can be asked with respect to the result.
  ///
  /// Weights that a model holds in sixteen bits are widened: a gradient of such a weight is four bytes
  /// a value, and so is the weight that goes with it.
  public func requiringGradient() -> Tensor {
    var tensor = widened()
    tensor.node = GradientNode(shape: shape, inputs: []) { _, _ in [] }
    return tensor
  }

  /// The same values without a history.
  public func detached() -> Tensor {
    var tensor = self
    tensor.node = nil
    return tensor
  }

  /// Whether the tensor carries a history.
  public var requiresGradient: Bool { node != nil }

  /// Adds to the history how this tensor was computed from `inputs`, when any of them has one.
  ///
  /// The pullbacks stand in the order of the inputs. Each takes the gradient with respect to this
  /// tensor and returns the gradient with respect to its input, in the input's shape.
  func recording(
    _ inputs: [Tensor], _ pullbacks: @autoclosure () -> [(Tensor) -> Tensor]
  ) -> Tensor {
    guard inputs.contains(where: { $0.node != nil }) else { return self }
    let pullbacks = pullbacks()
    return recording(
      inputs,
      jointly: { gradient, wanted in
        zip(pullbacks, wanted).map { pullback, isWanted in isWanted ? pullback(gradient) : nil }
      })
  }

  /// The same where the gradients of the inputs have steps in common.
  ///
  /// - Parameter pullback: Takes the gradient with respect to this tensor and which of the inputs'
  ///   gradients are wanted, and returns those.
  func recording(
    _ inputs: [Tensor?],
    jointly pullback: @escaping (_ gradient: Tensor, _ wanted: [Bool]) -> [Tensor?]
  ) -> Tensor {
    let watched = inputs.indices.filter { inputs[$0]?.node != nil }
    guard !watched.isEmpty else { return self }
    var result = self
    let count = inputs.count
    result.node = GradientNode(shape: shape, inputs: watched.map { inputs[$0]!.node! }) {
      gradient, wanted in
      var all = Array(repeating: false, count: count)
      for (place, index) in watched.enumerated() { all[index] = wanted[place] }
      let found = pullback(gradient, all)
      return watched.map { found[$0] }
    }
    return result
  }
}

/// The gradients of a scalar with respect to tensors it was computed from, by reverse-mode
/// automatic differentiation.
///
/// - Parameters:
///   - output: A tensor with one value and a history.
///   - variables: Tensors that require gradients, or that were computed from such tensors.
///   - seed: The gradient to start from, 1 unless given.
/// - Returns: A gradient for every variable, in its shape; zeros where the output does not depend
///   on it.
public func gradient(
  of output: Tensor, withRespectTo variables: [Tensor], seed: Tensor? = nil
) -> [Tensor] {
  precondition(
    output.count == 1 || seed != nil,
    "a gradient starts from one value, not from a tensor of shape \(output.shape)")
  precondition(
    seed == nil || seed?.shape == output.shape,
    "the seed's shape \(seed?.shape ?? []) is not the output's \(output.shape)")
  for variable in variables {
    precondition(variable.node != nil, "no gradient was required of \(variable)")
  }
  guard let root = output.node else { return variables.map { .zeros($0.shape) } }

  let wanted = Set(variables.map { ObjectIdentifier($0.node!) })
  var gradients = [
    ObjectIdentifier(root): seed?.detached() ?? Tensor(repeating: 1, shape: output.shape)
  ]
  let nodes = history(of: root)
  // A gradient goes only where a variable lies, or behind it.
  var useful = wanted
  for node in nodes.reversed()
  where node.inputs.contains(where: { useful.contains(ObjectIdentifier($0)) }) {
    useful.insert(ObjectIdentifier(node))
  }
  for node in nodes {
    let id = ObjectIdentifier(node)
    guard let gradient = wanted.contains(id) ? gradients[id] : gradients.removeValue(forKey: id)
    else { continue }
    let useful = node.inputs.map { useful.contains(ObjectIdentifier($0)) }
    guard useful.contains(true) else { continue }
    for (input, part) in zip(node.inputs, node.pullback(gradient, useful)) {
      guard let part else { continue }
      precondition(
        part.shape == input.shape,
        "a pullback returned the shape \(part.shape) for an input of shape \(input.shape)")
      gradients[ObjectIdentifier(input), default: .zeros([])].accumulate(part)
    }
  }
  return variables.map { gradients[ObjectIdentifier($0.node!)] ?? .zeros($0.shape) }
}

/// All nodes that lead to `root`, results before their inputs.
private func history(of root: GradientNode) -> [GradientNode] {
  var nodes = [root]
  var seen: Set = [ObjectIdentifier(root)]
  var next = 0
  while next < nodes.count {
    for input in nodes[next].inputs where seen.insert(ObjectIdentifier(input)).inserted {
      nodes.append(input)
    }
    next += 1
  }
  return nodes.sorted { $0.order > $1.order }
}

extension Tensor {
  /// Adds a gradient to what has come so far; an empty sum has no axes and the value 0.
  fileprivate mutating func accumulate(_ part: Tensor) {
    if shape.isEmpty && !part.shape.isEmpty {
      self = part.detached()
    } else {
      withUnsafeMutableValues { sum in
        Kernel.add(part.storage.base, to: sum.baseAddress!, count: sum.count)
      }
    }
  }
}
