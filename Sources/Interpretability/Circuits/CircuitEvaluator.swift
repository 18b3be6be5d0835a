import Foundation
import Interventions
import Synchronization
import Tensors
public import Transformers

/// What a circuit's performance is measured by.
public enum CircuitMetric: String, Sendable, Codable, CaseIterable {
  /// The answer's logit less the foil's.
  case logitDifference = "logit-difference"
  /// KL(clean ‖ circuit) of the next token, in nats.
  case divergence = "kl"
}

/// Runs circuits of a model on a task, exactly: every receiver reads what the senders of its edges
/// write within the circuit, and what replaces all others.
///
/// What every node writes is kept, so that a circuit that differs from another one in some edges costs
/// what these edges can reach, and several such circuits are one pass.
public struct CircuitEvaluator: Sendable {
  /// The components and who hears whom.
  public let graph: CircuitGraph
  /// The model.
  public let model: Transformer
  /// The pairs.
  public let task: TaskSet
  /// What everything outside a circuit is replaced by.
  public let ablation: CircuitAblation
  /// What performance is measured by.
  public let metric: CircuitMetric
  /// The mean metric of the clean texts.
  public let clean: Double
  /// The mean metric of the corrupted texts, with the answers of the clean ones.
  public let corrupted: Double
  let lanes: [CircuitLane]
  let measured: Metric

  /// Prepares a task: runs its texts, and keeps what every component writes.
  ///
  /// - Parameters:
  ///   - threads: How many threads share the pairs.
  ///   - memory: The most bytes that what components write may take.
  /// - Throws: ``CircuitError`` for a model or pairs that do not do, and what running the model throws.
  public init(
    _ model: Transformer, _ task: TaskSet, ablation: CircuitAblation = .corrupted,
    metric: CircuitMetric = .logitDifference, threads: Int? = nil, memory: Int = 8 << 30
  ) throws {
    graph = try CircuitGraph(model.configuration)
    try task.validate(for: model.configuration)
    self.model = model
    self.task = task
    self.ablation = ablation
    self.metric = metric
    let (clean, corrupted) = (task.clean, task.corrupted)
    let (rows, length) = (task.pairs.count, clean.tokens[0].count)
    // Senders twice, ports twice, and a few circuits on the way.
    let needed =
      4 * rows * length * model.configuration.width
      * (3 * graph.senders.count + 3 * graph.layerCount)
    guard needed <= memory else { throw CircuitError.memory(needed: needed, limit: memory) }

    let embeddings = try [clean, corrupted].map { input in
      let run = try RecordedRun(model, input, capturing: [])
      return (run: run, embedding: try run.trace[.residualPre(.blocks, 0)])
    }
    measured = metric == .logitDifference ? task.logitDifference : .divergence()
    var reading = try MetricReading(measured, of: model, on: clean)
    try reading.read(embeddings[0].run)
    self.clean = reading.clean.joined().map(Double.init).mean
    let readAt = task.pairs.map { $0.clean.count - 1 }
    let end = embeddings[1].run.output
    let states = Tensor.concatenation(
      readAt.enumerated().map { row, position in end[at: row].slice(position..<(position + 1)) },
      axis: 0)
    self.corrupted = try reading.values(
      of: states, places: (0..<rows).map { (row: $0, read: 0) }
    ).map(Double.init).mean
    guard self.clean.isFinite, self.corrupted.isFinite else {
      throw CircuitError.notANumber(metric: metric.rawValue)
    }

    let nodes = HeadwisePass(model)
    let shares = max(1, min(threads ?? Parallel.threads, rows))
    let parts = (0..<shares).map { (rows * $0 / shares)..<(rows * ($0 + 1) / shares) }
    let (graph, ablation) = (graph, ablation)
    let (cleanEmbedding, corruptedEmbedding) = (embeddings[0].embedding, embeddings[1].embedding)
    let outputs = try inParallel(parts) { part in
      ablation == .zero
        ? []
        : try CircuitLane.outputs(nodes, graph, embedding: corruptedEmbedding.slice(part))
    }
    let groups = task.meanGroups
    let means = ablation == .mean ? Self.means(outputs, groups, task) : []
    let measuredReading = reading
    lanes = try inParallel(Array(parts.indices)) { index in
      let part = parts[index]
      let replacing: [Tensor?] =
        switch ablation {
        case .corrupted: outputs[index]
        case .zero: Array(repeating: nil, count: graph.senders.count)
        case .mean: means.map { $0.gathering(part.map { groups[$0] }) }
        }
      let first =
        ablation == .corrupted
        ? part.map { row in
          let pair = task.pairs[row]
          let differing = zip(pair.clean, pair.corrupted).enumerated()
            .first { $0.element.0 != $0.element.1 }?.offset
          return differing ?? pair.clean.count - 1
        }.min()! : 0
      return try CircuitLane(
        graph: graph, nodes: nodes, ablation: ablation, reading: measuredReading, rows: part,
        first: first, reads: part.map { readAt[$0] }, clean: cleanEmbedding.slice(part),
        replacing: replacing)
    }
  }

  /// Means of what senders write over the texts of a group, `[group, position, width]` a sender.
  private static func means(
    _ outputs: [[Tensor]], _ groups: [Int], _ task: TaskSet
  ) -> [Tensor] {
    let count = (groups.max() ?? 0) + 1
    let sizes = groups.reduce(into: Array(repeating: Float(0), count: count)) { $0[$1] += 1 }
    return outputs[0].indices.map { sender in
      let (length, width) = (outputs[0][sender].shape[1], outputs[0][sender].shape[2])
      var sums = Array(repeating: 0.0, count: count * length * width)
      var row = 0
      for part in outputs {
        part[sender].withUnsafeValues { values in
          for own in 0..<part[sender].shape[0] {
            let start = groups[row] * length * width
            for i in 0..<(length * width) {
              sums[start + i] += Double(values[own * length * width + i])
            }
            row += 1
          }
        }
      }
      return Tensor(
        sums.enumerated().map { Float($1) / sizes[$0 / (length * width)] },
        shape: [count, length, width])
    }
  }

  /// A circuit that has been run.
  struct Outcome: Sendable {
    var edges: EdgeTable
    /// By lane.
    var states: [LaneState]
    /// The mean metric.
    var value: Double
  }

  /// What nothing has been run of.
  var start: Outcome {
    Outcome(edges: EdgeTable(graph), states: lanes.map(\.nothing), value: .nan)
  }

  /// Runs circuits on their way from another one.
  func outcomes(of circuits: [EdgeTable], from base: Outcome) throws -> [Outcome] {
    let variants = circuits.map { Variant($0, in: graph) }
    let found = try inParallel(Array(lanes.indices)) { index in
      try lanes[index].states(of: variants, from: base.states[index], base.edges)
    }
    return circuits.indices.map { circuit in
      let states = found.map { $0[circuit] }
      return Outcome(
        edges: circuits[circuit], states: states,
        value: states.flatMap { $0.values.map(Double.init) }.mean)
    }
  }

  /// Runs one circuit from nothing.
  func outcome(of circuit: EdgeTable) throws -> Outcome {
    try outcomes(of: [circuit], from: start)[0]
  }

  /// The mean metric of a circuit.
  ///
  /// - Throws: ``CircuitError/edge(_:)``, and what running the model throws.
  public func value(of circuit: Circuit) throws -> Double {
    try outcome(of: circuit.table(in: graph)).value
  }

  /// The metric of a circuit on every pair.
  ///
  /// - Throws: ``CircuitError/edge(_:)``, and what running the model throws.
  public func values(of circuit: Circuit) throws -> [Float] {
    try outcome(of: circuit.table(in: graph)).states.flatMap(\.values)
  }

  /// Whether an edge carries anything at all in a circuit that has been run: whether its sender
  /// writes otherwise than what replaces it, is heard at the logits, and is read by the port.
  func carries(_ receiver: Int, _ sender: Int, in outcome: Outcome) throws -> Bool {
    let alive = outcome.edges.alive(in: graph)
    guard graph.feeds[receiver].isEmpty || graph.feeds[receiver].contains(where: { alive[$0] })
    else { return false }
    return try inParallel(Array(lanes.indices)) { index in
      try lanes[index].carries(sender, to: receiver, in: outcome.states[index], outcome.edges)
    }.contains(true)
  }

  /// How many circuits go through in one pass, so that what is on the way stays small.
  var batchLimit: Int {
    let tokens = lanes.map { $0.rowCount * $0.length }.max() ?? 1
    return max(1, min(16, 8192 / tokens))
  }
}

/// The results of a function of each element, computed by several threads.
func inParallel<Element: Sendable, Result: Sendable>(
  _ elements: [Element], _ body: @Sendable (Element) throws -> Result
) throws -> [Result] {
  if elements.count == 1 { return [try body(elements[0])] }
  let results = Mutex<[Int: Swift.Result<Result, any Error>]>([:])
  Parallel.forEachShare(elements.count) { index in
    let result = Swift.Result { try body(elements[index]) }
    results.withLock { $0[index] = result }
  }
  let found = results.withLock { $0 }
  return try elements.indices.map { try found[$0]!.get() }
}

extension [Double] {
  /// The mean; not a number of nothing.
  var mean: Double { isEmpty ? .nan : reduce(0, +) / Double(count) }
}
