public import Tensors

/// A transformer: an encoder, a decoder or both, as its configuration says.
///
/// A model is a value that holds its weights and nothing else: hooks are arguments of a run, and
/// what a run kept is its result.
public struct Transformer: Sendable, Parameterized {
  /// What the model is made of.
  public let configuration: TransformerConfiguration
  /// `[token, width]`.
  package var embedding: Tensor
  /// In the order of ``TransformerConfiguration/stacks``.
  package var stacks: [BlockStack]
  /// What stands between the last stack and the unembedding.
  package var headTransform: HeadTransform?
  /// `[token, width]`, or nil when the embedding serves.
  package var unembedding: Tensor?
  /// Added to the logits, `[token]`.
  package var logitBias: Tensor?

  /// A result of ``run(_:capturing:intervening:logitsAt:)``.
  public struct Run: Sendable {
    /// Scores of the next token, or of the token in each place for an encoder alone,
    /// `[batch, position, token]`; of a model without a head, which scores nothing, they have no
    /// columns.
    public let logits: Tensor
    /// What the last stack returns, its final norm included, `[batch, position, width]`.
    public let output: Tensor
    /// The activations that were asked for.
    public let trace: Trace
  }

  /// Calls `body` with every weight and its name.
  public mutating func visitParameters(_ body: (String, inout Tensor) -> Void) {
    body("embedding.weight", &embedding)
    for index in stacks.indices { stacks[index].visit(body) }
    headTransform?.visit("head", body)
    if unembedding != nil { body("unembedding.weight", &unembedding!) }
    if logitBias != nil { body("unembedding.bias", &logitBias!) }
  }

  /// The logits for a batch, `[batch, position, token]`.
  ///
  /// - Throws: ``TransformerError`` when the input does not fit the model, or the model has no head.
  public func callAsFunction(_ input: ModelInput) throws -> Tensor {
    if configuration.head == .none { throw TransformerError.noHead }
    return try run(input).logits
  }

  /// Runs the model, keeps what is asked for and changes what is asked to be changed.
  ///
  /// An activation that is replaced by a tensor that requires a gradient starts a history: what is
  /// computed from it, logits and kept activations alike, can be asked for a
  /// `gradient(of:withRespectTo:seed:)`.
  ///
  /// - Parameter positions: Where logits are computed, a range of positions, or nil for everywhere;
  ///   a large vocabulary makes them the dearest part of a run.
  /// - Throws: ``TransformerError`` when the input does not fit, a point does not exist or never
  ///   fires, or an intervention returns another shape; and whatever an intervention throws.
  public func run(
    _ input: ModelInput, capturing capture: Capture = .nothing,
    intervening interventions: [Intervention] = [], logitsAt positions: Range<Int>? = nil
  ) throws -> Run {
    try run(input, capturing: capture, intervening: interventions, logitsAt: positions) { hooks in
      var states = emptyStates
      return try pass(input, states: &states, hooks: hooks).output
    }
  }

  /// What every run does, wherever it starts.
  ///
  /// - Parameter stacks: What the last stack makes of the input, `[batch, position, width]`.
  func run(
    _ input: ModelInput, capturing capture: Capture, intervening interventions: [Intervention],
    logitsAt positions: Range<Int>?, through stacks: (Hooks) throws -> Tensor
  ) throws -> Run {
    try input.validate(for: configuration)
    let hooks = try Hooks(
      configuration: configuration, capturing: capture, intervening: interventions)
    let output = try stacks(hooks)
    let read = positions.map { output.slice(axis: 1, $0) } ?? output
    return Run(logits: unembed(read), output: output, trace: try hooks.finish())
  }

  /// What every stack remembers of nothing.
  var emptyStates: [DecoderState] { stacks.map { DecoderState(layers: $0.blocks.count) } }

  /// What the last stack makes of the input, `[batch, position, width]`, and of an encoder–decoder's
  /// first stack what the last one reads.
  ///
  /// - Parameter states: Of every stack, empty before and full after.
  func pass(
    _ input: ModelInput, states: inout [DecoderState], hooks: Hooks
  ) throws -> (output: Tensor, source: Tensor?) {
    let first = try encode(input, state: &states[0], hooks: hooks)
    guard let decoderTokens = input.decoderTokens else { return (first, nil) }
    let output = try decode(
      decoderTokens, mask: input.decoderMask, source: first, sourceMask: input.mask,
      state: &states[1], hooks: hooks)
    return (output, first)
  }

  /// What the first stack makes of the input, `[batch, position, width]`.
  func encode(_ input: ModelInput, hooks: Hooks) throws -> Tensor {
    var state = DecoderState(layers: stacks[0].blocks.count)
    return try encode(input, state: &state, hooks: hooks)
  }

  private func encode(
    _ input: ModelInput, state: inout DecoderState, hooks: Hooks
  ) throws -> Tensor {
    try read(
      input.tokens, types: input.tokenTypes, with: stacks[0], context: firstContext(input),
      state: &state, hooks: hooks)
  }

  /// What the first stack needs beside the residual stream.
  func firstContext(_ input: ModelInput) -> StackContext {
    StackContext(mask: AttentionMask(keys: input.mask, isCausal: configuration.encoder == nil))
  }

  /// What the decoder makes of tokens that follow what `state` remembers.
  ///
  /// - Parameter mask: Which tokens are there, the remembered ones included.
  func decode(
    _ tokens: [[Int]], mask: [[Bool]]?, source: Tensor?, sourceMask: [[Bool]]?,
    state: inout DecoderState, hooks: Hooks
  ) throws -> Tensor {
    let context = StackContext(
      mask: AttentionMask(keys: mask, isCausal: true, queryOffset: state.length),
      source: source, sourceMask: AttentionMask(keys: sourceMask, isCausal: false))
    return try read(
      tokens, types: nil, with: stacks[stacks.count - 1], context: context, state: &state,
      hooks: hooks)
  }

  private func read(
    _ tokens: [[Int]], types: [[Int]]?, with stack: BlockStack, context: StackContext,
    state: inout DecoderState, hooks: Hooks
  ) throws -> Tensor {
    let positions = configuration.positions(
      of: tokens, mask: context.mask.keys, offset: state.length)
    let x = try embed(tokens, types: types, at: positions, with: stack, hooks: hooks)
    let output = try pass(
      x, at: positions, through: stack, context: context, state: &state, hooks: hooks)
    state.length += tokens[0].count
    return output
  }

  /// What a stack makes of a residual stream whose rows stand at positions.
  ///
  /// - Parameter skipped: How many blocks the stream has passed already.
  func pass(
    _ residual: Tensor, at positions: [[Int]], through stack: BlockStack, context: StackContext,
    skipping skipped: Int = 0, state: inout DecoderState, hooks: Hooks
  ) throws -> Tensor {
    var context = context
    if case .rotary(let angles) = configuration.position {
      context.rotation = angles.rotation(at: positions)
    }
    return try stack(
      residual, context: context, cache: &state.blocks, skipping: skipped, hooks: hooks)
  }

  /// What the first block of a stack reads of tokens, `[batch, position, width]`.
  func embed(
    _ tokens: [[Int]], types: [[Int]]?, at positions: [[Int]], with stack: BlockStack,
    hooks: Hooks
  ) throws -> Tensor {
    var embedded = embedding.gathering(tokens.flatMap { $0 })
      .reshaped(to: [tokens.count, tokens[0].count, configuration.width])
    if configuration.embeddingScale != 1 { embedded = embedded * configuration.embeddingScale }
    return try stack.embed(embedded, at: positions, types: types, hooks: hooks)
  }

  /// The logits of the last stack's output, `[…, width]` to `[…, token]`.
  func unembed(_ output: Tensor) -> Tensor {
    if configuration.head == .none { return .zeros(output.shape.dropLast() + [0]) }
    var x = headTransform?(output) ?? output
    if configuration.logitScale != 1 { x = x * configuration.logitScale }
    let logits = x.matmul(transposing: unembedding ?? embedding)
    return logitBias.map { logits + $0 } ?? logits
  }
}

/// What a decoder remembers between steps of generation.
struct DecoderState: Sendable {
  var blocks: [BlockCache]
  /// How many tokens have been read.
  var length = 0

  init(layers: Int) { blocks = Array(repeating: BlockCache(), count: layers) }
}

/// The layers of a masked-language-model head before its unembedding.
package struct HeadTransform: Sendable {
  var dense: Linear
  let activation: TransformerConfiguration.Activation
  var norm: Norm

  func callAsFunction(_ x: Tensor) -> Tensor { norm(activation(dense(x))) }

  mutating func visit(_ name: String, _ body: (String, inout Tensor) -> Void) {
    dense.visit(name + ".dense", body)
    norm.visit(name + ".norm", body)
  }
}
