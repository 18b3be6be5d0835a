import CircuitsVocabulary
import Tensors
import Transformers

/// Both runs of a pair, and what becomes of the stream when a node writes something else: by what is
/// added to the stream, and not by changing a run.
struct PairRuns {
  let model: Transformer
  let pair: TaskPair
  let clean: Trace
  let corrupted: Trace
  let layerCount: Int
  private let pass: HeadwisePass

  init(_ model: Transformer, _ pair: TaskPair) throws {
    self.model = model
    self.pair = pair
    pass = HeadwisePass(model)
    let layers = model.configuration.decoder?.layerCount ?? 0
    layerCount = layers
    let points = (0..<layers).flatMap { layer in
      [
        .residualPre, .residualMid, .residualPost, .mlpOut, .attentionOut(.own),
        .attention(.own, .result),
      ].map { HookPoint.block(.blocks, layer, $0) }
    }
    clean = try model.run(ModelInput(pair.clean), capturing: .points(Set(points))).trace
    corrupted = try model.run(ModelInput(pair.corrupted), capturing: .points(Set(points))).trace
  }

  var end: Int { pair.clean.count - 1 }

  static func point(_ layer: Int, _ point: HookPoint.BlockPoint) -> HookPoint {
    .block(.blocks, layer, point)
  }

  /// What a node writes, `[1, position, width]`.
  func output(_ node: Node, _ trace: Trace) throws -> Tensor {
    switch node {
    case .embedding: return try trace[Self.point(0, .residualPre)]
    case .mlp(let layer): return try trace[Self.point(layer, .mlpOut)]
    case .head(let layer, let head):
      let all = try trace[Self.point(layer, .attention(.own, .result))]
      return all.slice(axis: 2, head..<(head + 1))
        .reshaped(to: [all.shape[0], all.shape[1], all.shape[3]])
    }
  }

  /// What the corrupted text changes in what a node writes.
  func change(_ node: Node) throws -> Tensor {
    try output(node, corrupted) - output(node, clean)
  }

  /// The stream before a block when a node has written something else and no head answers.
  ///
  /// - Parameters:
  ///   - change: What it writes more than in the clean run, `[1, position, width]`.
  ///   - layer: The block, or the number of blocks for the end.
  func stream(
    before layer: Int, when node: Node, changesBy change: Tensor, mlpsAnswer: Bool
  ) throws -> Tensor {
    var (difference, next): (Tensor, Int)
    switch node {
    case .embedding: (difference, next) = (change, 0)
    case .mlp(let own): (difference, next) = (change, own + 1)
    case .head(let own, _): (difference, next) = (change, own)
    }
    while next < layer {
      if mlpsAnswer {
        let middle = try clean[Self.point(next, .residualMid)] + difference
        let said = try pass.mlp(pass.normedForMLP(middle, layer: next), layer: next)
        difference = difference + said - (try clean[Self.point(next, .mlpOut)])
      }
      next += 1
    }
    let before =
      layer < layerCount
      ? try clean[Self.point(layer, .residualPre)]
      : try clean[Self.point(layerCount - 1, .residualPost)]
    return before + difference
  }

  /// The logits at the end of the text when the stream behind the last block is this.
  func logits(ofLast stream: Tensor) -> Tensor {
    model.logits(ofNormed: model.finalNorm(stream[at: 0].slice(end..<(end + 1))))[at: 0]
  }

  /// The logits at the end of the clean text in a run with changes.
  func logits(_ changes: [Intervention]) throws -> Tensor {
    try model.run(ModelInput(pair.clean), intervening: changes).logits[at: 0][at: end]
  }

  /// A change of one head's part of `[1, position, head, …]`.
  static func exchange(_ head: Int, at point: HookPoint, for value: Tensor) -> Intervention {
    Intervention(at: point) { all in
      .concatenation(
        (0..<all.shape[2]).map { index in
          index == head
            ? value.reshaped(to: [1, all.shape[1], 1, all.shape[3]])
            : all.slice(axis: 2, index..<(index + 1))
        }, axis: 2)
    }
  }

  /// A change of what a node writes, `[1, position, width]`, to which everything answers.
  static func letting(_ node: Node, write value: Tensor) -> Intervention {
    switch node {
    case .embedding: .replace(point(0, .residualPre), with: value)
    case .mlp(let layer): .replace(point(layer, .mlpOut), with: value)
    case .head(let layer, let head):
      exchange(head, at: point(layer, .attention(.own, .result)), for: value)
    }
  }
}
