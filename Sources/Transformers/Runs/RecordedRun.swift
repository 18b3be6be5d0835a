package import Tensors

/// A run whose activations, keys and values were kept, so that parts of it can be run again with
/// something changed: some rows, some positions, from some place on.
package struct RecordedRun: Sendable {
  package let model: Transformer
  package let input: ModelInput
  /// What was asked to be kept.
  package let trace: Trace
  /// What the last stack returned, `[row, position, width]`.
  package let output: Tensor
  /// What an encoder–decoder's encoder returned, `[row, position, width]`.
  package let source: Tensor?
  /// Keys and values, a state a stack.
  let states: [DecoderState]
  /// The angles of rotary positions, `[row, position, pair]`.
  let rotation: Rotation?

  /// - Parameters:
  ///   - points: What is kept beside the residual stream before every block, which always is.
  ///   - interventions: Changes that belong to the run.
  package init(
    _ model: Transformer, _ input: ModelInput, capturing points: Set<HookPoint>,
    intervening interventions: [Intervention] = []
  ) throws {
    try input.validate(for: model.configuration)
    var kept = points
    for (name, stack) in model.configuration.stacks {
      kept.formUnion((0..<stack.layerCount).map { .residualPre(name, $0) })
    }
    let hooks = try Hooks(
      configuration: model.configuration, capturing: .points(kept),
      intervening: interventions)
    var states = model.emptyStates
    (output, source) = try model.pass(input, states: &states, hooks: hooks)
    trace = try hooks.finish()
    self.model = model
    self.input = input
    self.states = states
    if case .rotary(let angles) = model.configuration.position {
      let places = model.configuration.positions(
        of: input.decoderTokens ?? input.tokens,
        mask: input.decoderTokens == nil ? input.mask : input.decoderMask, offset: 0)
      rotation = angles.rotation(at: places)
    } else {
      rotation = nil
    }
  }

  /// The tokens a stack reads.
  package func tokens(of stack: StackName) -> [[Int]] {
    stack == .decoder ? input.decoderTokens ?? input.tokens : input.tokens
  }

  /// Which tokens of a stack are there.
  package func mask(of stack: StackName) -> [[Bool]]? {
    stack == .decoder ? input.decoderMask : input.mask
  }

  /// How many positions a stack reads.
  package func length(of stack: StackName) -> Int { tokens(of: stack)[0].count }

  func index(of stack: StackName) -> Int { stack == .decoder ? 1 : 0 }
}

/// Which part of a stack is run again.
package struct PartialPass: Sendable {
  package let stack: StackName
  /// The row of the recorded run that each row is a variation of.
  package var rows: [Int]
  /// The positions that are read; those before them are as they were recorded, those behind are left
  /// out.
  package var positions: Range<Int>
  /// The positions that are wanted behind the block.
  package var wanted: Range<Int>
  /// What the decoder reads of the encoder where that has changed, `[row, position, width]`.
  package var source: Tensor?

  package init(
    _ stack: StackName, rows: [Int], positions: Range<Int>, wanted: Range<Int>,
    source: Tensor? = nil
  ) {
    self.stack = stack
    self.rows = rows
    self.positions = positions
    self.wanted = wanted
    self.source = source
  }
}

/// What is known of a pass before it is run, and what is to be changed and kept.
package struct PartialHooks {
  /// Whether an activation is known, and need not be computed.
  package var knows: (HookPoint) -> Bool
  /// What is changed.
  package var interventions: [HookPoint: [Intervention]]
  /// What is kept.
  package var captured: Set<HookPoint>

  package init(
    knows: @escaping (HookPoint) -> Bool = { _ in false },
    interventions: [HookPoint: [Intervention]] = [:], captured: Set<HookPoint> = []
  ) {
    self.knows = knows
    self.interventions = interventions
    self.captured = captured
  }
}

extension RecordedRun {
  /// What the first block of a stack reads of some rows, all positions.
  package func embed(
    _ stack: StackName, rows: [Int], with hooks: PartialHooks
  ) throws -> (residual: Tensor, trace: Trace) {
    func pick<Value>(_ all: [[Value]]) -> [[Value]] { rows.map { all[$0] } }
    let tokens = pick(tokens(of: stack))
    let positions = model.configuration.positions(
      of: tokens, mask: mask(of: stack).map(pick), offset: 0)
    let passed = self.hooks(hooks, PartialPass(stack, rows: rows, positions: 0..<0, wanted: 0..<0))
    let residual = try model.embed(
      tokens, types: stack == .decoder ? nil : input.tokenTypes.map(pick), at: positions,
      with: model.stacks[index(of: stack)], hooks: passed)
    return (residual, passed.trace)
  }

  /// What a block makes of the residual stream `[row, position, width]` at the positions of a part;
  /// `[row, wanted position, width]`.
  package func pass(
    _ residual: Tensor, throughBlock layer: Int, of part: PartialPass, with hooks: PartialHooks
  ) throws -> (residual: Tensor, trace: Trace) {
    let stack = model.stacks[index(of: part.stack)]
    func point(_ place: HookPoint.BlockPoint) -> HookPoint { .block(part.stack, layer, place) }
    let passed = self.hooks(hooks, part)
    let isCausal = part.stack == .decoder || model.configuration.encoder == nil
    var context = StackContext(
      mask: AttentionMask(
        keys: mask(of: part.stack).map { all in
          part.rows.map { Array(all[$0].prefix(part.positions.upperBound)) }
        }, isCausal: isCausal, queryOffset: part.wanted.lowerBound))
    let first = part.positions.lowerBound
    if part.wanted != part.positions {
      context.queries = (part.wanted.lowerBound - first)..<(part.wanted.upperBound - first)
    }
    var cache = BlockCache()
    let attends =
      !hooks.knows(point(.attentionOut(.own))) && !hooks.knows(point(.attention(.own, .mixed)))
    if attends {
      context.rotation = rotation?.of(part.rows).at(part.positions)
      if let bias = stack.positionBias {
        context.bias = try passed[.block(part.stack, 0, .attention(.own, .positionBias))](
          bias(
            queryCount: part.wanted.count, keyCount: part.positions.upperBound,
            offset: part.wanted.lowerBound))
      }
      if first > 0, let own = states[index(of: part.stack)].blocks[layer].own {
        cache.own = KeyValues(
          keys: own.keys.slice(axis: 1, 0..<first).gathering(part.rows),
          values: own.values.slice(axis: 1, 0..<first).gathering(part.rows))
      }
    }
    if part.stack == .decoder {
      context.source = part.source ?? source
      context.sourceMask = AttentionMask(
        keys: input.mask.map { all in part.rows.map { all[$0] } }, isCausal: false)
      let isChanged = [HookPoint.AttentionPoint.key, .value].contains {
        hooks.interventions[point(.attention(.cross, $0))] != nil
          || hooks.captured.contains(point(.attention(.cross, $0)))
      }
      let attends =
        !hooks.knows(point(.attentionOut(.cross)))
        && !hooks.knows(point(.attention(.cross, .mixed)))
      if part.source == nil, attends, let cross = states[1].blocks[layer].cross {
        let (keys, values) = (cross.keys.gathering(part.rows), cross.values.gathering(part.rows))
        if isChanged {
          // What is changed has to pass its hooks.
          passed.know {
            if $0 == point(.attention(.cross, .key)) { return keys }
            return $0 == point(.attention(.cross, .value)) ? values : nil
          }
        } else {
          cache.cross = KeyValues(keys: keys, values: values)
        }
      }
    }
    let result = try stack.blocks[layer](
      residual, context: context, cache: &cache, hooks: passed.block(part.stack, layer))
    return (result, passed.trace)
  }

  /// What a stack returns of the residual stream that leaves its last block.
  package func end(
    _ residual: Tensor, of part: PartialPass, with hooks: PartialHooks
  ) throws -> (output: Tensor, trace: Trace) {
    let passed = self.hooks(hooks, part)
    let output = try model.stacks[index(of: part.stack)].end(residual, hooks: passed)
    return (output, passed.trace)
  }

  private func hooks(_ hooks: PartialHooks, _ part: PartialPass) -> Hooks {
    Hooks(
      configuration: model.configuration, capturing: hooks.captured,
      intervening: hooks.interventions
    ) { point in
      hooks.knows(point) ? try activation(at: point, of: part) : nil
    }
  }
}

/// Where the axes of an activation lie in a partial pass.
package struct ActivationExtent: Sendable {
  /// The axis that counts positions, of the whole activation with its batch axis.
  package let axis: Int
  /// Which positions it covers.
  package let positions: Range<Int>
  /// How many keys the last axis covers, of scores and patterns.
  package let keys: Int?
}

extension RecordedRun {
  /// Where an activation lies in a part of a pass.
  package func extent(of point: HookPoint, in part: PartialPass) -> ActivationExtent {
    let isBefore = model.configuration.normPlacement == .before
    guard case .block(_, _, let place) = point else {
      if case .finalNorm = point {
        return ActivationExtent(axis: 1, positions: part.wanted, keys: nil)
      }
      return ActivationExtent(axis: 1, positions: 0..<length(of: part.stack), keys: nil)
    }
    let sources = input.tokens[0].count
    switch place {
    case .residualPre, .input(.key), .input(.value), .attention(.own, .key),
      .attention(.own, .value), .attention(.own, .rotatedKey):
      return ActivationExtent(axis: 1, positions: part.positions, keys: nil)
    case .norm(1, _) where isBefore:
      return ActivationExtent(axis: 1, positions: part.positions, keys: nil)
    case .attention(.cross, .key), .attention(.cross, .value):
      return ActivationExtent(axis: 1, positions: 0..<sources, keys: nil)
    case .attention(let kind, .scores), .attention(let kind, .pattern):
      let keys = kind == .cross ? sources : part.positions.upperBound
      return ActivationExtent(axis: 2, positions: part.wanted, keys: keys)
    case .attention(_, .positionBias):
      return ActivationExtent(axis: 1, positions: part.wanted, keys: part.positions.upperBound)
    default: return ActivationExtent(axis: 1, positions: part.wanted, keys: nil)
    }
  }

  /// What was recorded at a point, for the rows and positions of a part.
  package func activation(at point: HookPoint, of part: PartialPass) throws -> Tensor {
    let extent = extent(of: point, in: part)
    var found = try trace[point]
    if extent.positions.count < found.shape[extent.axis] {
      found = found.slice(axis: extent.axis, extent.positions)
    }
    if let keys = extent.keys, keys < found.shape[found.rank - 1] {
      found = found.slice(axis: found.rank - 1, 0..<keys)
    }
    return part.rows.elementsEqual(0..<found.shape[0]) ? found : found.gathering(part.rows)
  }
}
