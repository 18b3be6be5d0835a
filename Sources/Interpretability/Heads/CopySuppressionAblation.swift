import Foundation
public import Interpretability
import Interventions
import Tensors
public import Transformers

/// The copy-suppression-preserving ablation: how much of a head is copy suppression.
///
/// Of what the head moves from a source s to a destination d only this is kept: the part along the
/// unembeddings of tokens s* that the head's OV circuit suppresses most when it reads s, and that are
/// among the likeliest predictions at d before the head. All else is mean-ablated. Only the direct
/// effect on the logits is looked at: later layers hear of nothing. With no tokens kept it is the mean
/// ablation, with all of them the model.
///
/// McDougall et al., "Copy Suppression: Comprehensively Understanding an Attention Head", 2023.
public struct CopySuppressionAblation: Sendable, Codable, Equatable {
  /// How many suppressed neighbours of a source count.
  public let keys: Int
  /// How many predictions at a destination count.
  public let unembeddings: Int
  /// The mean KL(what is kept ‖ the model) of the next token's distribution, in nats.
  public let preserved: Double
  /// The mean KL(mean-ablated ‖ the model), in nats.
  public let ablated: Double
  /// Over how many positions the means are.
  public let positions: Int

  /// 1 − KL/KL: how much of the head is kept; nil when mean ablation changes nothing.
  public var recovered: Double? { ablated > 0 ? 1 - preserved / ablated : nil }
}

extension HeadCircuits {
  /// The ablation of a head for some values of its two K's, over texts.
  ///
  /// - Parameters:
  ///   - settings: Pairs of how many neighbours of a source and how many predictions count.
  ///   - embedded: What stands for sources in the OV circuit.
  /// - Throws: ``HeadError``, and what running the model throws.
  public func copySuppressionAblation(
    of head: HeadAddress, on texts: ModelInput, settings: [(keys: Int, unembeddings: Int)],
    in embedded: EmbeddedTokens
  ) throws -> [CopySuppressionAblation] {
    let head = try checked(head)
    guard model.configuration.normPlacement == .before else { throw HeadError.normsAfter }
    let size = unembedding.shape[0]
    for (what, counts) in [
      ("the number of keys", settings.map(\.keys)),
      ("the number of unembeddings", settings.map(\.unembeddings)),
    ] {
      for count in counts where !(0...size).contains(count) {
        throw HeadError.count(what, count, range: 0...size)
      }
    }
    let there = Set(texts.places.map(\.token)).sorted()
    if there.isEmpty { throw HeadError.noTexts("copy suppression") }
    let most = settings.map(\.keys).max() ?? 0
    let neighbours = Dictionary(
      uniqueKeysWithValues: zip(
        there,
        try outputNeighbours(of: there, head, in: embedded, count: most).map {
          $0.suppressed.map(\.token)
        }))
    let mean = Tensor(try meanMixed(head, over: texts))
    var sums = settings.map { _ in 0.0 }
    var (ablated, count) = (0.0, 0)
    let points: Set<HookPoint> = [
      .block(stackName, head.layer, .attention(.own, .value)),
      .pattern(stackName, head.layer), lastPoint,
    ]
    for batch in texts.batches(of: 16) {
      let run = try RecordedRun(model, batch, capturing: points)
      for row in batch.tokens.indices {
        let places = batch.tokens[row].indices.filter { batch.mask?[row][$0] ?? true }
        if places.isEmpty { continue }
        let text = try SuppressionText(
          self, run, row: row, places: places, head: head, mean: mean,
          wantsRanks: settings.contains { $0.unembeddings < size })
        let bare = text.divergence(of: text.absent)
        ablated += bare
        count += places.count
        for (index, setting) in settings.enumerated() {
          let isNone = setting.keys == 0 || setting.unembeddings == 0
          sums[index] +=
            isNone
            ? bare
            : text.divergence(
              of: text.kept(
                neighbours: { Array(neighbours[$0]!.prefix(setting.keys)) },
                predictions: setting.unembeddings))
        }
      }
    }
    return zip(settings, sums).map {
      CopySuppressionAblation(
        keys: $0.keys, unembeddings: $0.unembeddings, preserved: $1 / Double(count),
        ablated: ablated / Double(count), positions: count)
    }
  }
}

/// One text on its way through the ablation.
private struct SuppressionText {
  private let circuits: HeadCircuits
  private let tokens: [Int]
  /// The final residual stream, `[position, width]`.
  private let final: Tensor
  /// What the head moves from every source beyond the mean, `[source, width]`.
  private let moved: Tensor
  /// The head's pattern, `[destination, source]`.
  private let pattern: Tensor
  /// For every destination all tokens, the likeliest first; empty when all count.
  private let ranked: [[Int32]]
  private let logProbabilities: Tensor

  init(
    _ circuits: HeadCircuits, _ run: RecordedRun, row: Int, places: [Int], head: HeadAddress,
    mean: Tensor, wantsRanks: Bool
  ) throws {
    self.circuits = circuits
    let (stack, model, stackName) = (circuits.stack, circuits.model, circuits.stackName)
    tokens = places.map { run.input.tokens[row][$0] }
    final = try run.trace[circuits.lastPoint][at: row].gathering(places)
    let values = try run.trace[.block(stackName, head.layer, .attention(.own, .value))][at: row]
    let shared = circuits.shared(head)
    let own = values.slice(axis: 1, shared..<(shared + 1))
      .reshaped(to: [values.shape[0], values.shape[2]]).gathering(places)
    let width = circuits.shape.headWidth
    let output = stack.blocks[head.layer].attention.output.weight
      .slice(axis: 1, (head.head * width)..<((head.head + 1) * width))
    moved = (own - mean).matmul(transposing: output)
    pattern = try run.trace[.pattern(stackName, head.layer)][at: row][at: head.head]
      .gathering(places).gatheringAllColumns(places)
    logProbabilities = model.logits(ofNormed: model.finalNorm(final)).logSoftmax()
    guard wantsRanks else {
      ranked = []
      return
    }
    let before = try run.trace[.residualPre(stackName, head.layer)][at: row].gathering(places)
    let lens = model.logits(ofNormed: model.finalNorm(before))
    ranked = places.indices.map { place in
      let values = lens[at: place].values
      return (0..<Int32(values.count)).sorted { values[Int($0)] > values[Int($1)] }
    }
  }

  /// What mean ablation takes off the final residual stream.
  var absent: Tensor { pattern.matmul(moved) * -1 }

  /// What the ablation takes off the final residual stream, `[destination, width]`.
  func kept(neighbours: (Int) -> [Int], predictions: Int) -> Tensor {
    var result = absent
    let width = moved.shape[1]
    let size = circuits.unembedding.shape[0]
    let sources = tokens.map(neighbours)
    var bases: [[Int]: [[Float]]] = [:]
    result.withUnsafeMutableValues { out in
      moved.withUnsafeValues { moved in
        for destination in tokens.indices {
          var isPredicted: [Bool] = []
          if predictions < size {
            isPredicted = Array(repeating: false, count: size)
            for token in ranked[destination].prefix(predictions) { isPredicted[Int(token)] = true }
          }
          for source in tokens.indices {
            let weight = pattern[destination, source]
            if weight == 0 { continue }
            let set =
              isPredicted.isEmpty
              ? sources[source] : sources[source].filter { isPredicted[$0] }
            if set.isEmpty { continue }
            let basis = bases[set] ?? circuits.basis(of: set)
            // A set that many pairs share is spanned once; few others come again.
            if bases.count < 4096 { bases[set] = basis }
            let from = moved.baseAddress! + source * width
            for unit in basis {
              let reach = weight * Kernel.dot(from, unit, count: width)
              for i in 0..<width { out[destination * width + i] += reach * unit[i] }
            }
          }
        }
      }
    }
    return result
  }

  /// The sum over positions of KL(changed ‖ model).
  func divergence(of change: Tensor) -> Double {
    let model = circuits.model
    let changed = model.logits(ofNormed: model.finalNorm(final + change)).logSoftmax()
    return changed.withUnsafeValues { p in
      logProbabilities.withUnsafeValues { q in
        var sum = 0.0
        for i in p.indices where p[i] > -.infinity {
          sum += exp(Double(p[i])) * (Double(p[i]) - Double(q[i]))
        }
        return max(sum, 0)
      }
    }
  }
}

extension HeadCircuits {
  /// An orthonormal basis of the span of tokens' unembeddings.
  fileprivate func basis(of tokens: [Int]) -> [[Float]] {
    let width = unembedding.shape[1]
    let most = centres ? width - 1 : width
    var basis: [[Float]] = []
    for token in tokens where basis.count < most {
      var rest = unembedding[at: token].values
      let length = Self.length(rest)
      // Twice: what rounding leaves of the others the first time is gone the second.
      for _ in 0..<2 {
        for unit in basis {
          let along = Kernel.dot(rest, unit, count: width)
          for i in 0..<width { rest[i] -= along * unit[i] }
        }
      }
      let left = Self.length(rest)
      if left > 1e-4 * length, left > 0 { basis.append(rest.map { $0 / left }) }
    }
    return basis
  }
}

extension Tensor {
  /// Some columns of a matrix.
  fileprivate func gatheringAllColumns(_ columns: [Int]) -> Tensor {
    columns.elementsEqual(0..<shape[1]) ? self : transposed().gathering(columns).transposed()
  }
}
