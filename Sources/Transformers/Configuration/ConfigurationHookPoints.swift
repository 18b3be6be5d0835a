extension TransformerConfiguration {
  /// Every point that each run of this model passes, in the order in which it meets them; a position
  /// bias, computed before the first block, stands with the attention it is added to.
  public var hookPoints: [HookPoint] { allHookPoints.filter { !$0.isOnRequest } }

  /// The points that cost time of their own, and that a run passes only when one is captured or
  /// changed: results and inputs of single heads.
  public var hookPointsOnRequest: [HookPoint] { allHookPoints.filter(\.isOnRequest) }

  var allHookPoints: [HookPoint] {
    var points: [HookPoint] = []
    for (name, stack) in stacks {
      points.append(name == .decoder ? .decoderEmbedding : .embedding)
      if addsPositions {
        points.append(name == .decoder ? .decoderPositionEmbedding : .positionEmbedding)
      }
      if tokenTypeCount > 0 { points.append(.tokenTypeEmbedding) }
      if normalizesEmbedding {
        points += HookPoint.NormPoint.allCases.map { .embeddingNorm(name, $0) }
      }
      for layer in 0..<stack.layerCount {
        points += blockPoints(in: name, layer: layer).map { .block(name, layer, $0) }
      }
      if normPlacement == .before {
        points += HookPoint.NormPoint.allCases.map { .finalNorm(name, $0) }
      }
    }
    return points
  }

  private func blockPoints(in stack: StackName, layer: Int) -> [HookPoint.BlockPoint] {
    let inputs = HookPoint.AttentionInput.allCases.map { HookPoint.BlockPoint.input($0) }
    if stacks.contains(where: { $0.name == stack && $0.stack.isAttentionOnly }) {
      return [.residualPre] + norm(1) + inputs + attention(.own, layer: layer) + [.residualPost]
    }
    let mlp = mlpPoints + [.mlpOut]
    if blockOrder != .sequential {
      return [.residualPre] + norm(1) + inputs + attention(.own, layer: layer)
        + (blockOrder == .parallel ? norm(2) : []) + mlp + [.residualPost]
    }
    let isPost = normPlacement == .after
    func step(
      _ number: Int, _ layerPoints: [HookPoint.BlockPoint], _ sum: HookPoint.BlockPoint
    ) -> [HookPoint.BlockPoint] {
      isPost ? layerPoints + [sum] + norm(number) : norm(number) + layerPoints + [sum]
    }
    var points: [HookPoint.BlockPoint] = [.residualPre]
    points += step(1, inputs + attention(.own, layer: layer), .residualMid)
    if stack == .decoder { points += step(2, attention(.cross, layer: layer), .residualMidCross) }
    points += step(stack == .decoder ? 3 : 2, mlp, .residualPost)
    return isPost ? points + [.normalizedResidualPost] : points
  }

  private func norm(_ number: Int) -> [HookPoint.BlockPoint] {
    HookPoint.NormPoint.allCases.map { .norm(number, $0) }
  }

  private func attention(_ kind: AttentionKind, layer: Int) -> [HookPoint.BlockPoint] {
    var points: [HookPoint.AttentionPoint] = [.query, .key, .value]
    if kind == .own, case .rotary = position { points += [.rotatedQuery, .rotatedKey] }
    if kind == .own, layer == 0, case .relativeBias = position { points.append(.positionBias) }
    points += [.scores, .pattern, .mixed, .result]
    return points.map { .attention(kind, $0) } + [.attentionOut(kind)]
  }

  private var mlpPoints: [HookPoint.BlockPoint] {
    isGated ? [.mlp(.pre), .mlp(.preLinear), .mlp(.post)] : [.mlp(.pre), .mlp(.post)]
  }
}
