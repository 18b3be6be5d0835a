public import Interpretability
public import Interventions
public import Tensors
public import Transformers

/// What a model loses on sentences with spans when heads are taken away.
public struct SpanAblation: Sendable {
  /// The model, of one stack.
  public let model: Transformer
  /// The sentences.
  public let sentences: [SpanTokens]
  /// What takes the place of a head: zeros, or the mean over all tokens of all sentences.
  public let kind: AblationKind
  /// How sweeps are run.
  public var options = SweepOptions()

  /// - Throws: ``SpanError`` when there are no sentences, the model is not of one stack, or the kind
  ///   is to draw from other texts, which differ in length here.
  public init(_ model: Transformer, _ sentences: [SpanTokens], kind: AblationKind) throws {
    guard kind != .resample else {
      throw SpanError(
        "heads of sentences with spans are replaced by zeros or means; choose zero or mean")
    }
    _ = try SpanRun(model, sentences, capturing: [])
    self.model = model
    self.sentences = sentences
    self.kind = kind
  }

  /// How well some tokens are predicted.
  public struct Score: Sendable, Codable, Equatable {
    /// The mean loss of a token, in nats.
    public let loss: Double
    /// The share of tokens that are the model's first choice.
    public let accuracy: Double
    /// The mean number of tokens that are likelier.
    public let rank: Double
    /// The share of predictions that are other than without ablation.
    public let changed: Double
    /// How many tokens are predicted.
    public let count: Int
  }

  /// The scores of a model with some heads taken away.
  public struct Scores: Sendable, Codable, Equatable {
    /// Over all tokens.
    public let all: Score
    /// Over the tokens of spans.
    public let span: Score
    /// Over the last token of each span: the next word when the span has been begun.
    public let last: Score
  }

  /// What one ablation did.
  public struct Effect: Sendable {
    /// The heads that were taken away together.
    public let heads: [HeadAddress]
    /// What the rest predicts.
    public let scores: Scores
    /// How much the mean loss of each sentence's tokens grew, in nats.
    public let lossChanges: [Float]
    /// How much the mean loss of each span's tokens grew; NaN where none is predicted.
    public let spanLossChanges: [Float]
  }

  /// The scores without ablation, and with each group of heads ablated by itself.
  ///
  /// - Throws: `SweepError` for heads the model does not have, `CancellationError` when `progress`
  ///   says to stop, and what running the model throws.
  public func effects(
    of groups: [[HeadAddress]], progress: @Sendable (_ finished: Int) -> Bool = { _ in true }
  ) throws -> (clean: Scores, effects: [Effect]) {
    if groups.isEmpty || groups.contains(where: \.isEmpty) {
      throw SweepError.empty("heads to ablate")
    }
    let run = try SpanRun(model, sentences, capturing: [])
    let means = kind == .mean ? try means(at: Set(groups.joined().map(\.mixedPoint))) : [:]
    var clean = Tallies()
    var tallies = groups.map { _ in Tallies() }
    var changes = groups.map { _ in Array(repeating: Float(0), count: sentences.count) }
    var spanChanges = changes
    var finished = 0
    for places in run.windows.flatMap(run.batches) where sentences[places[0]].tokens.count > 1 {
      let input = ModelInput(tokens: places.map { sentences[$0].tokens })
      let trials = groups.flatMap { heads in
        places.indices.map { row in
          Trial(
            row: row,
            heads.map { head in
              Change(
                .head(head.head, at: head.mixedPoint),
                means[head.mixedPoint].map { .replace(with: $0, row: 0) } ?? .zero)
            })
        }
      }
      let results = try Sweep(trials, metric: .nextRanks).run(on: model, input, options: options)
      let values = try results.values()
      for (row, place) in places.enumerated() {
        let sentence = sentences[place]
        let own = clean.add(results.clean[row], beside: results.clean[row], sentence)
        for group in groups.indices {
          let found = tallies[group].add(
            values[group * places.count + row], beside: results.clean[row], sentence)
          changes[group][place] = Float(found.all - own.all)
          spanChanges[group][place] = Float(found.span - own.span)
        }
      }
      finished += places.count
      guard progress(finished) else { throw CancellationError() }
    }
    return (
      clean.scores,
      groups.indices.map {
        Effect(
          heads: groups[$0], scores: tallies[$0].scores, lossChanges: changes[$0],
          spanLossChanges: spanChanges[$0])
      }
    )
  }

  /// How far two heads taken away together cost other than one by one, in nats of loss.
  ///
  /// `[head, head]`: joint effect minus the sum of the single ones, and on the diagonal the single
  /// ones. Above 0 one can stand in for the other; below 0 both serve one thing.
  public func interplay(
    of heads: [HeadAddress], progress: @Sendable (_ finished: Int) -> Bool = { _ in true }
  ) throws -> Tensor {
    let pairs = heads.indices.flatMap { first in
      heads.indices.filter { $0 > first }.map { (first, $0) }
    }
    let groups = heads.map { [$0] } + pairs.map { [heads[$0.0], heads[$0.1]] }
    let (clean, effects) = try effects(of: groups, progress: progress)
    let costs = effects.map { $0.scores.all.loss - clean.all.loss }
    var matrix = Tensor.zeros([heads.count, heads.count])
    for index in heads.indices { matrix[index, index] = Float(costs[index]) }
    for (index, pair) in pairs.enumerated() {
      let extra = Float(costs[heads.count + index] - costs[pair.0] - costs[pair.1])
      matrix[pair.0, pair.1] = extra
      matrix[pair.1, pair.0] = extra
    }
    return matrix
  }

  /// Mean mixed values over all tokens, `[1, 1, head, headWidth]`.
  private func means(at points: Set<HookPoint>) throws -> [HookPoint: Tensor] {
    var sums: [HookPoint: Tensor] = [:]
    var count = 0
    try SpanRun(model, sentences, capturing: points).forEachBatch { batch in
      count += batch.sentences.count * batch.sentences[0].tokens.count
      for point in points {
        let values = try batch[point]
        let sum = values.sum(axis: 0).sum(axis: 0)
        let shaped = sum.reshaped(to: [1, 1] + sum.shape)
        sums[point] = sums[point].map { $0 + shaped } ?? shaped
      }
    }
    return sums.mapValues { $0 / Float(count) }
  }

  /// Sums over all tokens, those of spans, and last ones.
  private struct Tallies {
    private struct Tally {
      var (loss, right, rank, changed, count) = (0.0, 0, 0.0, 0, 0)

      var score: Score {
        let all = Double(max(count, 1))
        return Score(
          loss: loss / all, accuracy: Double(right) / all, rank: rank / all,
          changed: Double(changed) / all, count: count)
      }
    }

    private var (all, span, last) = (Tally(), Tally(), Tally())

    var scores: Scores { Scores(all: all.score, span: span.score, last: last.score) }

    /// - Returns: The sentence's mean losses.
    mutating func add(
      _ values: [Float], beside clean: [Float], _ sentence: SpanTokens
    ) -> (all: Double, span: Double) {
      let inside = Set(sentence.span)
      var (sum, spanSum, spanCount) = (0.0, 0.0, 0)
      for index in 0..<(sentence.tokens.count - 1) {
        let loss = -Double(values[3 * index])
        let (choice, rank) = (values[3 * index + 1], Double(values[3 * index + 2]))
        let position = index + 1
        func note(_ tally: inout Tally) {
          tally.loss += loss
          tally.rank += rank
          tally.count += 1
          if Int(choice) == sentence.tokens[position] { tally.right += 1 }
          if choice != clean[3 * index + 1] { tally.changed += 1 }
        }
        note(&all)
        sum += loss
        if inside.contains(position) {
          note(&span)
          spanSum += loss
          spanCount += 1
        }
        if position == sentence.span[sentence.span.count - 1] { note(&last) }
      }
      return (
        sum / Double(sentence.tokens.count - 1),
        spanCount == 0 ? .nan : spanSum / Double(spanCount)
      )
    }
  }
}
