import Foundation
import Interventions
import Tensors
import Transformers

/// What the gradient foresees of every edge: all of them by one backward pass.
///
/// The score of an edge is (what replaces the sender − what it writes) · the gradient of the metric at
/// what the receiver reads: how far the metric would move if the edge were replaced and the model
/// were linear. Over several steps the gradient is averaged along the way from the replaced to the
/// clean embeddings, which sees past a softmax that is sure of itself.
///
/// Syed, Rager and Conmy, "Attribution Patching Outperforms Automated Circuit Discovery", 2023; Hanna,
/// Pezzelle and Belinkov, "Have Faith in Faithfulness: Going Beyond Circuit Overlap When Finding Model
/// Mechanisms", 2024.
public struct EdgeAttribution: Sendable {
  /// The score of every edge, in the order of ``CircuitGraph/edges``, in units of the metric.
  public let scores: [(edge: CircuitEdge, score: Double)]
  /// How many passes were made over all pairs, forward and back counted as one.
  public let runs: Int
  private let evaluator: CircuitEvaluator

  /// Attributes a task's metric to all edges.
  ///
  /// - Parameter steps: How many gradients are averaged; 1 takes the one of the clean run.
  /// - Throws: ``CircuitError/flatDivergence`` for a divergence in a single step, and what running the
  ///   model throws.
  public init(_ evaluator: CircuitEvaluator, steps: Int = 1) throws {
    precondition(steps > 0, "gradients are averaged over at least one step")
    guard steps > 1 || evaluator.metric != .divergence else { throw CircuitError.flatDivergence }
    self.evaluator = evaluator
    let graph = evaluator.graph
    let whole = try evaluator.outcome(of: EdgeTable(graph, full: true))
    let parts = try inParallel(Array(evaluator.lanes.indices)) { index in
      try LaneAttribution(
        lane: evaluator.lanes[index], state: whole.states[index],
        input: evaluator.task.clean.rows(Array(evaluator.lanes[index].rows)),
        metric: TaskSet(Array(evaluator.task.pairs[evaluator.lanes[index].rows]))
          .metric(evaluator.metric)
      ).scores(steps: steps)
    }
    let count = Double(evaluator.task.pairs.count)
    var scores: [(edge: CircuitEdge, score: Double)] = []
    for receiver in graph.receivers.indices {
      for sender in 0..<graph.reach[receiver] {
        let sum = parts.reduce(0.0) { $0 + Double($1[receiver][sender]) }
        scores.append(
          (CircuitEdge(graph.senders[sender], graph.receivers[receiver]), -sum / count))
      }
    }
    self.scores = scores
    runs = 3 + steps
  }

  /// The circuit of the edges whose scores are so great in either direction; an edge without any
  /// effect is none, whatever the threshold.
  public func circuit(atLeast threshold: Double) -> Circuit {
    circuit(of: scores.filter { abs($0.score) >= threshold && $0.score != 0 }.map(\.edge))
  }

  /// The circuit of so many edges, those of the greatest scores.
  public func circuit(ofGreatest count: Int) -> Circuit {
    circuit(of: ranked.prefix(count).map(\.edge))
  }

  /// The edges of scores so great in either direction, run as a circuit.
  ///
  /// - Throws: What running the model throws.
  public func found(atLeast threshold: Double) throws -> FoundCircuit {
    let circuit = circuit(atLeast: threshold)
    return found(circuit, value: try evaluator.value(of: circuit), runs: runs + 1)
  }

  /// A circuit that loses less than a share of what the model does, of as few edges of the greatest
  /// scores as halving their number again and again finds.
  ///
  /// - Parameter progress: Called after every circuit that was run; when it returns false, the
  ///   smallest found so far is taken.
  /// - Throws: What running the model throws.
  public func found(
    losing share: Double, progress: (Int) -> Bool = { _ in true }
  ) throws -> FoundCircuit {
    var (low, high, runs) = (0, ranked.count, runs)
    var value = try evaluator.value(of: circuit(ofGreatest: high))
    while low + 1 < high {
      let middle = (low + high) / 2
      let tried = try evaluator.value(of: circuit(ofGreatest: middle))
      runs += 1
      if evaluator.faithfulness(of: tried) > 1 - share {
        (high, value) = (middle, tried)
      } else {
        low = middle
      }
      if !progress(runs) { break }
    }
    return found(circuit(ofGreatest: high), value: value, runs: runs + 1)
  }

  private func found(_ circuit: Circuit, value: Double, runs: Int) -> FoundCircuit {
    FoundCircuit(
      circuit: circuit, value: value, faithfulness: evaluator.faithfulness(of: value), runs: runs,
      checkpoint: nil)
  }

  private var ranked: [(edge: CircuitEdge, score: Double)] {
    scores.filter { $0.score != 0 }.enumerated()
      .sorted {
        (abs($0.element.score), -$0.offset) > (abs($1.element.score), -$1.offset)
      }
      .map(\.element)
  }

  private func circuit(of edges: [CircuitEdge]) -> Circuit {
    var table = EdgeTable(evaluator.graph)
    for edge in edges {
      table[
        evaluator.graph.receiverIndex(edge.receiver)!, evaluator.graph.senderIndex(edge.sender)!] =
        true
    }
    return Circuit(table, in: evaluator.graph, ablation: evaluator.ablation)
  }
}

extension TaskSet {
  func metric(_ metric: CircuitMetric) -> Metric {
    metric == .logitDifference ? logitDifference : .divergence()
  }
}

/// The scores of some pairs.
private struct LaneAttribution {
  let lane: CircuitLane
  let state: LaneState
  let input: ModelInput
  let metric: Metric

  private var graph: CircuitGraph { lane.graph }

  /// Σ over pairs and positions of difference · gradient, `[receiver][sender]`.
  func scores(steps: Int) throws -> [[Float]] {
    let everywhere = EdgeTable(graph, full: true).everywhere(
      in: graph, alive: Array(repeating: true, count: graph.senders.count))
    let (rows, width) = (lane.rowCount, lane.width)
    let whole = stacked(size: rows * lane.length * width) { difference, isWhole in
      isWhole ? difference : nil
    }
    let atReads = stacked(size: rows * width) { difference, isWhole in
      isWhole ? lane.atReads(difference) : difference
    }
    var scores = graph.receivers.indices.map {
      Array(repeating: Float(0), count: graph.reach[$0])
    }
    for step in 1...steps {
      let share = Float(step) / Float(steps)
      try eachGradient(at: share) { receivers, gradients in
        for isWhole in [true, false] {
          let some = receivers.indices.filter { index in
            let receiver = receivers[index]
            switch graph.receivers[receiver] {
            case .key, .value: return isWhole
            case .logits: return !isWhole
            case .query, .mlp: return everywhere[graph.feeds[receiver][0]] == isWhole
            }
          }
          guard let first = some.first else { continue }
          let reach = graph.reach[receivers[first]]
          let differences = isWhole ? whole : atReads
          let size = differences.shape[1]
          let joined = Tensor.concatenation(
            some.map { index in
              (isWhole ? gradients[index] : lane.atReads(gradients[index]))
                .reshaped(to: [1, size])
            }, axis: 0)
          let product = Tensor(uninitialized: [some.count, reach])
          joined.withUnsafeValues { gradients in
            differences.withUnsafeValues { differences in
              product.withUnsafeValues { out in
                BLAS.multiply(
                  .init(gradients.baseAddress!, stride: size),
                  .init(differences.baseAddress!, stride: size, transposed: true),
                  into: UnsafeMutablePointer(mutating: out.baseAddress!), stride: reach,
                  m: some.count, n: reach, k: size)
              }
            }
          }
          for (row, index) in some.enumerated() {
            for sender in 0..<reach {
              scores[receivers[index]][sender] += product[row, sender] / Float(steps)
            }
          }
        }
      }
    }
    return scores
  }

  /// All senders' differences in rows, zeros where there is none.
  private func stacked(size: Int, _ part: (Tensor, Bool) -> Tensor?) -> Tensor {
    var result = Tensor.zeros([graph.senders.count, size])
    result.withUnsafeMutableValues { out in
      for (index, difference) in state.differences.enumerated() {
        guard case .value(let value, let isWhole) = difference, let own = part(value, isWhole)
        else { continue }
        own.withUnsafeValues {
          (out.baseAddress! + index * size).update(from: $0.baseAddress!, count: size)
        }
      }
    }
    return result
  }

  /// The gradients of every pair's metric at what receivers read, `[row, position, width]`, layer by
  /// layer: those that read one stream together.
  private func eachGradient(
    at share: Float, _ body: ([Int], [Tensor]) -> Void
  ) throws {
    let model = lane.nodes.model
    let configuration = model.configuration
    func point(_ layer: Int, _ place: HookPoint.BlockPoint) -> HookPoint {
      .block(.blocks, layer, place)
    }
    let start = point(0, .residualPre)
    let end = point(graph.layerCount - 1, .residualPost)
    var points = [end]
    let parts: [HookPoint.AttentionInput] = [.query, .key, .value]
    let reads: [HookPoint.AttentionPoint] = [.query, .key, .value]
    let sharesNorm = configuration.blockOrder == .parallelWithOneNorm
    for layer in 0..<graph.layerCount {
      points += reads.map { point(layer, .attention(.own, $0)) }
      points += [point(layer, .norm(1, .normalized)), point(layer, .norm(1, .scale))]
      if graph.hasMLP {
        points.append(point(layer, .mlp(.pre)))
        if configuration.isGated { points.append(point(layer, .mlp(.preLinear))) }
        if !sharesNorm {
          points += [point(layer, .norm(2, .normalized)), point(layer, .norm(2, .scale))]
        }
      }
    }
    var embedding = try model.run(input, capturing: [start], logitsAt: 0..<1).trace[start]
    if case .value(let difference, _) = state.differences[0], share != 1 {
      let padded =
        lane.first == 0
        ? difference
        : .concatenation(
          [.zeros([lane.rowCount, lane.first, lane.width]), difference], axis: 1)
      embedding = embedding + (share - 1) * padded
    }
    let found = try metric.gradients(at: points, of: model, input, starting: [start: embedding])
    func cut(_ x: Tensor) -> Tensor {
      lane.first == 0 ? x : x.slice(axis: 1, lane.first..<x.shape[1])
    }
    func ended(_ layer: Int, _ norm: Int, _ gradient: Tensor) -> Tensor {
      lane.nodes.pulledBackThroughNorm(
        gradient, normalized: cut(found[point(layer, .norm(norm, .normalized))]!.activation),
        scale: cut(found[point(layer, .norm(norm, .scale))]!.activation), layer: layer,
        isMLP: norm == 2)
    }
    for layer in 0..<graph.layerCount {
      var (receivers, gradients): ([Int], [Tensor]) = ([], [])
      for (part, read) in zip(parts, reads) {
        let gradient = cut(found[point(layer, .attention(.own, read))]!.gradient)
        for head in 0..<gradient.shape[2] {
          let own = gradient.slice(axis: 2, head..<(head + 1))
            .reshaped(to: [gradient.shape[0], gradient.shape[1], gradient.shape[3]])
          let receiver: PathPatching.Receiver =
            switch part {
            case .query: .query(layer: layer, head: head)
            case .key: .key(layer: layer, head: head)
            case .value: .value(layer: layer, head: head)
            }
          receivers.append(graph.receiverIndex(receiver)!)
          gradients.append(
            ended(layer, 1, lane.nodes.pulledBack(own, part, layer: layer, head: head)))
        }
      }
      body(receivers, gradients)
      guard graph.hasMLP else { continue }
      let gradient = lane.nodes.pulledBackThroughMLP(
        cut(found[point(layer, .mlp(.pre))]!.gradient),
        linear: found[point(layer, .mlp(.preLinear))].map { cut($0.gradient) }, layer: layer)
      body(
        [graph.receiverIndex(.mlp(layer: layer))!],
        [ended(layer, sharesNorm ? 1 : 2, gradient)])
    }
    body([graph.receivers.count - 1], [cut(found[end]!.gradient)])
  }
}
