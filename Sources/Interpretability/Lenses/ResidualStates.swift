import Tensors
public import Transformers

extension ResidualStates {
  /// The states of some of the positions.
  public func at(_ positions: [Int]) -> ResidualStates {
    let width = values.shape[2]
    let rows = (0..<layerCount).flatMap { layer in
      positions.map { layer * positionCount + $0 }
    }
    let picked = values.reshaped(to: [layerCount * positionCount, width]).gathering(rows)
    return ResidualStates(
      picked.reshaped(to: [layerCount, positions.count, width]), lastIsNormed: lastIsNormed)
  }
}

/// Which positions of a batch a lens looks at.
public enum LensPositions: String, Sendable, Codable, CaseIterable {
  /// Every token that is not padding, row after row.
  case all
  /// The last token of each row that is not padding.
  case last
}

extension Transformer {
  /// The residual stream of a batch at every layer, without that of padding.
  ///
  /// The run computes no logits: over a large vocabulary they cost more than the layers.
  ///
  /// - Throws: `TransformerError` when the input does not fit the model.
  public func residualStates(
    of input: ModelInput, at positions: LensPositions = .all
  ) throws -> ResidualStates {
    let points = configuration.residualPoints
    let stack = configuration.stacks[configuration.stacks.count - 1].name
    let trace = try trace(of: stack, on: input, capturing: .points(Set(points)))
    let tokens = input.decoderTokens ?? input.tokens
    let mask = input.decoderTokens == nil ? input.mask : input.decoderMask
    let length = tokens[0].count
    var rows: [Int] = []
    for row in tokens.indices {
      let present = (0..<length).filter { mask?[row][$0] ?? true }
      let chosen = positions == .all ? present : present.suffix(1)
      rows += chosen.map { row * length + $0 }
    }
    let layers = try points.map { point in
      try trace[point].reshaped(to: [tokens.count * length, configuration.width]).gathering(rows)
    }
    return ResidualStates(.stack(layers), lastIsNormed: false)
  }
}
