/// Which stack of blocks a point is in.
public enum StackName: String, Sendable, Codable, CaseIterable {
  /// The encoder of an encoder–decoder.
  case encoder
  /// The decoder of an encoder–decoder.
  case decoder
  /// The only stack of a model that has one.
  case blocks
}

/// Whose keys and values an attention layer reads.
public enum AttentionKind: String, Sendable, Codable, CaseIterable {
  /// Its own stack's: self-attention.
  case own = "attn"
  /// The encoder's, from the decoder: cross-attention.
  case cross = "cross_attn"
}

/// A place in the forward pass where an activation can be read or changed.
///
/// Points print and parse as the names TransformerLens 3 gives them, such as
/// `decoder.1.cross_attn.hook_pattern`, and hold what it holds there. Headlight's own are the
/// embeddings of a decoder that has an encoder (`decoder_hook_embed`), which TransformerLens does not
/// offer, and `rel_pos_hook`, which it lists and never passes. The embeddings of a BERT, which
/// TransformerLens puts under `embed.`, have the names they have elsewhere; its `unembed.*` is not
/// here.
public enum HookPoint: Hashable, Sendable {
  /// Token embeddings, `[batch, position, width]`, of the encoder or of a single stack; scaled, where
  /// the model scales them.
  case embedding
  /// Token embeddings of an encoder–decoder's decoder, `[batch, position, width]`.
  case decoderEmbedding
  /// Position embeddings, learned or sinusoidal, `[batch, position, width]`.
  case positionEmbedding
  /// Position embeddings of an encoder–decoder's decoder, `[batch, position, width]`.
  case decoderPositionEmbedding
  /// Embeddings of token types, `[batch, position, width]`.
  case tokenTypeEmbedding
  /// A point of the norm between the embeddings and the first block.
  case embeddingNorm(StackName, NormPoint)
  /// A point inside a block, by stack and layer.
  case block(StackName, Int, BlockPoint)
  /// A point of the norm after the last block.
  case finalNorm(StackName, NormPoint)

  /// A point inside a block.
  public enum BlockPoint: Hashable, Sendable {
    /// The residual stream before the block, `[batch, position, width]`.
    case residualPre
    /// The residual stream after self-attention, `[batch, position, width]`.
    case residualMid
    /// The residual stream after cross-attention, `[batch, position, width]`.
    case residualMidCross
    /// The residual stream after the block, `[batch, position, width]`.
    case residualPost
    /// The residual stream after the block and the norm that ends it, `[batch, position, width]`,
    /// where norms stand after the layers; the next block begins with it.
    case normalizedResidualPost
    /// The residual stream as each head of self-attention reads it, before any norm,
    /// `[batch, position, head, width]`: a copy a head, so that one can be changed alone. Computed on
    /// request. What is changed is normalised by itself, past the points of the block's norm.
    case input(AttentionInput)
    /// What an attention layer adds to the residual stream, `[batch, position, width]`.
    case attentionOut(AttentionKind)
    /// What the MLP adds to the residual stream, `[batch, position, width]`.
    case mlpOut
    /// A point inside an attention layer.
    case attention(AttentionKind, AttentionPoint)
    /// A point inside the block's first, second or third norm.
    case norm(Int, NormPoint)
    /// A point inside the MLP.
    case mlp(MLPPoint)
  }

  /// What self-attention computes from the residual stream.
  public enum AttentionInput: String, Sendable, CaseIterable {
    /// What queries are computed from.
    case query = "hook_q_input"
    /// What keys are computed from, a copy a key head.
    case key = "hook_k_input"
    /// What values are computed from, a copy a key head.
    case value = "hook_v_input"
  }

  /// A point inside an attention layer.
  public enum AttentionPoint: String, Sendable, CaseIterable {
    /// `[batch, query, head, headWidth]`.
    case query = "hook_q"
    /// `[batch, key, keyHead, headWidth]`.
    case key = "hook_k"
    /// `[batch, key, keyHead, headWidth]`.
    case value = "hook_v"
    /// Queries turned by their positions, `[batch, query, head, headWidth]`.
    case rotatedQuery = "hook_rot_q"
    /// Keys turned by their positions, `[batch, key, keyHead, headWidth]`.
    case rotatedKey = "hook_rot_k"
    /// A relative position bias, `[head, query, key]`, added to the scores.
    case positionBias = "rel_pos_hook"
    /// Scaled scores with bias and mask, `[batch, head, query, key]`; −∞ where masked.
    case scores = "hook_attn_scores"
    /// The softmax of the scores, `[batch, head, query, key]`.
    case pattern = "hook_pattern"
    /// Values mixed by the pattern, `[batch, query, head, headWidth]`.
    case mixed = "hook_z"
    /// What each head adds to the residual stream, `[batch, query, head, width]`; the layer adds
    /// their sum and its bias. Computed on request.
    case result = "hook_result"
  }

  /// A point inside a norm.
  public enum NormPoint: String, Sendable, CaseIterable {
    /// What the input is divided by, `[batch, position, 1]`.
    case scale = "hook_scale"
    /// The normalised input before the norm's weight and bias are applied,
    /// `[batch, position, width]`.
    case normalized = "hook_normalized"
  }

  /// A point inside an MLP.
  public enum MLPPoint: String, Sendable, CaseIterable {
    /// Before the activation, `[batch, position, feedForwardWidth]`.
    case pre = "hook_pre"
    /// The factor of a gated MLP that passes no activation, `[batch, position, feedForwardWidth]`.
    case preLinear = "hook_pre_linear"
    /// What enters the output layer, `[batch, position, feedForwardWidth]`.
    case post = "hook_post"
  }
}

extension HookPoint {
  /// The attention pattern of a layer, `[batch, head, query, key]`.
  public static func pattern(
    _ stack: StackName, _ layer: Int, _ kind: AttentionKind = .own
  ) -> HookPoint { .block(stack, layer, .attention(kind, .pattern)) }

  /// The residual stream before a layer, `[batch, position, width]`.
  public static func residualPre(_ stack: StackName, _ layer: Int) -> HookPoint {
    .block(stack, layer, .residualPre)
  }

  /// The residual stream after a layer, `[batch, position, width]`.
  public static func residualPost(_ stack: StackName, _ layer: Int) -> HookPoint {
    .block(stack, layer, .residualPost)
  }
}

extension HookPoint {
  /// Whether a run passes the point only when it is captured or changed.
  public var isOnRequest: Bool {
    switch self {
    case .block(_, _, .input), .block(_, _, .attention(_, .result)): true
    default: false
    }
  }
}

extension HookPoint: CustomStringConvertible {
  /// TransformerLens's name of the point.
  public var description: String {
    switch self {
    case .embedding: "hook_embed"
    case .decoderEmbedding: "decoder_hook_embed"
    case .positionEmbedding: "hook_pos_embed"
    case .decoderPositionEmbedding: "decoder_hook_pos_embed"
    case .tokenTypeEmbedding: "hook_token_type_embed"
    case .embeddingNorm(.blocks, let point): "embed.ln.\(point.rawValue)"
    case .embeddingNorm(let stack, let point): "\(stack.rawValue)_embed.ln.\(point.rawValue)"
    case .block(let stack, let layer, let point): "\(stack.rawValue).\(layer).\(point.name)"
    case .finalNorm(.blocks, let point): "ln_final.\(point.rawValue)"
    case .finalNorm(let stack, let point): "\(stack.rawValue)_final_ln.\(point.rawValue)"
    }
  }
}

extension HookPoint.BlockPoint {
  var name: String {
    switch self {
    case .residualPre: "hook_resid_pre"
    case .residualMid: "hook_resid_mid"
    case .residualMidCross: "hook_resid_mid_cross"
    case .residualPost: "hook_resid_post"
    case .normalizedResidualPost: "hook_normalized_resid_post"
    case .input(let input): input.rawValue
    case .attentionOut(let kind): "hook_\(kind.rawValue)_out"
    case .mlpOut: "hook_mlp_out"
    case .attention(let kind, let point): "\(kind.rawValue).\(point.rawValue)"
    case .norm(let number, let point): "ln\(number).\(point.rawValue)"
    case .mlp(let point): "mlp.\(point.rawValue)"
    }
  }

  static let all: [HookPoint.BlockPoint] = {
    var points: [HookPoint.BlockPoint] = [
      .residualPre, .residualMid, .residualMidCross, .residualPost, .normalizedResidualPost,
      .mlpOut,
    ]
    points += HookPoint.AttentionInput.allCases.map { .input($0) }
    for kind in AttentionKind.allCases {
      points.append(.attentionOut(kind))
      points += HookPoint.AttentionPoint.allCases.map { .attention(kind, $0) }
    }
    for number in 1...3 { points += HookPoint.NormPoint.allCases.map { .norm(number, $0) } }
    return points + HookPoint.MLPPoint.allCases.map { .mlp($0) }
  }()

  static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}

extension HookPoint: LosslessStringConvertible {
  /// The point of a name, or nil when no model has a point of that name.
  public init?(_ name: String) {
    let simple: [HookPoint] =
      [
        .embedding, .decoderEmbedding, .positionEmbedding, .decoderPositionEmbedding,
        .tokenTypeEmbedding,
      ]
      + StackName.allCases.flatMap { stack in
        NormPoint.allCases.flatMap { [.embeddingNorm(stack, $0), .finalNorm(stack, $0)] }
      }
    if let point = simple.first(where: { $0.description == name }) {
      self = point
      return
    }
    let parts = name.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let stack = StackName(rawValue: String(parts[0])),
      let layer = Int(parts[1]), layer >= 0, String(layer) == parts[1],
      let point = BlockPoint.byName[String(parts[2])]
    else { return nil }
    self = .block(stack, layer, point)
  }
}
