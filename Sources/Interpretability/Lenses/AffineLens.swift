public import Tensors
public import Transformers

/// The lens that maps the states of each layer to those of the last by least squares.
///
/// Yom Din et al., "Jump to Conclusions: Short-Cutting Transformers With Linear Transformations",
/// 2023. The last state is taken before the final norm, which follows.
public struct AffineLens: Lens, Codable {
  /// A map for every layer but the last.
  public var maps: [AffineMap]

  /// A lens with these maps.
  public init(maps: [AffineMap]) { self.maps = maps }

  /// The lens that fits some positions, which should be many times the width.
  ///
  /// - Precondition: the states of the last layer are those before the final norm.
  public init(fitting states: ResidualStates, ridge: Float = 1e-5) {
    precondition(!states.lastIsNormed, "the affine lens maps to states before the final norm")
    let last = states.values[at: states.layerCount - 1]
    maps = (0..<(states.layerCount - 1)).map {
      AffineMap.leastSquares(from: states.values[at: $0], to: last, ridge: ridge)
    }
  }

  /// What the layer's map makes of the states.
  public func translate(_ states: Tensor, layer: Int) -> Tensor { maps[layer](states) }
}
