public import Interpretability
public import Tensors
public import Transformers

/// A logit, or the difference of two, as a sum over what wrote it: embeddings, heads, MLPs, biases.
///
/// Every norm on the way is held at the scale it has in this run; a norm with a held scale is linear
/// but for its bias, and what it takes off as a mean it takes off every part. So the parts add up to
/// the logit. A component taken away would change the scales too: attribution is not ablation.
///
/// Computed backwards: one direction of the residual stream is carried from the unembedding through
/// the norms, and every part is a dot product with it.
public struct LogitAttribution: Sendable {
  /// The logit, or the difference of two.
  public let logit: Float
  /// What the token's embedding adds, its type's included.
  public let embedding: Float
  /// What the position's embedding adds; 0 where positions have none.
  public let position: Float
  /// What each head adds, the bias of its values included; by layer, self-attention before
  /// cross-attention.
  public let heads: [HeadAddress: Float]
  /// What each MLP adds but for its output bias, by layer; empty for attention alone.
  public let mlps: [Float]
  /// What is left: output biases, those of norms and of the unembedding.
  public let bias: Float
  /// What the final norm divides by; 1 where there is none.
  public let scale: Float
  /// What each head adds by the position it reads from, `[position]`: the pattern times what the
  /// position's values write.
  public let sources: [HeadAddress: [Float]]
  /// What each neuron adds, by layer `[neuron]`.
  public let neurons: [Tensor]

  /// What each attention layer adds, its heads together, by layer.
  public func attention(kind: AttentionKind = .own) -> [Float] {
    let layers = (heads.keys.map(\.layer).max() ?? -1) + 1
    return (0..<layers).map { layer in
      heads.reduce(0) { $1.key.layer == layer && $1.key.kind == kind ? $0 + $1.value : $0 }
    }
  }

  /// The neurons that add most, in absolute value; the greatest first.
  public func greatestNeurons(_ count: Int) -> [(layer: Int, neuron: Int, value: Float)] {
    let all = neurons.enumerated().flatMap { layer, values in
      values.values.enumerated().map { (layer: layer, neuron: $0.offset, value: $0.element) }
    }
    return Array(all.sorted { abs($0.value) > abs($1.value) }.prefix(count))
  }

  /// The parts of a logit of the last stack.
  ///
  /// - Parameters:
  ///   - row: Which text of the batch.
  ///   - position: Where the logit is read.
  ///   - answer: The token.
  ///   - foil: A token whose logit is taken off.
  /// - Throws: ``SweepError`` when a token or the position does not exist, or the model's head is no
  ///   linear map of a norm; and what running the model throws.
  public init(
    _ model: Transformer, _ input: ModelInput, row: Int = 0, position: Int, answer: Int,
    foil: Int? = nil
  ) throws {
    let configuration = model.configuration
    guard configuration.head != .none else { throw TransformerError.noHead }
    guard configuration.head == .unembedding else { throw SweepError.headIsNotLinear }
    guard input.tokens.indices.contains(row) else {
      throw SweepError.row(row, count: input.tokens.count)
    }
    let input = input.rows([row])
    let stack = model.stacks[model.stacks.count - 1]
    let name = configuration.stacks[configuration.stacks.count - 1].name
    let length = (input.decoderTokens ?? input.tokens)[0].count
    let place = position < 0 ? length + position : position
    guard (0..<length).contains(place) else {
      throw SweepError.position(position, count: length, what: "the position of the logit")
    }
    for (what, id) in [("the answer", answer), ("the foil", foil ?? answer)]
    where !(0..<configuration.vocabularySize).contains(id) {
      throw SweepError.token(what, id: id, vocabularySize: configuration.vocabularySize)
    }
    if foil == answer { throw SweepError.foilIsAnswer }

    let run = try model.run(
      input, capturing: .points(Self.points(of: name, in: configuration)),
      logitsAt: place..<(place + 1))
    let reader = Reader(trace: run.trace, position: place)
    let product = model.logitProduct(ofNormed: Tensor.zeros([1, configuration.width]))
    func unembedding(_ token: Int) -> Tensor {
      product.weight[at: token] * configuration.logitScale
    }
    var direction = unembedding(answer)
    var bias = Double(product.bias.map { $0[answer] } ?? 0)
    logit = run.logits[0, 0, answer] - (foil.map { run.logits[0, 0, $0] } ?? 0)
    if let foil {
      direction = direction - unembedding(foil)
      bias -= Double(product.bias.map { $0[foil] } ?? 0)
    }
    /// Takes the direction back through a norm, whose bias is read off.
    func pass(_ norm: Norm, _ point: (HookPoint.NormPoint) -> HookPoint) throws -> Float {
      let scale = try reader.row(point(.scale)).scalar
      if let added = norm.bias { bias += reader.dot(added, direction) }
      let weighted = direction * norm.weight
      // Taking off the mean is its own transpose.
      let centred = norm.bias == nil ? weighted : weighted - weighted.mean()
      direction = centred / scale
      return scale
    }

    scale = try stack.finalNorm.map { try pass($0) { .finalNorm(name, $0) } } ?? 1
    var heads: [HeadAddress: Float] = [:]
    var sources: [HeadAddress: [Float]] = [:]
    var (mlps, neurons): ([Float], [Tensor]) = ([], [])
    let isPost = configuration.normPlacement == .after
    for (layer, block) in stack.blocks.enumerated().reversed() {
      func point(_ place: HookPoint.BlockPoint) -> HookPoint { .block(name, layer, place) }
      func passBack(_ norm: Norm?, _ number: Int) throws {
        guard isPost, let norm else { return }
        _ = try pass(norm) { point(.norm(number, $0)) }
      }
      func add(_ attention: Attention, _ kind: AttentionKind) throws {
        if let added = attention.output.bias { bias += reader.dot(added, direction) }
        let mixed = try reader.row(point(.attention(kind, .mixed)))
        let (count, width) = (mixed.shape[0], mixed.shape[1])
        // W_Oᵀ of the direction, `[head, width]`.
        let written = direction.reshaped(to: [1, direction.count]).matmul(attention.output.weight)
          .reshaped(to: [count, width])
        let values = try run.trace[point(.attention(kind, .value))][at: 0]
        let pattern = try run.trace[point(.attention(kind, .pattern))][at: 0]
        for head in 0..<count {
          let address = HeadAddress(name, layer: layer, kind: kind, head: head)
          heads[address] = Float(reader.dot(mixed[at: head], written[at: head]))
          let shared = head * values.shape[1] / count
          sources[address] = (0..<values.shape[0]).map { key in
            pattern[head, place, key]
              * Float(reader.dot(values[at: key][at: shared], written[at: head]))
          }
        }
      }
      try passBack(block.mlpNorm, block.cross == nil ? 2 : 3)
      if let mlp = block.mlp {
        if let added = mlp.output.bias { bias += reader.dot(added, direction) }
        let hidden = try reader.row(point(.mlp(.post)))
        let written = direction.reshaped(to: [1, direction.count]).matmul(mlp.output.weight)
          .reshaped(to: [hidden.count])
        neurons.insert(hidden * written, at: 0)
        mlps.insert(Float(reader.dot(hidden, written)), at: 0)
      }
      if let cross = block.cross {
        try passBack(block.crossNorm, 2)
        try add(cross, .cross)
      }
      try passBack(block.attentionNorm, 1)
      try add(block.attention, .own)
    }
    if let norm = stack.embeddingNorm { _ = try pass(norm) { .embeddingNorm(name, $0) } }
    let isDecoder = name == .decoder
    var embedded = reader.dot(
      try reader.row(isDecoder ? .decoderEmbedding : .embedding), direction)
    if stack.tokenTypes != nil {
      embedded += reader.dot(try reader.row(.tokenTypeEmbedding), direction)
    }
    let point = isDecoder ? HookPoint.decoderPositionEmbedding : .positionEmbedding
    self.position =
      stack.positions == nil ? 0 : Float(reader.dot(try reader.row(point), direction))
    embedding = Float(embedded)
    self.heads = heads
    self.sources = sources
    self.mlps = mlps
    self.neurons = neurons
    self.bias = Float(bias)
  }

  /// The sum of all parts, which is the logit.
  public var sum: Float {
    Float(
      heads.values.reduce(Double(embedding) + Double(position) + Double(bias)) { $0 + Double($1) }
        + mlps.reduce(0) { $0 + Double($1) })
  }

  private static func points(
    of name: StackName, in configuration: TransformerConfiguration
  ) -> Set<HookPoint> {
    Set(
      configuration.hookPoints.filter { point in
        switch point {
        case .embedding, .positionEmbedding: name != .decoder
        case .decoderEmbedding, .decoderPositionEmbedding: name == .decoder
        case .tokenTypeEmbedding: name != .decoder
        case .embeddingNorm(name, .scale), .finalNorm(name, .scale): true
        case .block(name, _, .attention(_, .mixed)), .block(name, _, .attention(_, .value)),
          .block(name, _, .attention(_, .pattern)), .block(name, _, .mlp(.post)),
          .block(name, _, .norm(_, .scale)):
          true
        default: false
        }
      })
  }
}

/// Reads one position of a trace of one text.
private struct Reader {
  let trace: Trace
  let position: Int

  /// The activation at the position, without batch and position axes.
  func row(_ point: HookPoint) throws -> Tensor { try trace[point][at: 0][at: position] }

  /// Summed in Double: parts cancel.
  func dot(_ a: Tensor, _ b: Tensor) -> Double {
    zip(a.values, b.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }
}
