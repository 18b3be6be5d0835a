import Foundation
import Interventions
import Tensors
import Transformers

/// How a circuit is found.
public enum CircuitMethod: String, Sendable, Codable, CaseIterable {
  /// Nodes are knocked out from the last to the first and back, as long as little enough is lost.
  case nodes
  /// Nodes first, then edges between those that are left, one receiver at a time.
  case edges
  /// Edges from the last to the first; one goes when the metric then rises by less than a threshold.
  ///
  /// Conmy et al., "Towards Automated Circuit Discovery for Mechanistic Interpretability", 2023.
  case acdc
  /// Edges whose effect the gradient foresees to be great enough.
  case attribution

  /// Refuses a threshold that means nothing to the method.
  ///
  /// - Throws: ``CircuitError/threshold(_:_:)``.
  package func check(_ threshold: Double) throws(CircuitError) {
    switch self {
    case .nodes, .edges:
      guard (0...1).contains(threshold) else {
        throw .threshold(
          threshold, "what may be lost is a share of the metric, from 0 to 1, such as 0.2")
      }
    case .acdc:
      guard threshold >= 0, threshold.isFinite else {
        throw .threshold(threshold, "τ is a rise of the metric, 0 or more")
      }
    case .attribution:
      guard threshold >= 0 else {
        throw .threshold(threshold, "the least score of an edge is 0 or more")
      }
    }
  }
}

/// A circuit that was found, or what is left when a search was stopped.
public struct FoundCircuit: Sendable {
  /// The circuit.
  public let circuit: Circuit
  /// Its mean metric.
  public let value: Double
  /// (circuit − corrupted) / (clean − corrupted) of the mean metric.
  public let faithfulness: Double
  /// How many circuits were run, or passes made, on all pairs.
  public let runs: Int
  /// Where the search stands; nil when it has come to its end.
  public let checkpoint: CircuitCheckpoint?
}

/// Where a search stands that was stopped, to be taken up.
public struct CircuitCheckpoint: Codable, Sendable, Equatable {
  /// What tells the search from others.
  let search: String
  /// The part of the search, from 0, and the place in it.
  let phase: Int
  let position: Int
  /// Whether anything was taken away in this round of nodes.
  let hasChanged: Bool
  let edges: [CircuitEdge]
  /// How many circuits were run.
  public let runs: Int
}

/// How far a search has come.
public struct CircuitProgress: Sendable {
  /// How many nodes or edges of this part of the search, or halvings, have been decided.
  public let decided: Int
  /// How many there are.
  public let total: Int

  /// So much of a search.
  public init(decided: Int, total: Int) { (self.decided, self.total) = (decided, total) }
}

/// A search for a circuit by taking away what is not needed.
///
/// A decision depends on all before it. Circuits are still run several at a time: those that would
/// come next if every decision fell like the last one. What was foreseen wrongly is run again, so
/// that what is found is what one decision after the other finds.
public struct CircuitSearch: Sendable {
  /// Runs circuits on the task.
  public let evaluator: CircuitEvaluator
  /// How the circuit is found; not `attribution`, which is no search.
  public let method: CircuitMethod
  /// The share of the metric that may be lost, of nodes and edges; of ACDC the rise of the metric, in
  /// its own units, below which an edge goes.
  public let threshold: Double

  /// A search.
  ///
  /// - Throws: ``CircuitError/threshold(_:_:)`` for one that means nothing, and
  ///   ``CircuitError/notDone(metric:clean:)`` when a share of the metric is to be kept and there is
  ///   nothing to keep.
  public init(
    _ evaluator: CircuitEvaluator, _ method: CircuitMethod, threshold: Double
  ) throws(CircuitError) {
    precondition(method != .attribution, "attribution is no search: see EdgeAttribution")
    self.evaluator = evaluator
    self.method = method
    self.threshold = threshold
    try evaluator.checkDifference()
    try method.check(threshold)
    if method != .acdc { try evaluator.checkShare() }
  }

  /// Whether what is taken away may stay away.
  private func accepts(_ before: Double, _ after: Double) -> Bool {
    // What changes nothing at all is not needed, whatever the threshold.
    if after == before { return true }
    guard method == .acdc else { return evaluator.lost(after) < threshold }
    return (evaluator.metric == .divergence ? after - before : before - after) < threshold
  }

  /// Searches.
  ///
  /// - Parameters:
  ///   - checkpoint: A search that was stopped.
  ///   - progress: Called after every pass; the search stops when it returns false.
  /// - Throws: ``CircuitError/otherSearch`` for a checkpoint of another one, and what running the
  ///   model throws.
  public func run(
    resuming checkpoint: CircuitCheckpoint? = nil,
    progress: (CircuitProgress) -> Bool = { _ in true }
  ) throws -> FoundCircuit {
    let graph = evaluator.graph
    var walk = CircuitWalk(evaluator: evaluator, accepts: accepts)
    var (phase, position, hasChanged) = (0, 0, false)
    let mark = fingerprint
    if let checkpoint {
      guard checkpoint.search == mark else { throw CircuitError.otherSearch }
      (phase, position, hasChanged) = (
        checkpoint.phase, checkpoint.position, checkpoint.hasChanged
      )
      walk.runs = checkpoint.runs
      walk.current = try evaluator.outcome(
        of: Circuit(checkpoint.edges, in: graph, ablation: evaluator.ablation).table(in: graph))
    } else {
      walk.runs = 1
      walk.current = try evaluator.outcome(of: EdgeTable(graph, full: true))
    }
    let nodes = graph.senders.indices.dropFirst().map {
      Removal.node($0, ports: graph.ports(of: $0))
    }
    // From the top: of each receiver the latest sender first.
    let edges = graph.receiversFromTheTop.flatMap { receiver in
      (0..<graph.reach[receiver]).reversed().map { Removal.edge(receiver: receiver, sender: $0) }
    }
    func found(stoppedAt place: Int?) throws -> FoundCircuit {
      if place == nil, method == .nodes { try walk.dropWhatCarriesNothing() }
      let circuit = Circuit(walk.current.edges, in: graph, ablation: evaluator.ablation)
      return FoundCircuit(
        circuit: circuit, value: walk.current.value,
        faithfulness: evaluator.faithfulness(of: walk.current.value), runs: walk.runs,
        checkpoint: place.map {
          CircuitCheckpoint(
            search: mark, phase: phase, position: $0, hasChanged: hasChanged,
            edges: walk.current.edges.edges(in: graph), runs: walk.runs)
        })
    }
    /// Decides about candidates; nil when all are decided, or where it was stopped.
    func decide(_ candidates: [Removal]) throws -> Int? {
      let before = walk.current.edges
      let stop = try walk.decide(candidates, from: position, progress)
      if before != walk.current.edges { hasChanged = true }
      position = stop ?? 0
      return stop
    }
    if method == .acdc {
      return try found(stoppedAt: decide(edges))
    }
    // Phases 0, 1, 2, … are rounds over nodes, down and up; −1 is the one over edges.
    while phase >= 0 {
      let isDown = phase.isMultiple(of: 2)
      if let stop = try decide(isDown ? nodes.reversed() : nodes) {
        return try found(stoppedAt: stop)
      }
      if !isDown {
        if !hasChanged { break }
        hasChanged = false
      }
      phase += 1
    }
    guard method == .edges else { return try found(stoppedAt: nil) }
    phase = -1
    return try found(stoppedAt: decide(edges))
  }

  /// What tells this search from others.
  private var fingerprint: String {
    var mark = Fingerprint()
    mark.add(evaluator.model)
    mark.add("\(evaluator.task.pairs)")
    return "\(method.rawValue) \(threshold) \(evaluator.ablation.rawValue) "
      + "\(evaluator.metric.rawValue) \(String(mark.value, radix: 16))"
  }
}

/// What may be taken away from a circuit.
enum Removal: Sendable {
  case edge(receiver: Int, sender: Int)
  /// A node, with the ports that nobody else has.
  case node(Int, ports: [Int])
}

/// A circuit that things are taken away from.
struct CircuitWalk {
  let evaluator: CircuitEvaluator
  let accepts: (_ before: Double, _ after: Double) -> Bool
  var current: CircuitEvaluator.Outcome
  var runs = 0
  /// Whether the last thing that was tried was taken away, and how many are tried at a time.
  private var foreseesRemoval = true
  private var batch = 2

  init(
    evaluator: CircuitEvaluator, accepts: @escaping (_ before: Double, _ after: Double) -> Bool
  ) {
    self.evaluator = evaluator
    self.accepts = accepts
    current = evaluator.start
  }

  private var graph: CircuitGraph { evaluator.graph }

  /// The edges without something; nil where it is gone already.
  private func without(_ removal: Removal, _ edges: EdgeTable) -> EdgeTable? {
    var edges = edges
    switch removal {
    case .edge(let receiver, let sender):
      guard edges[receiver, sender] else { return nil }
      edges[receiver, sender] = false
    case .node(let node, let ports):
      var isThere = false
      for receiver in graph.receivers.indices where edges[receiver, node] {
        edges[receiver, node] = false
        isThere = true
      }
      guard isThere else { return nil }
      let alive = edges.alive(in: graph)
      for port in ports where !graph.feeds[port].contains(where: { alive[$0] }) {
        for sender in 0..<graph.reach[port] { edges[port, sender] = false }
      }
    }
    return edges
  }

  /// Whether taking something away cannot change anything: nobody hears it, or it says nothing.
  ///
  /// - Parameter lowest: The first sender that may write otherwise when what is tried beside it is
  ///   gone; what is silent below that one stays so.
  private func isDead(_ removal: Removal, _ alive: [Bool], below lowest: Int) -> Bool {
    func isSilent(_ sender: Int) -> Bool {
      sender < lowest
        && current.states.allSatisfy {
          if case .replaced = $0.differences[sender] { true } else { false }
        }
    }
    switch removal {
    case .edge(let receiver, let sender):
      let feeds = graph.feeds[receiver]
      let isHeard = feeds.isEmpty || feeds.contains { alive[$0] }
      return !isHeard || isSilent(sender)
    case .node(let node, _): return !alive[node] || isSilent(node)
    }
  }

  /// The first sender that may write otherwise without something.
  private func lowestChanged(by removal: Removal) -> Int {
    switch removal {
    case .edge(let receiver, _): graph.feeds[receiver].min() ?? graph.senders.count
    case .node(let node, _): node
    }
  }

  /// Decides about one candidate after the other.
  ///
  /// - Returns: The first that is not decided when it was stopped, or nil.
  mutating func decide(
    _ candidates: [Removal], from start: Int, _ progress: (CircuitProgress) -> Bool
  ) throws -> Int? {
    var index = start
    while index < candidates.count {
      // What is next, each with its place and the edges that would be left.
      var tried: [(index: Int, edges: EdgeTable)] = []
      var edges = current.edges
      let alive = edges.alive(in: graph)
      var lowest = graph.senders.count
      var next = index
      while next < candidates.count, tried.count < min(batch, evaluator.batchLimit) {
        let candidate = candidates[next]
        if isDead(candidate, alive, below: lowest) {
          // Nothing that is tried beside it can depend on it.
          if let left = without(candidate, edges) { edges = left }
          if let left = without(candidate, current.edges) { current.edges = left }
          tried = tried.map { ($0.index, without(candidate, $0.edges) ?? $0.edges) }
        } else if let left = without(candidate, edges) {
          tried.append((next, left))
          lowest = min(lowest, lowestChanged(by: candidate))
          if foreseesRemoval { edges = left }
        }
        next += 1
      }
      guard !tried.isEmpty else {
        index = next
        continue
      }
      let outcomes = try evaluator.outcomes(of: tried.map(\.edges), from: current)
      runs += outcomes.count
      var isWrong = false
      let foreseen = foreseesRemoval
      for (place, outcome) in zip(tried, outcomes) {
        let isAccepted = accepts(current.value, outcome.value)
        index = place.index + 1
        if isAccepted { current = outcome }
        if isAccepted != foreseen {
          isWrong = true
          foreseesRemoval = isAccepted
          break
        }
      }
      if !isWrong { index = next }
      batch = isWrong ? 2 : min(2 * batch, 16)
      guard progress(CircuitProgress(decided: index, total: candidates.count)) else {
        return index
      }
    }
    // The last ones may have gone without a run.
    _ = progress(CircuitProgress(decided: candidates.count, total: candidates.count))
    return nil
  }

  /// Takes away edges that carry nothing at all, which changes nothing.
  mutating func dropWhatCarriesNothing() throws {
    for receiver in graph.receivers.indices {
      for sender in 0..<graph.reach[receiver] where current.edges[receiver, sender] {
        if !(try evaluator.carries(receiver, sender, in: current)) {
          current.edges[receiver, sender] = false
        }
      }
    }
  }
}
