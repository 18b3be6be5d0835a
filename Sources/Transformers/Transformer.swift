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
  /// `[position, width]`, where positions are learned.
  package var positionEmbedding: Tensor?
  /// In the order of ``TransformerConfiguration/stacks``.
  package var stacks: [BlockStack]
  /// `[token, width]`, or nil when the embedding serves.
  package var unembedding: Tensor?

  /// A result of ``run(_:capturing:intervening:)``.
  public struct Run: Sendable {
    /// Scores of the next token, `[batch, position, token]`.
    public let logits: Tensor
    /// The activations that were asked for.
    public let trace: Trace
  }

  /// Calls `body` with every weight and its name.
  public mutating func visitParameters(_ body: (String, inout Tensor) -> Void) {
    body("embedding.weight", &embedding)
    if positionEmbedding != nil { body("positionEmbedding.weight", &positionEmbedding!) }
    for index in stacks.indices { stacks[index].visit(body) }
    if unembedding != nil { body("unembedding.weight", &unembedding!) }
  }

  /// The logits for a batch, `[batch, position, token]`.
  ///
  /// - Throws: ``TransformerError`` when the input does not fit the model.
  public func callAsFunction(_ input: ModelInput) throws -> Tensor {
    try run(input).logits
  }

  /// Runs the model, keeps what is asked for and changes what is asked to be changed.
  ///
  /// An activation that is replaced by a tensor that requires a gradient starts a history: what is
  /// computed from it, logits and kept activations alike, can be asked for a
  /// ``Tensors/gradient(of:withRespectTo:seed:)``.
  ///
  /// - Parameter positions: Where logits are computed, a range of positions, or nil for everywhere;
  ///   a large vocabulary makes them the dearest part of a run.
  /// - Throws: ``TransformerError`` when the input does not fit, a point does not exist or never
  ///   fires, or an intervention returns another shape; and whatever an intervention throws.
  public func run(
    _ input: ModelInput, capturing capture: Capture = .nothing,
    intervening interventions: [Intervention] = [], logitsAt positions: Range<Int>? = nil
  ) throws -> Run {
    try input.validate(for: configuration)
    var hooks = try Hooks(
      configuration: configuration, capturing: capture, intervening: interventions)
    let logits: Tensor
    if let decoderTokens = input.decoderTokens {
      let source = try encode(input, hooks: &hooks)
      var state = DecoderState(layers: stacks[1].blocks.count)
      logits = try decode(
        decoderTokens, mask: input.decoderMask, source: source, sourceMask: input.mask,
        state: &state, hooks: &hooks, logitsAt: positions)
    } else {
      var state = DecoderState(layers: stacks[0].blocks.count)
      logits = try decode(
        input.tokens, mask: input.mask, source: nil, sourceMask: nil, state: &state, hooks: &hooks,
        logitsAt: positions)
    }
    return Run(logits: logits, trace: try hooks.finish())
  }

  /// The encoder's output, `[batch, position, width]`.
  func encode(_ input: ModelInput, hooks: inout Hooks) throws -> Tensor {
    let x = try hooks(.embedding, embed(input.tokens))
    let context = StackContext(mask: AttentionMask(keys: input.mask, isCausal: false))
    var cache = DecoderState(layers: stacks[0].blocks.count).blocks
    return try stacks[0](x, context: context, cache: &cache, hooks: &hooks)
  }

  /// The logits of the last stack for tokens that follow what `state` remembers.
  func decode(
    _ tokens: [[Int]], mask: [[Bool]]?, source: Tensor?, sourceMask: [[Bool]]?,
    state: inout DecoderState, hooks: inout Hooks, logitsAt positions: Range<Int>? = nil
  ) throws -> Tensor {
    var x = try hooks(source == nil ? .embedding : .decoderEmbedding, embed(tokens))
    if let positionEmbedding {
      let positions = Array(state.length..<(state.length + tokens[0].count))
      let rows = Array(repeating: positions, count: tokens.count).flatMap { $0 }
      x =
        x + (try hooks(.positionEmbedding, positionEmbedding.gathering(rows).reshaped(to: x.shape)))
    }
    let context = StackContext(
      mask: AttentionMask(
        keys: mask, isCausal: configuration.decoder != nil, queryOffset: state.length),
      source: source, sourceMask: AttentionMask(keys: sourceMask, isCausal: false))
    var residual = try stacks[stacks.count - 1](
      x, context: context, cache: &state.blocks, hooks: &hooks)
    if let positions { residual = residual.slice(axis: 1, positions) }
    state.length += tokens[0].count
    let scaled = configuration.logitScale == 1 ? residual : residual * configuration.logitScale
    return scaled.matmul(transposing: unembedding ?? embedding)
  }

  private func embed(_ tokens: [[Int]]) -> Tensor {
    embedding.gathering(tokens.flatMap { $0 })
      .reshaped(to: [tokens.count, tokens[0].count, configuration.width])
  }
}

/// What a decoder remembers between steps of generation.
struct DecoderState: Sendable {
  var blocks: [BlockCache]
  /// How many tokens have been read.
  var length = 0

  init(layers: Int) { blocks = Array(repeating: BlockCache(), count: layers) }
}
