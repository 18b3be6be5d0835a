public import Interventions

/// What everything outside a circuit is replaced by.
public enum CircuitAblation: String, Sendable, Codable, CaseIterable {
  /// What the component writes on the corrupted text.
  case corrupted
  /// The mean of what it writes on corrupted texts of the same template, position by position.
  case mean
  /// Nothing.
  case zero
}

/// A circuit: some edges of a model, and what is heard in the place of all others.
///
/// Every receiver reads a sum over all senders that reach it: along an edge of the circuit what the
/// sender writes within the circuit, along any other what replaces it. The biases of attention
/// layers, which belong to no head, always stay.
public struct Circuit: Sendable, Equatable {
  /// The edges, in the order of ``CircuitGraph/edges``.
  public let edges: [CircuitEdge]
  /// The heads and MLPs that an edge leaves or enters, by layer.
  public let nodes: [PathPatching.Sender]
  /// What stands in for everything else.
  public var ablation: CircuitAblation

  /// The circuit of some edges.
  ///
  /// - Throws: ``CircuitError/edge(_:)`` for one that the graph does not have.
  public init(
    _ edges: some Sequence<CircuitEdge>, in graph: CircuitGraph, ablation: CircuitAblation
  ) throws(CircuitError) {
    var table = EdgeTable(graph)
    for edge in edges {
      guard graph.has(edge) else { throw .edge(edge) }
      table[graph.receiverIndex(edge.receiver)!, graph.senderIndex(edge.sender)!] = true
    }
    self.init(table, in: graph, ablation: ablation)
  }

  /// The circuit of some heads and MLPs, with the embedding and the logits: all edges between them.
  ///
  /// - Throws: ``CircuitError/edge(_:)`` for a node that the graph does not have.
  public init(
    nodes: some Sequence<PathPatching.Sender>, in graph: CircuitGraph, ablation: CircuitAblation
  ) throws(CircuitError) {
    var kept: Set = [0]
    for node in nodes {
      guard let index = graph.senderIndex(node) else { throw .edge(CircuitEdge(node, .logits)) }
      kept.insert(index)
    }
    self.init(EdgeTable(graph, nodes: kept), in: graph, ablation: ablation)
  }

  init(_ table: EdgeTable, in graph: CircuitGraph, ablation: CircuitAblation) {
    edges = table.edges(in: graph)
    self.ablation = ablation
    var found: Set<Int> = []
    for receiver in graph.receivers.indices {
      for sender in 0..<graph.reach[receiver] where table[receiver, sender] {
        if sender > 0 { found.insert(sender) }
        // A key head that several heads share is not yet one of them.
        if graph.feeds[receiver].count == 1 { found.insert(graph.feeds[receiver][0]) }
      }
    }
    nodes = found.sorted().map { graph.senders[$0] }
  }

  /// The table of the edges.
  func table(in graph: CircuitGraph) throws(CircuitError) -> EdgeTable {
    var table = EdgeTable(graph)
    for edge in edges {
      guard graph.has(edge) else { throw .edge(edge) }
      table[graph.receiverIndex(edge.receiver)!, graph.senderIndex(edge.sender)!] = true
    }
    return table
  }

  /// Everything that is not in the circuit, the complement.
  public func complement(in graph: CircuitGraph) throws(CircuitError) -> Circuit {
    let own = Set(edges)
    return try Circuit(
      graph.edges.filter { !own.contains($0) }, in: graph, ablation: ablation)
  }
}

extension EdgeTable {
  /// All edges between some nodes and to the logits.
  init(_ graph: CircuitGraph, nodes: Set<Int>) {
    self.init(graph)
    for receiver in graph.receivers.indices {
      let feeds = graph.feeds[receiver]
      guard feeds.isEmpty || feeds.contains(where: nodes.contains) else { continue }
      for sender in 0..<graph.reach[receiver] where nodes.contains(sender) {
        self[receiver, sender] = true
      }
    }
  }
}
