import Transformers

/// What depends on what within a model.
extension TransformerConfiguration {
  /// The step of a pass in which a point is met: of every stack its embeddings, then each block,
  /// then its end.
  func stage(of point: HookPoint) -> Int {
    switch point {
    case .embedding, .positionEmbedding, .tokenTypeEmbedding: 0
    case .embeddingNorm(.decoder, _), .decoderEmbedding, .decoderPositionEmbedding:
      stageCount(of: stacks[0].name)
    case .embeddingNorm: 0
    case .block(let stack, let layer, _): firstStage(of: stack) + 1 + layer
    case .finalNorm(let stack, _): firstStage(of: stack) + stageCount(of: stack) - 1
    }
  }

  /// The stage of a stack's embeddings.
  func firstStage(of stack: StackName) -> Int {
    stack == .decoder ? stageCount(of: .encoder) : 0
  }

  /// How many stages a stack has.
  func stageCount(of stack: StackName) -> Int {
    (stacks.first { $0.name == stack }?.stack.layerCount ?? 0) + 2
  }

  /// Whether a change at one point of a block can be seen at another point of the same block.
  func reaches(_ from: HookPoint.BlockPoint, _ to: HookPoint.BlockPoint, in stack: StackName)
    -> Bool
  {
    if rank(from, in: stack) >= rank(to, in: stack) { return false }
    // Queries, keys and values are computed side by side, and values are not read by patterns.
    if let a = branch(from), let b = branch(to), a.kind == b.kind, a.input != b.input {
      return false
    }
    if let a = branch(from), a.input == .value {
      if case .attention(a.kind, .scores) = to { return false }
      if case .attention(a.kind, .pattern) = to { return false }
    }
    // What single heads read is copied from before the norm.
    if case .norm = from, case .input = to { return false }
    // Keys and values of cross-attention are the encoder's.
    if case .attention(.cross, .key) = to { return false }
    if case .attention(.cross, .value) = to { return false }
    if blockOrder != .sequential, let a = isMLP(from), let b = isMLP(to), a != b { return false }
    return true
  }

  private func branch(_ point: HookPoint.BlockPoint)
    -> (kind: AttentionKind, input: HookPoint.AttentionInput)?
  {
    switch point {
    case .input(let input): (.own, input)
    case .attention(let kind, .query), .attention(let kind, .rotatedQuery): (kind, .query)
    case .attention(let kind, .key), .attention(let kind, .rotatedKey): (kind, .key)
    case .attention(let kind, .value): (kind, .value)
    default: nil
    }
  }

  /// Whether a point belongs to the MLP of a block whose layers read side by side, or to attention;
  /// nil when it belongs to both or neither.
  private func isMLP(_ point: HookPoint.BlockPoint) -> Bool? {
    switch point {
    case .mlp, .mlpOut, .norm(2, _): true
    case .norm(1, _): blockOrder == .parallel ? false : nil
    case .input, .attention, .attentionOut: false
    default: nil
    }
  }

  /// Where in the order of a block's computation a point stands; points of one rank do not depend on
  /// each other.
  private func rank(_ point: HookPoint.BlockPoint, in stack: StackName) -> Int {
    let isPost = normPlacement == .after
    let normCount = stack == .decoder ? 3 : 2
    switch point {
    case .residualPre: return 0
    case .norm(let number, let place):
      let isLast = number == normCount
      let base =
        number == 1 ? (isPost ? 12 : 1) : isLast ? (isPost ? 32 : 26) : (isPost ? 24 : 14)
      return base + (place == .scale ? 0 : 1)
    case .input: return 3
    case .attention(let kind, let place):
      let base = kind == .own ? 4 : 16
      switch place {
      case .query, .key, .value: return base
      case .rotatedQuery, .rotatedKey, .positionBias: return base + 1
      case .scores: return base + 2
      case .pattern: return base + 3
      case .mixed: return base + 4
      case .result: return base + 5
      }
    case .attentionOut(.own): return 10
    case .residualMid: return 11
    case .attentionOut(.cross): return 22
    case .residualMidCross: return 23
    case .mlp(.pre), .mlp(.preLinear): return 28
    case .mlp(.post): return 29
    case .mlpOut: return 30
    case .residualPost: return 31
    case .normalizedResidualPost: return 34
    }
  }

  /// What has to be kept of a clean run so that a change at a point of a block need not compute what
  /// comes before it.
  func pointsKept(for place: HookPoint.BlockPoint, in stack: StackName) -> [HookPoint.BlockPoint] {
    let isSequential = blockOrder == .sequential
    let others: [HookPoint.BlockPoint] = isSequential ? [] : [.mlpOut]
    func side(_ kind: AttentionKind) -> [HookPoint.BlockPoint] {
      kind == .own ? others : [.residualMid]
    }
    func projections(_ kind: AttentionKind) -> [HookPoint.BlockPoint] {
      let points: [HookPoint.AttentionPoint] = [.query, .key, .value]
      return points.map { .attention(kind, $0) } + side(kind)
    }
    switch place {
    case .residualPre: return []
    case .norm(let number, _):
      if normPlacement == .after {
        let before: [HookPoint.BlockPoint] = [
          .residualMid, stack == .decoder ? .residualMidCross : .residualPost, .residualPost,
        ]
        return [before[number - 1]]
      }
      if number == 1 { return others }
      if !isSequential { return [.attentionOut(.own)] }
      return [number == 2 ? .residualMid : .residualMidCross]
    case .input: return projections(.own)
    case .attention(let kind, .query), .attention(let kind, .key),
      .attention(let kind, .rotatedQuery), .attention(let kind, .rotatedKey),
      .attention(let kind, .positionBias):
      return projections(kind)
    case .attention(let kind, .value): return projections(kind) + [.attention(kind, .pattern)]
    case .attention(let kind, .scores), .attention(let kind, .pattern):
      return projections(kind) + [place]
    case .attention(let kind, .mixed), .attention(let kind, .result):
      return [.attention(kind, .mixed)] + side(kind)
    case .attentionOut(let kind): return [place] + side(kind)
    case .mlp, .mlpOut:
      let sum: HookPoint.BlockPoint = stack == .decoder ? .residualMidCross : .residualMid
      var kept = [isSequential ? sum : .attentionOut(.own)]
      switch place {
      case .mlp(.pre), .mlp(.preLinear):
        kept += isGated ? [.mlp(.pre), .mlp(.preLinear)] : [.mlp(.pre)]
      default: kept.append(place)
      }
      return kept
    case .residualMid, .residualMidCross, .residualPost, .normalizedResidualPost: return [place]
    }
  }

  /// How many heads a point has, if it has any, and how wide its last axis is, where that does not
  /// depend on the text.
  func shape(of point: HookPoint) -> (heads: Int?, width: Int?) {
    guard case .block(let name, _, let place) = point,
      let stack = stacks.first(where: { $0.name == name })?.stack
    else {
      switch point {
      case .embeddingNorm(_, .scale), .finalNorm(_, .scale): return (nil, 1)
      default: return (nil, width)
      }
    }
    switch place {
    case .norm(_, .scale): return (nil, 1)
    case .input(.query), .attention(_, .result): return (stack.headCount, width)
    case .input: return (stack.keyHeadCount, width)
    case .attention(_, .query), .attention(_, .rotatedQuery), .attention(_, .mixed):
      return (stack.headCount, stack.headWidth)
    case .attention(_, .key), .attention(_, .rotatedKey), .attention(_, .value):
      return (stack.keyHeadCount, stack.headWidth)
    case .attention: return (stack.headCount, nil)
    case .mlp: return (nil, stack.feedForwardWidth)
    default: return (nil, width)
    }
  }
}

extension HookPoint {
  /// Whether the point's last two axes are queries and keys.
  var isPattern: Bool {
    switch self {
    case .block(_, _, .attention(_, .scores)), .block(_, _, .attention(_, .pattern)),
      .block(_, _, .attention(_, .positionBias)):
      true
    default: false
    }
  }

  /// The stack whose pass meets the point.
  func stack(in configuration: TransformerConfiguration) -> StackName {
    switch self {
    case .block(let stack, _, _), .finalNorm(let stack, _), .embeddingNorm(let stack, _): stack
    case .decoderEmbedding, .decoderPositionEmbedding: .decoder
    case .embedding, .positionEmbedding, .tokenTypeEmbedding: configuration.stacks[0].name
    }
  }

  /// Whether the point holds keys or values of cross-attention, whose positions are the source's.
  var isOfSource: Bool {
    switch self {
    case .block(_, _, .attention(.cross, .key)), .block(_, _, .attention(.cross, .value)): true
    default: false
    }
  }
}
