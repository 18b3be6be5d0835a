public import Interventions

extension CircuitEvaluator {
  /// (circuit − corrupted) / (clean − corrupted) of a mean metric: 1 for all of the model's, 0 for
  /// what is left where nothing is heard.
  public func faithfulness(of value: Double) -> Double {
    (value - corrupted) / (clean - corrupted)
  }

  /// How much of what the model does a circuit does.
  ///
  /// - Throws: ``CircuitError/edge(_:)``, and what running the model throws.
  public func faithfulness(of circuit: Circuit) throws -> Double {
    faithfulness(of: try value(of: circuit))
  }

  /// How much of what the model does is done without the circuit: the faithfulness of its complement,
  /// near 0 where the circuit is complete.
  ///
  /// - Throws: ``CircuitError/edge(_:)``, and what running the model throws.
  public func incompleteness(of circuit: Circuit) throws -> Double {
    try faithfulness(of: circuit.complement(in: graph))
  }

  /// What a node is worth, in faithfulness.
  public struct NodeWorth: Sendable, Equatable {
    /// The head or MLP.
    public let node: PathPatching.Sender
    /// What the circuit loses without it.
    public let inCircuit: Double
    /// What the whole model loses without it: another question, since others may stand in for it.
    public let inModel: Double
  }

  /// What each node adds to a circuit, and to the model.
  ///
  /// - Throws: ``CircuitError/edge(_:)``, and what running the model throws.
  public func worth(of circuit: Circuit) throws -> [NodeWorth] {
    let whole = try outcome(of: EdgeTable(graph, full: true))
    let own = try outcome(of: circuit.table(in: graph))
    let nodes = circuit.nodes.map { graph.senderIndex($0)! }
    func losses(_ base: Outcome) throws -> [Double] {
      try values(without: nodes.map { [$0] }, from: base).map {
        faithfulness(of: base.value) - faithfulness(of: $0)
      }
    }
    return zip(circuit.nodes, zip(try losses(own), try losses(whole))).map {
      NodeWorth(node: $0, inCircuit: $1.0, inModel: $1.1)
    }
  }

  /// What a circuit loses without each of its edges, in units of the metric, in their order.
  ///
  /// - Parameter progress: Called with how many edges are weighed, and may stop it.
  /// - Returns: Nil where it was stopped.
  /// - Throws: ``CircuitError/edge(_:)``, and what running the model throws.
  package func edgeWorth(
    of circuit: Circuit, progress: (Int) -> Bool = { _ in true }
  ) throws -> [Double]? {
    let base = try outcome(of: circuit.table(in: graph))
    var worth: [Double] = []
    for start in stride(from: 0, to: circuit.edges.count, by: batchLimit) {
      let part = circuit.edges[start..<min(start + batchLimit, circuit.edges.count)]
      worth += try outcomes(
        of: part.map { edge in
          var edges = base.edges
          edges[graph.receiverIndex(edge.receiver)!, graph.senderIndex(edge.sender)!] = false
          return edges
        }, from: base
      ).map { base.value - $0.value }
      guard progress(worth.count) else { return nil }
    }
    return worth
  }

  /// A circuit without the edges that carry nothing in it, which does what the circuit does.
  ///
  /// Nothing is carried from a sender that hears nothing, nor to a receiver that nobody hears.
  ///
  /// - Parameter progress: Called with how many edges are looked at, and may stop it.
  /// - Returns: Nil where it was stopped.
  /// - Throws: ``CircuitError/edge(_:)``, and what running the model throws.
  package func carrying(
    _ circuit: Circuit, progress: (Int) -> Bool = { _ in true }
  ) throws -> Circuit? {
    let base = try outcome(of: circuit.table(in: graph))
    var kept: [CircuitEdge] = []
    for (index, edge) in circuit.edges.enumerated() {
      if try carries(
        graph.receiverIndex(edge.receiver)!, graph.senderIndex(edge.sender)!, in: base)
      {
        kept.append(edge)
      }
      guard progress(index + 1) else { return nil }
    }
    return try Circuit(kept, in: graph, ablation: ablation)
  }

  /// What the model loses without each of its heads and MLPs, in units of the metric: (clean −
  /// ablated), one node at a time.
  ///
  /// - Throws: What running the model throws.
  public func drops() throws -> [(node: PathPatching.Sender, drop: Double)] {
    let whole = try outcome(of: EdgeTable(graph, full: true))
    let nodes = graph.senders.indices.dropFirst()
    let values = try values(without: nodes.map { [$0] }, from: whole)
    return zip(nodes, values).map { (graph.senders[$0], whole.value - $1) }
  }

  /// The mean metric of the whole model without some nodes: what an edit that breaks them leaves.
  ///
  /// - Throws: ``CircuitError/edge(_:)`` for a node the model does not have.
  public func value(without nodes: [PathPatching.Sender]) throws -> Double {
    let whole = try outcome(of: EdgeTable(graph, full: true))
    return try values(without: [indices(of: nodes)], from: whole)[0]
  }

  /// The mean metric of the whole model without some nodes but one, which is given back, for each of
  /// them in turn: what repairs an edit that broke them.
  ///
  /// Another question than what the model loses without the one alone: a node that others stand in for
  /// costs nothing and may repair all.
  ///
  /// - Throws: ``CircuitError/edge(_:)`` for a node the model does not have.
  public func values(repairing nodes: [PathPatching.Sender]) throws -> [Double] {
    let broken = try indices(of: nodes)
    let whole = try outcome(of: EdgeTable(graph, full: true))
    return try values(
      without: broken.map { back in broken.filter { $0 != back } }, from: whole)
  }

  private func indices(of nodes: [PathPatching.Sender]) throws -> [Int] {
    try nodes.map { node in
      guard let index = graph.senderIndex(node) else {
        throw CircuitError.edge(CircuitEdge(node, .logits))
      }
      return index
    }
  }

  /// The mean metrics of a circuit without each group of nodes.
  private func values(without groups: [[Int]], from base: Outcome) throws -> [Double] {
    var found: [Double] = []
    for start in stride(from: 0, to: groups.count, by: batchLimit) {
      let part = groups[start..<min(start + batchLimit, groups.count)]
      found += try outcomes(
        of: part.map { nodes in
          var edges = base.edges
          for receiver in graph.receivers.indices {
            for node in nodes { edges[receiver, node] = false }
          }
          return edges
        }, from: base
      ).map(\.value)
    }
    return found
  }
}
