import Foundation
public import Interpretability
import Interventions
public import Tensors
public import Transformers

/// What every head and every MLP adds by itself to the logit of a token, at many places at once.
///
/// The logit is held against the mean over all tokens: what raises all alike says nothing. Norms are
/// held at the scales of the run, as in `LogitAttribution`, which tells one logit apart in full; this
/// is the same for a corpus. Over the tokens that really follow it is the survey that finds negative
/// heads.
public struct DirectEffects: Sendable {
  /// The heads, layer by layer.
  public let heads: [HeadAddress]
  /// The places, text by text.
  public let places: [TokenPlace]
  /// What each head adds at each place, its value bias included, `[head, place]`.
  public let byHead: Tensor
  /// What each MLP adds at each place, its output bias included, `[layer, place]`.
  public let byMLP: Tensor

  /// The mean over all places, for every head.
  public var means: [Float] { heads.indices.map { byHead[at: $0].values.average } }

  /// The places where a head lowers the token most, the greatest loss first.
  public func lowered(by head: HeadAddress, count: Int = 10) -> [(place: TokenPlace, value: Float)]
  {
    guard let index = heads.firstIndex(of: head) else { return [] }
    return greatest(byHead[at: index].values.map { -$0 }, count).map {
      (places[$0.token], -$0.value)
    }
  }
}

extension HeadCircuits {
  /// The direct effects on every token that follows, over a corpus.
  ///
  /// - Throws: What running the model throws.
  public func directEffects(on texts: ModelInput) throws -> DirectEffects {
    try directEffects(on: texts, at: texts.nextTokens)
  }

  /// The direct effects on tokens of one's own choice.
  ///
  /// - Parameter places: Ordered by text.
  public func directEffects(
    on texts: ModelInput, at places: [TokenPlace]
  ) throws -> DirectEffects {
    guard !places.isEmpty else { throw HeadError.noTexts("a direct effect") }
    var parts: [DirectEffects] = []
    let size = 64
    for (number, batch) in texts.batches(of: size).enumerated() {
      let first = number * size
      let here = places.filter { (first..<(first + batch.tokens.count)).contains($0.row) }
      if here.isEmpty { continue }
      let run = try RecordedRun(model, batch, capturing: effectPoints)
      let local = here.map {
        TokenPlace(row: $0.row - first, position: $0.position, token: $0.token)
      }
      let found = try effects(in: run, at: local, scales: run)
      parts.append(
        DirectEffects(heads: heads, places: here, byHead: found.heads, byMLP: found.mlps))
    }
    return DirectEffects(
      heads: heads, places: parts.flatMap(\.places),
      byHead: .concatenation(parts.map(\.byHead), axis: 1),
      byMLP: .concatenation(parts.map(\.byMLP), axis: 1))
  }

  /// What a run has to keep for its direct effects.
  var effectPoints: Set<HookPoint> {
    let name = stackName
    return Set(
      model.configuration.hookPoints.filter { point in
        switch point {
        case .finalNorm(name, .scale), .block(name, _, .attention(.own, .mixed)),
          .block(name, _, .mlpOut):
          true
        case .block(name, _, .norm(_, .scale)): model.configuration.normPlacement == .after
        default: point == lastPoint
        }
      })
  }

  /// Where the residual stream leaves the last block.
  var lastPoint: HookPoint { model.configuration.residualPoints.last! }

  /// Direct effects in a run, with the scales of norms that another run had, and the whole logits
  /// against their mean, but for what biases of the final norm and the unembedding add.
  func effects(
    in run: RecordedRun, at places: [TokenPlace], scales: RecordedRun
  ) throws -> (heads: Tensor, mlps: Tensor, whole: [Float]) {
    let length = run.length(of: stackName)
    let rows = places.map { $0.row * length + $0.position }
    func at(_ point: HookPoint, of run: RecordedRun) throws -> Tensor {
      let found = try run.trace[point]
      let inner = found.shape.dropFirst(2).reduce(1, *)
      return found.reshaped(to: [found.shape[0] * found.shape[1], inner]).gathering(rows)
    }
    var direction = unembedding.gathering(places.map(\.token))
    let last = try at(lastPoint, of: run)
    if stack.finalNorm != nil {
      direction = try direction / at(.finalNorm(stackName, .scale), of: scales)
    }
    let whole = (last * direction).sum(axis: 1).values
    var (byHead, byMLP): ([Tensor], [Tensor]) = ([], [])
    for (layer, block) in stack.blocks.enumerated().reversed() {
      func point(_ place: HookPoint.BlockPoint) -> HookPoint { .block(stackName, layer, place) }
      /// Takes the direction back through a norm after a layer.
      func pass(_ norm: Norm?, _ number: Int) throws {
        guard model.configuration.normPlacement == .after, let norm else { return }
        let weighted = direction * norm.weight
        let centred =
          norm.bias == nil ? weighted : weighted - weighted.mean(axis: 1, keepingAxis: true)
        direction = try centred / at(point(.norm(number, .scale)), of: scales)
      }
      try pass(block.mlpNorm, 2)
      byMLP.append(
        block.mlp == nil
          ? .zeros([places.count])
          : (try at(point(.mlpOut), of: run) * direction).sum(axis: 1))
      try pass(block.attentionNorm, 1)
      let written = direction.matmul(block.attention.output.weight)
      let parts = (try at(point(.attention(.own, .mixed)), of: run) * written)
        .reshaped(to: [places.count, shape.headCount, shape.headWidth]).sum(axis: 2)
      byHead.append(parts.transposed())
    }
    return (.concatenation(byHead.reversed(), axis: 0), .stack(byMLP.reversed()), whole)
  }
}
