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
    try input.validate(for: configuration)
    precondition(!configuration.isEncoderDecoder, "a run starts midway in a model of one stack")
    let stack = stacks[0]
    let shape = [input.tokens.count, input.tokens[0].count, configuration.width]
    precondition(
      start.residual.shape == shape && (0...stack.blocks.count).contains(start.blocks),
      "a residual stream \(start.residual.shape) after \(start.blocks) blocks does not fit \(shape) "
        + "and a stack of \(stack.blocks.count)")
    var hooks = try Hooks(
      configuration: configuration, capturing: capture, intervening: interventions)
    var context = StackContext(
      mask: AttentionMask(keys: input.mask, isCausal: configuration.encoder == nil))
    if case .rotary(let angles) = configuration.position {
      let places = configuration.positions(of: input.tokens, mask: input.mask, offset: 0)
      context.rotation = angles.rotation(at: places)
    }
    var state = DecoderState(layers: stack.blocks.count)
    let output = try stack(
      start.residual, context: context, cache: &state.blocks, skipping: start.blocks, hooks: &hooks)
    let read = positions.map { output.slice(axis: 1, $0) } ?? output
    return Run(logits: unembed(read), output: output, trace: try hooks.finish())
  }
}
