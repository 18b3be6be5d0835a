public import Tensors

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
