/// A map x ↦ x Wᵀ + b.
public struct AffineMap: Parameterized, Codable, Sendable {
  /// W, `[output, input]`.
  public var weight: Tensor
  /// b, `[output]`.
  public var bias: Tensor

  /// A map with these weights.
  public init(weight: Tensor, bias: Tensor) {
    precondition(
      weight.rank == 2 && bias.shape == [weight.shape[0]],
      "a weight \(weight.shape) and a bias \(bias.shape) do not make an affine map")
    self.weight = weight
    self.bias = bias
  }

  /// `[row, input]` to `[row, output]`.
  public func callAsFunction(_ x: Tensor) -> Tensor { x.matmul(transposing: weight, adding: bias) }

  /// Calls `body` with W and b.
  public mutating func visitParameters(_ body: (String, inout Tensor) -> Void) {
    body("weight", &weight)
    body("bias", &bias)
  }
}
