public import Tensors

/// A place in the middle of a model where a run starts.
public struct RunStart: Sendable {
  let residual: Tensor
  let blocks: Int

  /// The residual stream `[batch, position, width]` as it is when so many blocks have been passed; 0
  /// stands for what the first block reads.
  public static func residual(_ residual: Tensor, afterBlocks count: Int) -> RunStart {
    RunStart(residual: residual, blocks: count)
  }
}

extension Transformer {
  /// Runs the rest of a model of one stack, from a residual stream that was captured, or made.
  ///
  /// A sweep over changes at one layer does not compute the layers before it again.
  ///
  /// - Parameters:
  ///   - input: The tokens that the residual stream stands for; where positions turn queries and
  ///     keys, they are counted from it, and its mask says what is padding.
  ///   - start: Where to start.
  /// - Throws: As ``run(_:capturing:intervening:logitsAt:)``; a point that lies before the start never
  ///   fires.
  public func run(
    _ input: ModelInput, from start: RunStart, capturing capture: Capture = .nothing,
    intervening interventions: [Intervention] = [], logitsAt positions: Range<Int>? = nil
  ) throws -> Run {
    precondition(!configuration.isEncoderDecoder, "a run starts midway in a model of one stack")
    return try run(
      input, capturing: capture, intervening: interventions, logitsAt: positions
    ) { hooks in
      let stack = stacks[0]
      let shape = [input.tokens.count, input.tokens[0].count, configuration.width]
      precondition(
        start.residual.shape == shape && (0...stack.blocks.count).contains(start.blocks),
        "a residual stream \(start.residual.shape) after \(start.blocks) blocks does not fit "
          + "\(shape) and a stack of \(stack.blocks.count)")
      var state = DecoderState(layers: stack.blocks.count)
      return try pass(
        start.residual,
        at: configuration.positions(of: input.tokens, mask: input.mask, offset: 0),
        through: stack, context: firstContext(input), skipping: start.blocks, state: &state,
        hooks: hooks)
    }
  }
}
