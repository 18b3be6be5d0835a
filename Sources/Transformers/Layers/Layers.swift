package import Tensors

/// `x Wᵀ + b` with a weight `[output, input]`, as PyTorch stores it.
package struct Linear: Sendable {
  package var weight: Tensor
  package var bias: Tensor?

  func callAsFunction(_ x: Tensor) -> Tensor {
    x.matmul(transposing: weight, adding: bias)
  }

  /// Heads of the output, each computed from an input of its own: `[batch, position, head, width]`
  /// becomes `[batch, position, head, headWidth]`.
  func perHead(_ x: Tensor) -> Tensor {
    let (heads, width) = (x.shape[2], x.shape[3])
    let headWidth = weight.shape[0] / heads
    let rows = x.reshaped(to: [x.shape[0] * x.shape[1], heads, width]).permuted([1, 0, 2])
    let product = rows.matmul(transposing: weight.reshaped(to: [heads, headWidth, width]))
      .permuted([1, 0, 2])
    let biased = bias.map { product + $0.reshaped(to: [heads, headWidth]) } ?? product
    return biased.reshaped(to: [x.shape[0], x.shape[1], heads, headWidth])
  }

  /// What each head of the input adds to the output, without the bias: `[batch, position, head,
  /// headWidth]` becomes `[batch, position, head, width]`.
  func results(of x: Tensor) -> Tensor {
    let (heads, headWidth, width) = (x.shape[2], x.shape[3], weight.shape[0])
    let rows = x.reshaped(to: [x.shape[0] * x.shape[1], heads, headWidth]).permuted([1, 0, 2])
    let parts = weight.reshaped(to: [width, heads, headWidth]).permuted([1, 2, 0])
    return rows.matmul(parts).permuted([1, 0, 2])
      .reshaped(to: [x.shape[0], x.shape[1], heads, width])
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

  /// The norm of `[batch, position, width]`.
  func callAsFunction(_ x: Tensor, _ hooks: HookScope<HookPoint.NormPoint>) throws -> Tensor {
    guard hooks[.scale].isWatched || hooks[.normalized].isWatched else { return self(x) }
    let normalized = try hooks[.normalized] {  // [batch, position, width]
      let scale = try hooks[.scale] { self.scale(of: x) }  // [batch, position, 1]
      return x.standardised(by: scale, centring: centres)
    }
    return weighted(normalized)
  }

  /// The norm of something that passes no hook point.
  func callAsFunction(_ x: Tensor) -> Tensor {
    x.normalised(weight: weight, bias: bias, epsilon: epsilon)
  }

  /// What becomes of a part of the input when the whole is divided by `scale`; the norm without its
  /// bias is linear then, so that parts add up.
  func part(_ x: Tensor, scale: Tensor) -> Tensor {
    x.standardised(by: scale, centring: centres) * weight
  }

  private var centres: Bool { bias != nil }

  private func scale(of x: Tensor) -> Tensor {
    x.rootMeanSquare(epsilon: epsilon, centring: centres)
  }

  private func weighted(_ x: Tensor) -> Tensor {
    bias.map { x.scaled(by: weight, adding: $0) } ?? x * weight
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

  /// What the network makes of `[batch, position, width]`, in the same shape.
  func callAsFunction(_ x: Tensor, _ hooks: HookScope<HookPoint.MLPPoint>) throws -> Tensor {
    let post = try hooks[.post] {  // [batch, position, feedForwardWidth]
      let pre = try hooks[.pre] { (gate ?? input)(x) }  // [batch, position, feedForwardWidth]
      if gate == nil { return activation(pre) }
      return activation(pre) * (try hooks[.preLinear] { input(x) })
    }
    return output(post)
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
