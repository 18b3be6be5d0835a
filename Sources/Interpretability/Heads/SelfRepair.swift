import Foundation
public import Interpretability
public import Interventions
public import Tensors
public import Transformers

/// What a model makes up for when a head is taken away.
///
/// By its direct effect alone a head's absence would cost so much of a token's logit. In fact later
/// parts answer to it and write otherwise, and the final norm divides by another scale. Logits are held
/// against their mean over all tokens. At every place
/// expected − repairs of heads and MLPs − what the scale repairs = actual, exactly.
///
/// McGrath et al., "The Hydra Effect", 2023; Rushing and Nanda, "Explorations of Self-Repair in
/// Language Models", 2024.
public struct SelfRepair: Sendable {
  /// The head that is taken away.
  public let head: HeadAddress
  /// Where it is measured.
  public let places: [TokenPlace]
  /// The loss that the direct effect makes one expect, the final norm held at its scale, `[place]`.
  public let expected: [Float]
  /// The loss there is, `[place]`.
  public let actual: [Float]
  /// The heads, layer by layer.
  public let heads: [HeadAddress]
  /// How much more each head writes for the token than before, at the old scale, `[head, place]`; of
  /// the head itself nothing.
  public let byHead: Tensor
  /// The same of each MLP, `[layer, place]`.
  public let byMLP: Tensor
  /// What another scale of the norms on the way to the logits makes up, `[place]`.
  public let byScale: [Float]

  /// The share of the expected loss that is made up, over all places: Σ (expected − actual) /
  /// Σ expected; nil where nothing is expected, or what is expected is no number.
  public var repairedShare: Double? {
    let (expected, actual) = (Self.sum(expected), Self.sum(actual))
    guard abs(expected) >= 1e-9, actual.isFinite else { return nil }
    return (expected - actual) / expected
  }

  /// The share of what is made up that some heads make up; nil where nothing is, or it is no number.
  public func share(of repairers: [HeadAddress]) -> Double? {
    let whole = Self.sum(expected) - Self.sum(actual)
    let part = repairers.reduce(0.0) { sum, head in
      heads.firstIndex(of: head).map { sum + Self.sum(byHead[at: $0].values) } ?? sum
    }
    guard abs(whole) >= 1e-9, part.isFinite else { return nil }
    return part / whole
  }

  /// The mean over all places of what each head makes up, the greatest first; what is no number last.
  public var repairers: [(head: HeadAddress, repair: Float)] {
    let all = heads.indices.map { (head: heads[$0], repair: byHead[at: $0].values.average) }
    return all.filter { !$0.repair.isNaN }.sorted { $0.repair > $1.repair }
      + all.filter(\.repair.isNaN)
  }

  private static func sum(_ values: [Float]) -> Double { values.reduce(0.0) { $0 + Double($1) } }
}

extension HeadCircuits {
  /// What is made up for when a head is taken away.
  ///
  /// - Parameters:
  ///   - kind: Zeros or the mean over all tokens of the texts.
  ///   - places: Where, ordered by text; nil means every token that follows.
  /// - Throws: ``HeadError``, and what running the model throws.
  public func selfRepair(
    of head: HeadAddress, on texts: ModelInput, kind: AblationKind = .mean,
    at places: [TokenPlace]? = nil
  ) throws -> SelfRepair {
    let head = try checked(head)
    let places = places ?? texts.nextTokens
    guard !places.isEmpty else { throw HeadError.noTexts("self-repair") }
    let ablation = try ablation(of: head, kind, over: texts)
    let own = heads.firstIndex(of: head)!
    var (expected, actual, scales): ([Float], [Float], [Float]) = ([], [], [])
    var (byHead, byMLP): ([Tensor], [Tensor]) = ([], [])
    let size = 64
    for (number, batch) in texts.batches(of: size).enumerated() {
      let first = number * size
      let here = places.filter { (first..<(first + batch.tokens.count)).contains($0.row) }
        .map { TokenPlace(row: $0.row - first, position: $0.position, token: $0.token) }
      if here.isEmpty { continue }
      let clean = try RecordedRun(model, batch, capturing: effectPoints)
      let ablated = try RecordedRun(
        model, batch, capturing: effectPoints, intervening: [ablation])
      let before = try effects(in: clean, at: here, scales: clean)
      let frozen = try effects(in: ablated, at: here, scales: clean)
      let after = try effects(in: ablated, at: here, scales: ablated).whole
      var change = frozen.heads - before.heads
      expected += change[at: own].values.map { -$0 }
      change.withUnsafeMutableValues { values in
        for place in here.indices { values[own * here.count + place] = 0 }
      }
      actual += zip(before.whole, after).map { $0 - $1 }
      byHead.append(change)
      byMLP.append(frozen.mlps - before.mlps)
      scales += zip(after, frozen.whole).map { $0 - $1 }
    }
    let repairs = Tensor.concatenation(byHead, axis: 1)
    let mlps = Tensor.concatenation(byMLP, axis: 1)
    if model.configuration.normPlacement == .after {
      // With norms on the way, what a scale does is not seen in the last state alone.
      let parts = zip(repairs.sum(axis: 0).values, mlps.sum(axis: 0).values)
      scales = zip(zip(expected, actual), parts).map { $0.0 - $0.1 - $1.0 - $1.1 }
    }
    return SelfRepair(
      head: head, places: places, expected: expected, actual: actual, heads: heads,
      byHead: repairs, byMLP: mlps, byScale: scales)
  }

  /// Takes a head away in a run.
  func ablation(
    of head: HeadAddress, _ kind: AblationKind, over texts: ModelInput
  ) throws -> Intervention {
    switch kind {
    case .resample: throw HeadError.drawsFromTexts
    case .zero: return head.knockout
    case .mean:
      let mean = try meanMixed(head, over: texts)
      return Intervention(at: head.mixedPoint) { activation in
        var activation = activation
        let (heads, width) = (activation.shape[2], activation.shape[3])
        activation.withUnsafeMutableValues { values in
          for place in 0..<(values.count / (heads * width)) {
            for i in 0..<width { values[(place * heads + head.head) * width + i] = mean[i] }
          }
        }
        return activation
      }
    }
  }

  /// The mean of what a head mixes over all tokens of all texts, `[headWidth]`.
  func meanMixed(_ head: HeadAddress, over texts: ModelInput) throws -> [Float] {
    let means = try HeadAblation(model, texts, kind: .mean).means(of: [[head]])
    return means[head.mixedPoint]![at: 0][at: 0][at: head.head].values
  }
}
