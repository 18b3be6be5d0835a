import Foundation
public import Tensors
public import Transformers

/// A gate for each of some heads, learned so that a few heads are enough for a task.
///
/// While it learns, the K open gates are chosen softly, so that gradients reach every score: K times
/// a softmax of the scores with Gumbel noise, each time less what was chosen before.
/// Li, Cotterell and Sachan, "Differentiable Subset Pruning of Transformer Heads", 2021; Xie and
/// Ermon, "Reparameterizable Subset Sampling via Continuous Relaxations", 2019.
public struct HeadGates: Parameterized, Sendable {
  /// The heads.
  public let heads: [HeadAddress]
  /// How much each wants to be kept, `[head]`.
  public var scores: Tensor

  /// How gates are learned.
  public struct Settings: Codable, Sendable, Hashable {
    /// How many steps are made.
    public var steps = 200
    /// The learning rate of the first step; it falls along half a cosine.
    public var rate: Float = 0.1
    /// The temperature of the soft choice at the first step and at the last.
    public var temperatures: [Float] = [1, 0.1]
    /// Where the noise comes from.
    public var seed: UInt64 = 0

    /// The standard settings, to be changed one by one.
    public init() {}
  }

  /// Gates with equal scores.
  public init(_ heads: [HeadAddress]) {
    self.heads = heads
    scores = .zeros([heads.count])
  }

  /// Calls `body` with the scores.
  public mutating func visitParameters(_ body: (String, inout Tensor) -> Void) {
    body("scores", &scores)
  }

  /// How far each gate is open, `[head]`; the sum is K.
  public func softly(keeping count: Int, temperature: Float, noise: Tensor) -> Tensor {
    var remaining = scores + noise
    var gates = Tensor.zeros([heads.count])
    for _ in 0..<count {
      let chosen = (remaining / temperature).softmax()
      gates = gates + chosen
      remaining = remaining + (-chosen + (1 + 1e-6)).logarithm()
    }
    return gates
  }

  /// Changes to a run that multiply each head's output with its gate.
  public func interventions(_ gates: Tensor) -> [Intervention] {
    let layers = Dictionary(grouping: heads.indices) { index in
      HookPoint.block(
        heads[index].stack, heads[index].layer, .attention(heads[index].kind, .mixed))
    }
    return layers.sorted { $0.value[0] < $1.value[0] }.map { point, members in
      let places = members.map { heads[$0].head }
      return Intervention(at: point) { mixed in
        let count = mixed.shape[2]
        if let missing = places.first(where: { $0 >= count }) {
          throw TransformerError.headOutOfRange(missing, count: count)
        }
        // Heads without a gate pass; the others' gates come from a row of their own.
        var rows = [Int](repeating: 0, count: count)
        for (member, place) in places.enumerated() { rows[place] = member + 1 }
        let own = gates.gathering(members)
        let all = Tensor.concatenation([Tensor(repeating: 1, shape: [1]), own], axis: 0)
        return mixed * all.gathering(rows).reshaped(to: [count, 1])
      }
    }
  }

  /// The heads with the greatest scores, best first.
  public func best(_ count: Int) -> [HeadAddress] {
    let values = scores.values
    return heads.indices.sorted { (values[$0], $1) > (values[$1], $0) }.prefix(count).map {
      heads[$0]
    }
  }

  /// Learns which `count` heads are enough.
  ///
  /// - Parameters:
  ///   - count: How many heads are to be kept.
  ///   - loss: The loss of the task in a run with these changes, at a step counted from 0.
  /// - Returns: The gates and the loss of every step.
  /// - Throws: ``ProbingError`` when there are not so many heads, and whatever `loss` throws.
  public func learning(
    toKeep count: Int, settings: Settings = .init(),
    loss: (_ interventions: [Intervention], _ step: Int) throws -> Tensor
  ) throws -> (gates: HeadGates, losses: [Float]) {
    guard (1..<heads.count).contains(count) else {
      throw ProbingError(
        "\(count) of \(heads.count) heads cannot be kept; keep at least one and not all")
    }
    precondition(settings.temperatures.count == 2, "give a first and a last temperature")
    var generator = SeededGenerator(seed: settings.seed)
    var gates = self
    var optimizer = AdamW()
    var losses: [Float] = []
    let schedule = LearningRateSchedule(
      peak: settings.rate, warmUpSteps: 0, totalSteps: settings.steps)
    let (first, last) = (settings.temperatures[0], settings.temperatures[1])
    for step in 0..<settings.steps {
      let progress = Float(step) / Float(max(settings.steps - 1, 1))
      let temperature = first * pow(last / first, progress)
      let noise = Tensor.randomUniform([heads.count], in: 1e-6..<1, using: &generator)
        .values.map { -log(-log(min($0, 1 - 1e-6))) }
      let watched = gates.requiringGradients()
      let open = watched.softly(
        keeping: count, temperature: temperature, noise: Tensor(noise) * temperature)
      let value = try loss(watched.interventions(open), step)
      losses.append(value.scalar)
      optimizer.update(
        &gates, gradients: gradient(of: value, withRespectTo: [watched.scores]),
        rate: schedule.rate(at: step))
    }
    return (gates, losses)
  }

  /// Changes to a run that leave only these of the heads, or all but these.
  public func interventions(keeping kept: Set<HeadAddress>) -> [Intervention] {
    interventions(Tensor(heads.map { kept.contains($0) ? 1 : 0 }))
  }
}

/// What a language model loses without some heads: its mean loss in nats without them, less its mean
/// loss with them.
///
/// Amnesic pruning: heads that a task needs are taken out, to see whether the model's own work
/// needs what the task asked for. Compare with as many heads drawn at random. Elazar et al.,
/// "Amnesic Probing", 2021; Li, Cotterell and Sachan, "Probing via Prompting", 2022.
///
/// - Parameters:
///   - model: The model.
///   - batches: Inputs and the token every row should predict, nil for rows that do not count.
///   - heads: The heads taken out.
/// - Throws: ``ProbingError`` when there is no input, and what running the model throws.
public func lossWithout(
  _ heads: [HeadAddress], in model: Transformer,
  on batches: [(input: ModelInput, targets: [Int?])]
) throws -> Double {
  guard !batches.isEmpty else {
    throw ProbingError("there is no text to measure the loss on; give at least one")
  }
  let removed = heads.isEmpty ? [] : HeadGates(heads).interventions(keeping: [])
  var (difference, count) = (0.0, 0.0)
  for (input, targets) in batches {
    let weight = Double(targets.count { $0 != nil })
    let clean = try model(input).crossEntropy(targets: targets).scalar
    let cut = try model.run(input, intervening: removed).logits.crossEntropy(targets: targets)
      .scalar
    difference += (Double(cut) - Double(clean)) * weight
    count += weight
  }
  return difference / max(count, 1)
}
