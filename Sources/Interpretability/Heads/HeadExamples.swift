import Foundation
public import Interpretability
public import Interventions
import Tensors
public import Transformers

/// What a head does to one prediction: the model before and after it is taken away.
public struct HeadExample: Sendable {
  /// Where, and what follows.
  public let place: TokenPlace
  /// How much the loss of what follows grows without the head, in nats; greater where the head helps.
  public let lossChange: Float
  /// The likeliest next tokens of the model, with their logits.
  public let before: [CircuitEntry]
  /// Those of the model without the head.
  public let after: [CircuitEntry]
  /// What the head adds to the logits of the tokens in ``before`` and ``after``, directly, held against
  /// the mean over all tokens.
  public let added: [Int: Float]
  /// The head's pattern, over the positions of the text.
  public let pattern: [Float]
  /// The likeliest next tokens before the head's layer, with their probabilities.
  public let lens: [CircuitEntry]
  /// What every head adds to the logit of what follows, layer by layer.
  public let effects: [Float]
}

extension HeadCircuits {
  /// Every prediction of some texts with and without a head, text by text.
  ///
  /// - Parameters:
  ///   - kind: What takes the head's place.
  ///   - corpus: What a mean is taken over; nil means the texts themselves.
  ///   - count: How many tokens are listed.
  /// - Throws: ``HeadError``, and what running the model throws.
  public func examples(
    of head: HeadAddress, on texts: ModelInput, kind: AblationKind = .mean,
    corpus: ModelInput? = nil, count: Int = 10
  ) throws -> [HeadExample] {
    let head = try checked(head)
    let ablation = try ablation(of: head, kind, over: corpus ?? texts)
    let pattern = HookPoint.pattern(stackName, head.layer)
    let (size, name) = (8, stackName)
    var examples: [HeadExample] = []
    for (number, batch) in texts.batches(of: size).enumerated() {
      let places = batch.nextTokens
      if places.isEmpty { continue }
      let clean = try RecordedRun(model, batch, capturing: effectPoints.union([pattern]))
      let ablated = try RecordedRun(model, batch, capturing: [], intervening: [ablation])
      let direct = try effects(in: clean, at: places, scales: clean).heads
      let length = batch.tokens[0].count
      let rows = places.map { $0.row * length + $0.position }
      func logits(_ states: Tensor) -> Tensor {
        model.logits(
          ofNormed: states.reshaped(to: [batch.tokens.count * length, model.configuration.width])
            .gathering(rows))
      }
      let (before, after) = (logits(clean.output), logits(ablated.output))
      let targets = places.map(\.token)
      let changes =
        before.logSoftmax().gatheringColumns(targets) - after.logSoftmax().gatheringColumns(targets)
      let lens = logits(
        model.finalNorm(try clean.trace[.residualPre(name, head.layer)]))
      let mixed = try clean.trace[head.mixedPoint]
        .reshaped(to: [batch.tokens.count * length, shape.headCount, shape.headWidth])
      let scale = try stack.finalNorm.map { _ in
        try clean.trace[.finalNorm(name, .scale)].values
      }
      let attention = try clean.trace[pattern]
      let output = output(head)
      for (index, place) in places.enumerated() {
        let (top, bare) = (
          greatest(before[at: index].values, count), greatest(after[at: index].values, count)
        )
        let listed = Array(Set((top + bare).map(\.token) + [place.token])).sorted()
        let wrote = mixed[at: rows[index]].slice(head.head..<(head.head + 1)).matmul(output)
        let sums = unembedding.gathering(listed).matmul(transposing: wrote)
        let added = sums / (scale.map { $0[rows[index]] } ?? 1)
        let own = (0..<length).filter { batch.mask?[place.row][$0] ?? true }
        let read = lens.slice(index..<(index + 1)).softmax().values
        examples.append(
          HeadExample(
            place: TokenPlace(
              row: number * size + place.row, position: place.position, token: place.token),
            lossChange: changes.values[index], before: top, after: bare,
            added: Dictionary(uniqueKeysWithValues: zip(listed, added.values)),
            pattern: own.map { attention[place.row, head.head, place.position, $0] },
            lens: greatest(read, count),
            effects: heads.indices.map { direct[$0, index] }))
      }
    }
    return examples
  }
}
