package import Tensors

/// `x Wᵀ + b` with a weight `[output, input]`, as PyTorch stores it.
package struct Linear: Sendable {
  package var weight: Tensor
  package var bias: Tensor?

  func callAsFunction(_ x: Tensor) -> Tensor {
    x.matmul(transposing: weight, adding: bias)
  }

  mutating func visit(_ name: String, _ body: (String, inout Tensor) -> Void) {
    body(name + ".weight", &weight)
    if bias != nil { body(name + ".bias", &bias!) }
  }
}

/// RMS norm, or layer norm when it has a bias.
package struct Norm: Sendable {
  package var weight: Tensor
  package var bias: Tensor?
  let epsilon: Float

  /// - Parameter point: Makes the hook point of a place in this norm.
  func callAsFunction(
    _ x: Tensor, _ hooks: inout Hooks, _ point: (HookPoint.NormPoint) -> HookPoint
  ) throws -> Tensor {
    let centring = bias != nil
    let scale = try hooks(
      point(.scale), x.rootMeanSquare(epsilon: epsilon, centring: centring))
    let normalized = try hooks(point(.normalized), x.standardised(by: scale, centring: centring))
    return bias.map { normalized.scaled(by: weight, adding: $0) } ?? normalized * weight
  }

  mutating func visit(_ name: String, _ body: (String, inout Tensor) -> Void) {
    body(name + ".weight", &weight)
    if bias != nil { body(name + ".bias", &bias!) }
  }
}

/// The position-wise network of a block: two layers, or three when gated.
package struct MLP: Sendable {
  package var input: Linear
  package var gate: Linear?
  package var output: Linear
  let activation: TransformerConfiguration.Activation

  func callAsFunction(
    _ x: Tensor, _ hooks: inout Hooks, _ point: (HookPoint.MLPPoint) -> HookPoint
  ) throws -> Tensor {
    guard let gate else {
      let pre = try hooks(point(.pre), input(x))
      return output(try hooks(point(.post), activation(pre)))
    }
    let pre = try hooks(point(.pre), gate(x))
    let linear = try hooks(point(.preLinear), input(x))
    return output(try hooks(point(.post), activation(pre) * linear))
  }

  mutating func visit(_ name: String, _ body: (String, inout Tensor) -> Void) {
    input.visit(name + ".input", body)
    gate?.visit(name + ".gate", body)
    output.visit(name + ".output", body)
  }
}

extension TransformerConfiguration.Activation {
  func callAsFunction(_ x: Tensor) -> Tensor {
    switch self {
    case .relu: x.relu()
    case .geluTanh: x.geluTanh()
    case .gelu: x.gelu()
    case .silu: x.silu()
    }
  }
}
