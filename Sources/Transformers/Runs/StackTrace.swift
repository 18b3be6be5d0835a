extension Transformer {
  /// Runs a stack, and the encoder before a decoder that reads it, and computes no logits.
  ///
  /// Over a large vocabulary the logits of all positions cost more than the layers.
  ///
  /// - Parameter input: For the encoder alone, decoder tokens may be left out.
  /// - Throws: ``TransformerError``, as ``run(_:capturing:intervening:logitsAt:)`` does.
  package func trace(
    of stack: StackName, on input: ModelInput, capturing capture: Capture,
    intervening interventions: [Intervention] = []
  ) throws -> Trace {
    var input = input
    if stack == .encoder, configuration.isEncoderDecoder {
      input.decoderTokens = input.tokens.map { _ in [configuration.startToken] }
      input.decoderMask = nil
    }
    try input.validate(for: configuration)
    let hooks = try Hooks(
      configuration: configuration, capturing: capture, intervening: interventions)
    let source = try encode(input, hooks: hooks)
    if stack == .decoder, let decoderTokens = input.decoderTokens {
      var state = DecoderState(layers: stacks[1].blocks.count)
      _ = try decode(
        decoderTokens, mask: input.decoderMask, source: source, sourceMask: input.mask,
        state: &state, hooks: hooks)
    }
    return try hooks.finish()
  }
}
