import Foundation
public import Interpretability
package import Tensors
public import Transformers

/// What takes the place of an ablated head's mixed values.
public enum AblationKind: String, Sendable, Codable, CaseIterable {
  /// Zeros.
  case zero
  /// The mean over all tokens of all texts.
  case mean
  /// What the head mixes at the same positions of another text, drawn by the seed.
  case resample
}

/// What a model loses on texts when heads are taken away.
public struct HeadAblation: Sendable {
  /// The model, of a decoder alone or an encoder–decoder; of the latter the decoder's tokens count.
  public var model: Transformer
  /// The texts.
  public var input: ModelInput
  /// What takes the place of a head.
  public var kind: AblationKind
  /// Decides who is drawn when ``kind`` is `resample`.
  public var seed: UInt64

  /// Texts, and what takes a head's place in them.
  public init(
    _ model: Transformer, _ input: ModelInput, kind: AblationKind = .zero, seed: UInt64 = 0
  ) {
    self.model = model
    self.input = input
    self.kind = kind
    self.seed = seed
  }

  /// How well the next token is predicted.
  public struct Score: Sendable, Codable, Equatable {
    /// The mean loss of a predicted token, in nats.
    public let loss: Double
    /// The share of tokens that are the model's first choice.
    public let accuracy: Double
    /// The share of predictions that are other than without ablation.
    public let changed: Double
  }

  /// What one ablation did.
  public struct Effect: Sendable {
    /// The heads that were taken away together.
    public let heads: [HeadAddress]
    /// How well the rest predicts.
    public let score: Score
    /// How much the loss of every token grew, in nats, text by text; padding and first tokens have
    /// none.
    public let lossChanges: [[Float]]
  }

  /// The scores without ablation and with each group of heads ablated by itself.
  ///
  /// Texts go through in batches of bounded size, so that memory does not grow with their number.
  ///
  /// - Throws: ``SweepError``, and what running the model throws.
  public func effects(
    of groups: [[HeadAddress]], options: SweepOptions = SweepOptions(),
    progress: @Sendable (SweepProgress) -> Bool = { _ in true }
  ) throws -> (clean: Score, effects: [Effect]) {
    if groups.isEmpty { throw SweepError.empty("heads to ablate") }
    let means = kind == .mean ? try self.means(of: groups) : [:]
    var clean = Tally()
    var tallies = groups.map { _ in Tally() }
    var changes = groups.map { _ in [[Float]]() }
    let batch = 64
    let batches = stride(from: 0, to: input.tokens.count, by: batch).map {
      Array($0..<min($0 + batch, input.tokens.count))
    }
    let start = ContinuousClock.now
    for (number, rows) in batches.enumerated() {
      let part = input.rows(rows)
      var generator = SeededGenerator(seed: seed &+ UInt64(number))
      let points = Set(groups.joined().map(\.mixedPoint))
      let traces =
        kind == .resample
        ? try model.run(part, capturing: .points(points), logitsAt: 0..<1).trace : nil
      let others = rows.indices.map { row in
        let candidates = rows.indices.filter { $0 != row }
        return candidates.randomElement(using: &generator) ?? row
      }
      let trials = try groups.flatMap { heads in
        try rows.indices.map { row in
          Trial(
            row: row,
            try heads.map { head in
              let edit: Edit =
                switch kind {
                case .zero: .zero
                case .mean: .replace(with: means[head.mixedPoint]!, row: 0)
                case .resample:
                  .replace(with: try traces![head.mixedPoint], row: others[row])
                }
              return Change(.head(head.head, at: head.mixedPoint), edit)
            })
        }
      }
      let (finished, total) = (number * trials.count, batches.count * trials.count)
      let sweep = Sweep(trials, metric: .nextTokens)
      let results = try sweep.run(on: model, part, options: options) {
        let elapsed = (ContinuousClock.now - start) / .seconds(1)
        let done = finished + $0.finished
        return progress(
          SweepProgress(
            finished: done, total: total, elapsed: elapsed,
            remaining: elapsed / Double(max(done, 1)) * Double(total - done)))
      }
      let values = try results.values()
      let targets = try MetricReading.nextTargets(of: part)
      for row in rows.indices {
        clean.add(results.clean[row], beside: results.clean[row], targets: targets[row])
        for group in groups.indices {
          let found = values[group * rows.count + row]
          tallies[group].add(found, beside: results.clean[row], targets: targets[row])
          changes[group].append(
            stride(from: 0, to: found.count, by: 2).map { results.clean[row][$0] - found[$0] })
        }
      }
    }
    let effects = zip(groups, zip(tallies, changes)).map {
      Effect(heads: $0, score: $1.0.score, lossChanges: $1.1)
    }
    return (clean.score, effects)
  }

  /// Mean mixed values over all tokens, `[1, 1, head, width]`, by point.
  package func means(of groups: [[HeadAddress]]) throws -> [HookPoint: Tensor] {
    let points = Set(groups.joined().map(\.mixedPoint))
    var sums: [HookPoint: (sum: Tensor, count: Float)] = [:]
    for start in stride(from: 0, to: input.tokens.count, by: 64) {
      let part = input.rows(Array(start..<min(start + 64, input.tokens.count)))
      let trace = try model.run(part, capturing: .points(points), logitsAt: 0..<1).trace
      for point in points {
        let isDecoder = point.stack(in: model.configuration) == .decoder
        let mask = isDecoder ? part.decoderMask : part.mask
        let activation = try trace[point]
        let tokens =
          mask?.joined().count { $0 } ?? activation.shape[0] * activation.shape[1]
        let mean = try MeanActivation(of: activation, mask: mask, by: .allTokens).values
        let old = sums[point]
        sums[point] = (
          (old?.sum ?? .zeros(mean.shape)) + mean * Float(tokens), (old?.count ?? 0) + Float(tokens)
        )
      }
    }
    return sums.mapValues { $0.sum / max($0.count, 1) }
  }

  /// Sums over tokens.
  private struct Tally {
    var (loss, right, changed, count) = (0.0, 0, 0, 0)

    mutating func add(_ values: [Float], beside clean: [Float], targets: [Int]) {
      for (index, target) in targets.enumerated() {
        loss -= Double(values[2 * index])
        let token = Int(values[2 * index + 1])
        if token == target { right += 1 }
        if token != Int(clean[2 * index + 1]) { changed += 1 }
        count += 1
      }
    }

    var score: Score {
      let all = Double(max(count, 1))
      return Score(
        loss: loss / all, accuracy: Double(right) / all, changed: Double(changed) / all)
    }
  }
}

extension HeadAddress {
  /// Where the head's mixed values pass.
  public var mixedPoint: HookPoint { .block(stack, layer, .attention(kind, .mixed)) }
}

extension ModelInput {
  /// Some of the rows.
  package func rows(_ rows: [Int]) -> ModelInput {
    func pick<Value>(_ all: [[Value]]?) -> [[Value]]? { all.map { all in rows.map { all[$0] } } }
    return ModelInput(
      tokens: pick(tokens)!, mask: pick(mask), tokenTypes: pick(tokenTypes),
      decoderTokens: pick(decoderTokens), decoderMask: pick(decoderMask))
  }
}

extension MetricReading {
  /// The tokens that a metric of every next token predicts, by row.
  static func nextTargets(of input: ModelInput) throws -> [[Int]] {
    let tokens = input.decoderTokens ?? input.tokens
    let mask = input.decoderTokens == nil ? input.mask : input.decoderMask
    return tokens.enumerated().map { row, tokens in
      let places = tokens.indices.filter { mask?[row][$0] ?? true }
      return zip(places, places.dropFirst()).filter { $1 == $0 + 1 }.map { tokens[$1] }
    }
  }
}
