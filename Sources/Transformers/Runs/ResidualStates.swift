public import Tensors

/// The residual stream of some positions at every layer: what a lens looks at.
public struct ResidualStates: Codable, Sendable {
  /// `[layer, position, width]`: before the first block, then after each.
  public var values: Tensor
  /// Whether the last layer has gone through the final norm already, and must not do so twice.
  ///
  /// The last of Hugging Face's `hidden_states` has.
  public var lastIsNormed: Bool

  /// States from anywhere.
  public init(_ values: Tensor, lastIsNormed: Bool) {
    precondition(values.rank == 3, "states are [layer, position, width], not \(values.shape)")
    self.values = values
    self.lastIsNormed = lastIsNormed
  }

  /// How many layers there are, one more than blocks.
  public var layerCount: Int { values.shape[0] }
  /// How many positions there are.
  public var positionCount: Int { values.shape[1] }
}
