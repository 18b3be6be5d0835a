public import Interpretability
public import Tensors
public import Transformers

/// A hidden state taken from one run and read in another: overwrite the state after l* blocks at
/// position i* of a target run by what a map makes of the state after l blocks at position i of a
/// source run, and see what the target model predicts.
///
/// Ghandeharioun et al., "Patchscopes: A Unifying Framework for Inspecting Hidden Representations of
/// Language Models", 2024.
public struct Patchscope: Sendable {
  /// Where the state comes from: (S, i, M, l).
  public struct Source: Sendable {
    /// M, of one stack.
    public var model: Transformer
    /// S.
    public var tokens: [Int]
    /// i.
    public var position: Int
    /// l: how many blocks the state has passed; 0 is what the first one reads.
    public var layer: Int
    /// What is changed in the run besides, such as attention that is cut.
    public var changes: [Change] = []

    /// A place in a source run.
    public init(_ model: Transformer, _ tokens: [Int], position: Int, layer: Int) {
      self.model = model
      self.tokens = tokens
      self.position = position
      self.layer = layer
    }
  }

  /// Where the state goes: (T, i*, M*, l*).
  public struct Target: Sendable {
    /// M*, of one stack.
    public var model: Transformer
    /// T.
    public var tokens: [Int]
    /// i*.
    public var position: Int
    /// l*: how many blocks have been passed where the state is overwritten.
    public var layer: Int
    /// What is changed in the run besides, such as embeddings that are spoilt by noise.
    public var changes: [Change] = []

    /// A place in a target run.
    public init(_ model: Transformer, _ tokens: [Int], position: Int, layer: Int) {
      self.model = model
      self.tokens = tokens
      self.position = position
      self.layer = layer
    }
  }

  /// Where the state comes from.
  public var source: Source
  /// f: `[row, width]` of the source model to `[row, width]` of the target model.
  public var map: @Sendable (Tensor) throws -> Tensor
  /// Where it goes.
  public var target: Target

  /// A Patchscope; without a map the state is taken as it is.
  public init(
    source: Source, map: @escaping @Sendable (Tensor) throws -> Tensor = { $0 }, target: Target
  ) {
    self.source = source
    self.map = map
    self.target = target
  }

  /// The logits of the target run at every position, `[position, token]`.
  ///
  /// - Throws: ``PatchscopeError`` when a place does not exist or the map's result does not fit, and
  ///   what the models throw.
  public func logits() throws -> Tensor {
    let state = try source.state()
    let patched = try target.logits(patching: try map(state), at: nil)
    return patched[at: 0]
  }
}

/// A Patchscope that cannot be run, and why, in one sentence.
public struct PatchscopeError: Error, CustomStringConvertible {
  /// The sentence.
  public let description: String
}

extension Patchscope.Source {
  /// The state, `[1, width]`.
  ///
  /// - Throws: ``PatchscopeError`` when the place does not exist, and what the model throws.
  public func state() throws -> Tensor {
    let points = try Patchscope.check(model, tokens, position, layer, "source")
    if !changes.isEmpty {
      return try activations(
        of: [Trial(changes)], at: [points[layer]], in: model, ModelInput(tokens))[
          0][points[layer]]!.slice(position..<(position + 1))
    }
    return try model.run(ModelInput(tokens), capturing: [points[layer]], logitsAt: 0..<1)
      .trace[points[layer]][at: 0].slice(position..<(position + 1))
  }
}

extension Patchscope.Target {
  /// The logits of runs in each of which one state has been overwritten: all runs are one batch, or a
  /// few, and none computes the blocks before the patch.
  ///
  /// - Parameters:
  ///   - states: `[run, width]`.
  ///   - read: The position whose logits are wanted, giving `[run, token]`; nil for all positions,
  ///     `[run, position, token]`.
  /// - Throws: ``PatchscopeError``, and what the model throws.
  public func logits(patching states: Tensor, at read: Int? = nil) throws -> Tensor {
    let points = try Patchscope.check(model, tokens, position, layer, "target")
    let width = model.configuration.width
    guard states.rank == 2, states.shape[1] == width, states.shape[0] > 0 else {
      throw PatchscopeError(
        description: "what is patched in has the shape \(states.shape), and the target model needs "
          + "[run, \(width)]; map it to that width")
    }
    if let read, !tokens.indices.contains(read) {
      throw PatchscopeError(
        description: "position \(read) cannot be read in a target of \(tokens.count) tokens")
    }
    if !changes.isEmpty { return try changedLogits(patching: states, at: read, points: points) }
    let plain = try model.run(ModelInput(tokens), capturing: [points[layer]], logitsAt: 0..<1)
      .trace[points[layer]]
    let batch = max(1, 4096 / tokens.count)
    var parts: [Tensor] = []
    for start in stride(from: 0, to: states.shape[0], by: batch) {
      let count = min(batch, states.shape[0] - start)
      var residual = Tensor.concatenation(Array(repeating: plain, count: count), axis: 0)
      residual.withUnsafeMutableValues { values in
        states.withUnsafeValues { rows in
          for run in 0..<count {
            let place = (run * tokens.count + position) * width
            for column in 0..<width {
              values[place + column] = rows[(start + run) * width + column]
            }
          }
        }
      }
      let logits = try model.run(
        ModelInput(tokens: Array(repeating: tokens, count: count)),
        from: .residual(residual, afterBlocks: layer), logitsAt: read.map { $0..<($0 + 1) }
      ).logits
      parts.append(read == nil ? logits : logits.reshaped(to: [count, logits.shape[2]]))
    }
    return .concatenation(parts, axis: 0)
  }
}

extension Patchscope.Target {
  /// The same where the run is changed besides.
  private func changedLogits(
    patching states: Tensor, at read: Int?, points: [HookPoint]
  ) throws -> Tensor {
    let last = points[points.count - 1]
    let trials = (0..<states.shape[0]).map { run in
      Trial([
        Change(
          Site(points[layer], positions: [position]),
          .replace(with: states.slice(run..<(run + 1))))
      ])
    }
    let residuals = try activations(
      of: trials, at: [last], in: model, ModelInput(tokens), under: [Trial(changes)])
    return .stack(
      residuals.map { found in
        let residual = found[last]!
        let logits = model.logits(
          ofNormed: model.finalNorm(read.map { residual.slice($0..<($0 + 1)) } ?? residual))
        return read == nil ? logits : logits[at: 0]
      })
  }
}

extension Patchscope {
  /// The places of the residual stream by layer, when the place that is meant exists.
  static func check(
    _ model: Transformer, _ tokens: [Int], _ position: Int, _ layer: Int, _ name: String
  ) throws -> [HookPoint] {
    guard !model.configuration.isEncoderDecoder else {
      throw PatchscopeError(
        description: "the \(name) model has an encoder and a decoder, and a Patchscope needs one "
          + "stack; take a decoder alone")
    }
    let points = model.configuration.residualPoints
    guard points.indices.contains(layer) else {
      throw PatchscopeError(
        description: "layer \(layer) of the \(name) does not exist: a state has passed from 0 to "
          + "\(points.count - 1) blocks")
    }
    guard tokens.indices.contains(position) else {
      throw PatchscopeError(
        description: "position \(position) is outside the \(name)'s \(tokens.count) tokens")
    }
    return points
  }

  /// The logit lens as a Patchscope, to be read at `position`: T = S, i* = i, l* = L, f = I.
  public static func logitLens(
    _ model: Transformer, _ tokens: [Int], position: Int, layer: Int
  ) -> Patchscope {
    Patchscope(
      source: Source(model, tokens, position: position, layer: layer),
      target: Target(
        model, tokens, position: position, layer: model.configuration.residualPoints.count - 1))
  }

  /// A lens as a Patchscope: T = S, i* = i, l* = L, f what the lens makes of a state.
  public static func lens(
    _ lens: some Lens, _ model: Transformer, _ tokens: [Int], position: Int, layer: Int
  ) -> Patchscope {
    var scope = logitLens(model, tokens, position: position, layer: layer)
    // The last layer is what a lens maps to: nothing is left to translate.
    if layer < scope.target.layer { scope.map = { lens.translate($0, layer: layer) } }
    return scope
  }
}
