public import Tensors
import Transformers

/// Patchscopes of one source position and one target position, for all layers of the source by all
/// layers of the target.
///
/// All runs that enter at one layer of the target are one batch, and none computes what comes before
/// its patch.
public struct PatchscopeGrid: Sendable {
  /// The model, the text and the position that states come from; its layer is not read.
  public var source: Patchscope.Source
  /// The model, the text and the position they go to; its layer is not read.
  public var target: Patchscope.Target
  /// After how many blocks of the source states are taken; all states from 0 to L unless given.
  public var sourceLayers: [Int]
  /// After how many blocks of the target they are put in; all states unless given.
  public var targetLayers: [Int]
  /// f, for a source and a target layer: `[1, width]` of the source model to `[1, width]` of the
  /// target's.
  public var map:
    @Sendable (_ state: Tensor, _ sourceLayer: Int, _ targetLayer: Int) throws -> Tensor

  /// A grid; without a map states are taken as they are.
  public init(
    source: Patchscope.Source, target: Patchscope.Target, sourceLayers: [Int]? = nil,
    targetLayers: [Int]? = nil,
    map: @escaping @Sendable (Tensor, Int, Int) throws -> Tensor = { state, _, _ in state }
  ) {
    self.source = source
    self.target = target
    self.sourceLayers =
      sourceLayers ?? Array(0..<source.model.configuration.residualPoints.count)
    self.targetLayers =
      targetLayers ?? Array(0..<target.model.configuration.residualPoints.count)
    self.map = map
  }

  /// What a run predicts.
  public struct Cell: Sendable, Codable {
    /// The likeliest next token.
    public let token: Int
    /// Its probability.
    public let probability: Float
  }

  /// The likeliest next token at the target's last position, by source layer and target layer.
  ///
  /// - Throws: ``PatchscopeError`` when a place does not exist or a map's result does not fit,
  ///   ``SweepError/partial(finished:total:)`` when it is stopped, and what the models throw.
  public func cells(
    options: SweepOptions = SweepOptions(),
    progress: @Sendable (SweepProgress) -> Bool = { _ in true }
  ) throws -> [[Cell]] {
    let results = try results(options: options, progress: progress)
    if !results.isComplete { _ = try results.values() }
    return inRows(results).map { $0.map { $0! } }
  }

  /// The same, and nil for a cell that is not finished when it is stopped.
  public func finishedCells(
    options: SweepOptions = SweepOptions(), progress: @Sendable (SweepProgress) -> Bool
  ) throws -> [[Cell?]] {
    inRows(try results(options: options, progress: progress))
  }

  private func results(
    options: SweepOptions, progress: @Sendable (SweepProgress) -> Bool
  ) throws -> SweepResults {
    let base = target.changes.isEmpty ? [] : [Trial(target.changes)]
    return try Sweep(try self.trials(), metric: .likeliest(at: .at(-1)), base: base)
      .run(on: target.model, ModelInput(target.tokens), options: options, progress: progress)
  }

  private func inRows(_ results: SweepResults) -> [[Cell?]] {
    stride(from: 0, to: results.total, by: targetLayers.count).map { start in
      targetLayers.indices.map { column in
        results.finished[start + column].map { Cell(token: Int($0[0]), probability: $0[1]) }
      }
    }
  }

  /// What the target model writes behind each run, greedily, by source layer and target layer.
  ///
  /// - Throws: As ``cells(options:progress:)``; a target with changes of its own is not continued.
  public func generations(maximumNewTokens: Int) throws -> [[[Int]]] {
    guard target.changes.isEmpty else {
      throw PatchscopeError(
        description: "a target run that is changed elsewhere too cannot be continued; leave the "
          + "changes out, or read its next token alone")
    }
    let trials = try self.trials()
    var texts: [[Int]] = []
    // A single token is the prompt's at the first step and a new one later.
    let usingCache = target.tokens.count > 1
    let length = target.tokens.count
    for start in stride(from: 0, to: trials.count, by: 64) {
      let batch = trials[start..<min(start + 64, trials.count)]
      let changes = Dictionary(grouping: batch.enumerated()) {
        $0.element.changes[0].site.point
      }
      let interventions = changes.map { point, rows in
        Intervention(at: point) { [position = target.position] residual in
          // With a cache, later steps see the new token alone.
          guard !usingCache || residual.shape[1] == length else { return residual }
          var residual = residual
          let (count, width) = (residual.shape[1], residual.shape[2])
          residual.withUnsafeMutableValues { values in
            for (row, trial) in rows {
              guard case .replace(let state, _, _) = trial.changes[0].edit.kind else { continue }
              for unit in 0..<width {
                values[(row * count + position) * width + unit] = state[0, 0, unit]
              }
            }
          }
          return residual
        }
      }
      texts += try target.model.generate(
        fromEach: batch.map { _ in target.tokens }, maximumNewTokens: maximumNewTokens,
        usingCache: usingCache, intervening: interventions)
    }
    return stride(from: 0, to: texts.count, by: targetLayers.count).map {
      Array(texts[$0..<($0 + targetLayers.count)])
    }
  }

  /// A run a cell, source layer by source layer.
  private func trials() throws -> [Trial] {
    let width = target.model.configuration.width
    let states = try sourceLayers.map { layer in
      var source = source
      source.layer = layer
      return try source.state()
    }
    return try zip(sourceLayers, states).flatMap { layer, state in
      try targetLayers.map { other in
        let points = try Patchscope.check(
          target.model, target.tokens, target.position, other, "target")
        let mapped = try map(state, layer, other)
        guard mapped.shape == [1, width] else {
          throw PatchscopeError(
            description: "what is patched in has the shape \(mapped.shape), and the target model "
              + "needs [1, \(width)]; map it to that width")
        }
        let site = Site(points[other], positions: [target.position])
        return Trial([Change(site, .replace(with: mapped))])
      }
    }
  }
}
